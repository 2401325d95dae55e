package browse

import (
	"context"
	"strconv"

	"github.com/spacesetl/spacesetl/pipeline/answer"
)

// cell is a value as text.
type cell = answer.Cell

// record is a row by column names.
type record map[string]cell

// Has reports whether a column has a value.
func (r record) Has(name string) bool { c, ok := r[name]; return ok && !c.Null && c.Text != "" }

// Int is a column's whole number, 0 where it has none.
func (r record) Int(name string) int64 {
	n, _ := strconv.ParseInt(r[name].Text, 10, 64)
	return n
}

// records returns the rows of one of our own queries, with a bound of its own.
func records(ctx context.Context, q answer.Querier, query string, args ...any) ([]record, error) {
	grid, err := answer.Read(ctx, q, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+query+")", answer.Bounds{}, args...)
	if err != nil {
		return nil, err
	}
	all := make([]record, len(grid.Rows))
	for i, row := range grid.Rows {
		all[i] = record{}
		for j, c := range row {
			all[i][grid.Names[j]] = c
		}
	}
	return all, nil
}
