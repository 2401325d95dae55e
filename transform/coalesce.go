package transform

import (
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
)

// Coalescer merges the sightings of a table in Coalesce mode into one row per
// key: of each column the newest value that is not null. What comes out does
// not depend on the order of what went in. It holds one row per key.
type Coalescer struct {
	table *schemas.Table
	rows  map[string][]cell
}

// cell is a value with the sighting it comes from.
type cell struct {
	set    bool
	text   string
	number int64 // Int and Time
	at     int64 // _fetched_at
	page   string
}

// NewCoalescer makes the Coalescer of a table whose data columns are text.
func NewCoalescer(t *schemas.Table) *Coalescer {
	return &Coalescer{table: t, rows: map[string][]cell{}}
}

// Add takes sightings; the caller still releases the batch.
func (c *Coalescer) Add(b schemas.Batch) {
	fetched := b.Record.Column(c.table.Column("_fetched_at")).(*array.Timestamp)
	page := b.Record.Column(c.table.Column("_page_id")).(*array.String)
	keys := b.Record.Column(c.table.Column(c.table.Key[0])).(*array.String)
	for i := range int(b.Record.NumRows()) {
		row := c.rows[keys.Value(i)]
		if row == nil {
			row = make([]cell, b.Record.NumCols())
			c.rows[strings.Clone(keys.Value(i))] = row
		}
		for j, column := range b.Record.Columns() {
			next := cell{set: true, at: int64(fetched.Value(i)), page: page.Value(i)}
			if column.IsNull(i) || !row[j].olderThan(next) {
				continue
			}
			switch column := column.(type) {
			case *array.String:
				next.text = strings.Clone(column.Value(i))
			case *array.Timestamp:
				next.number = int64(column.Value(i))
			}
			next.page = strings.Clone(next.page)
			row[j] = next
		}
	}
}

// olderThan orders sightings by time, then by page; of one page the first
// value stays.
func (c cell) olderThan(next cell) bool {
	if !c.set || c.at != next.at {
		return !c.set || c.at < next.at
	}
	return c.page < next.page
}

// Batch returns the merged rows in key order, or nothing when there are none.
func (c *Coalescer) Batch() []schemas.Batch {
	if len(c.rows) == 0 {
		return nil
	}
	b := newBuilder(c.table, &pool{})
	for _, key := range slices.Sorted(maps.Keys(c.rows)) {
		for j, cell := range c.rows[key] {
			switch v := &b.columns[j]; {
			case !cell.set:
			case v.storage == schemas.Text:
				v.text(b.rows, []byte(cell.text))
			default:
				v.word(b.rows, cell.number)
			}
		}
		b.rows++
	}
	return []schemas.Batch{b.take()}
}
