package browse

import (
	"context"
	"database/sql"
	"strconv"
)

// cell is a value as text.
type cell struct {
	Text string
	Null bool
	Cut  bool // Text is the beginning of it
}

// record is a row by column names.
type record map[string]cell

// Has reports whether a column has a value.
func (r record) Has(name string) bool { c, ok := r[name]; return ok && !c.Null && c.Text != "" }

// Int is a column's whole number, 0 where it has none.
func (r record) Int(name string) int64 {
	n, _ := strconv.ParseInt(r[name].Text, 10, 64)
	return n
}

// querier is what answers queries: a reader or one of its connections.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// records returns the rows of one of our own queries, with a bound of its own.
func records(ctx context.Context, q querier, query string, args ...any) ([]record, error) {
	grid, err := gridOf(ctx, q, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+query+")", bounds{}, args...)
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

// grid is a result as text.
type grid struct {
	Names []string
	Rows  [][]cell
	More  bool // there are more rows than bounds let through
}

// bounds are those of a result in memory; 0 is without.
type bounds struct {
	rows  int
	bytes int // of all cells together
	cell  int // bytes of a cell, the rest is cut off
}

// gridOf reads a result whose columns are texts.
func gridOf(ctx context.Context, q querier, query string, b bounds, args ...any) (grid, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return grid{}, err
	}
	defer rows.Close()
	var g grid
	if g.Names, err = rows.Columns(); err != nil {
		return g, err
	}
	bytes := 0
	for rows.Next() {
		if b.rows > 0 && len(g.Rows) == b.rows || b.bytes > 0 && bytes > b.bytes {
			g.More = true
			break
		}
		row, err := scanRow(rows, len(g.Names), b.cell)
		if err != nil {
			return g, err
		}
		for _, c := range row {
			bytes += len(c.Text)
		}
		g.Rows = append(g.Rows, row)
	}
	return g, rows.Err()
}

func scanRow(rows *sql.Rows, n, longest int) ([]cell, error) {
	values, into := make([]sql.NullString, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	row := make([]cell, n)
	for i, v := range values {
		row[i] = cell{Text: v.String, Null: !v.Valid}.cut(longest)
	}
	return row, nil
}

// cut shortens a text to so many bytes, at a whole character.
func (c cell) cut(longest int) cell {
	if longest <= 0 || len(c.Text) <= longest {
		return c
	}
	end := longest
	for end > 0 && c.Text[end]&0xC0 == 0x80 {
		end--
	}
	c.Text, c.Cut = c.Text[:end], true
	return c
}
