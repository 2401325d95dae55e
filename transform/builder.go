package transform

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
)

// builder collects the rows of one table.
type builder struct {
	table   *schemas.Table
	columns []vector
	rows    int
	paged   int // rows that have the values of their page
}

func newBuilder(t *schemas.Table, p *pool) *builder {
	b := &builder{table: t, columns: make([]vector, len(t.Columns))}
	for i, c := range t.Columns {
		b.columns[i] = newVector(c.Type, p)
	}
	return b
}

// take returns the rows collected so far and starts anew.
func (b *builder) take() schemas.Batch {
	schema := b.table.Schema()
	arrays := make([]arrow.Array, len(b.columns))
	for i := range b.columns {
		arrays[i] = b.columns[i].take(b.rows, schema.Field(i).Type)
	}
	record := array.NewRecord(schema, arrays, int64(b.rows))
	for _, a := range arrays {
		a.Release() // the record holds it
	}
	b.rows, b.paged = 0, 0
	return schemas.Batch{Table: b.table, Record: record}
}

// size is how many bytes the rows take, about.
func (b *builder) size() int {
	n := b.rows * len(b.columns) * 8
	for i := range b.columns {
		n += len(b.columns[i].bytes)
	}
	return n
}
