package answer

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// Cell is a value as text.
type Cell struct {
	Text string
	Null bool
	Cut  bool // Text is the beginning of it
}

// Querier is what answers queries: a reader or one of its connections.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Column is one of a result.
type Column struct{ Name, Type string }

// Number reports whether values are numbers, for their alignment.
func (c Column) Number() bool { return Numeric(c.Type) }

// Numeric reports whether a type of DuckDB's is one of numbers.
func Numeric(kind string) bool {
	return whole(kind) || slices.Contains([]string{"FLOAT", "DOUBLE"}, kind)
}

// whole reports whether a type is one of numbers without an exponent.
func whole(kind string) bool {
	name, _, _ := strings.Cut(kind, "(")
	return !isList(kind) && slices.Contains([]string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "DECIMAL"}, name)
}

// isList reports whether a type is a list or an array of another.
func isList(kind string) bool { return strings.HasSuffix(kind, "]") }

// columnsOf are names and types of what a SELECT without its end returns. It is planned,
// and not run.
func columnsOf(ctx context.Context, q Querier, inner string, args []any) ([]Column, error) {
	rows, err := q.QueryContext(ctx, within(inner)+" LIMIT 0", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(types))
	for i, t := range types {
		columns[i] = Column{t.Name(), t.DatabaseTypeName()}
	}
	return columns, rows.Err()
}

// texts are the first rows of what a SELECT without its end returns, as text.
func texts(ctx context.Context, r *duckdb.Reader, inner string, b Bounds, args []any) ([]Column, Grid, error) {
	columns, err := columnsOf(ctx, r, inner, args)
	if err != nil {
		return nil, Grid{}, err
	}
	// DuckDB's own texts of the values: a NUL, an interval, a map as they are
	// there. The limit stands inside, so that no more is computed than shown.
	grid, err := Read(ctx, r, fmt.Sprintf("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (%s LIMIT %d)", within(inner), b.Rows+1), b, args...)
	return columns, grid, err
}

// Grid is a result as text.
type Grid struct {
	Names []string
	Rows  [][]Cell
	More  bool // there are more rows than the bounds let through
}

// Bounds are those of a result in memory; 0 is without.
type Bounds struct {
	Rows  int
	Bytes int // of all cells together
	Cell  int // bytes of a cell, the rest is cut off
}

// Read reads a result whose columns are texts.
func Read(ctx context.Context, q Querier, query string, b Bounds, args ...any) (Grid, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return Grid{}, err
	}
	defer rows.Close()
	var g Grid
	if g.Names, err = rows.Columns(); err != nil {
		return g, err
	}
	bytes := 0
	for rows.Next() {
		if b.Rows > 0 && len(g.Rows) == b.Rows || b.Bytes > 0 && bytes > b.Bytes {
			g.More = true
			break
		}
		row, err := scanRow(rows, len(g.Names), b.Cell)
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

func scanRow(rows *sql.Rows, n, longest int) ([]Cell, error) {
	values, into := make([]sql.NullString, n), make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	row := make([]Cell, n)
	for i, v := range values {
		row[i] = Cell{Text: v.String, Null: !v.Valid}.Limit(longest)
	}
	return row, nil
}

// Limit shortens a text to so many bytes, at a whole character.
func (c Cell) Limit(longest int) Cell {
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
