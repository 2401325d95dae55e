package transform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/spacesetl/spacesetl/schemas"
)

// Coalescer merges the sightings of a table in Coalesce mode: of each column it
// keeps the newest value that is not null, with its sighting. What comes out does
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
			if column.IsNull(i) || c.table.Columns[j].From == schemas.Told {
				continue
			}
			if c.table.Columns[j].From == schemas.Extras && row[j].set && row[j].with(next) {
				row[j].text = joined(row[j].text, column.(*array.String).Value(i))
			}
			if !row[j].olderThan(next) {
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

// joined is one object of two extras, of which the first counts where both have a key.
// What the second has there is numbered, as in the extras of one object.
func joined(a, b string) string {
	if a == b {
		return a
	}
	var all, more map[string]json.RawMessage
	if json.Unmarshal([]byte(a), &all) != nil || json.Unmarshal([]byte(b), &more) != nil {
		return a // extras are JSON objects
	}
	for _, key := range slices.Sorted(maps.Keys(more)) {
		name := key
		for n := 2; all[name] != nil && !bytes.Equal(all[name], more[key]); n++ {
			name = key + "#" + strconv.Itoa(n)
		}
		all[name] = more[key]
	}
	text, err := json.Marshal(all)
	if err != nil {
		return a
	}
	return string(text)
}

// olderThan orders sightings by time, then by page; of one page the first
// value stays.
func (c cell) olderThan(next cell) bool {
	if !c.set || c.at != next.at {
		return !c.set || c.at < next.at
	}
	return c.page < next.page
}

// with reports whether two values come from one sighting.
func (c cell) with(other cell) bool { return c.at == other.at && c.page == other.page }

// Batch returns the rows in key order, or nothing when there are none: of each key
// the newest sighting, and those older ones that tell what it does not.
func (c *Coalescer) Batch() []schemas.Batch {
	if len(c.rows) == 0 {
		return nil
	}
	b := newBuilder(c.table, &pool{})
	for _, key := range slices.Sorted(maps.Keys(c.rows)) {
		row := c.rows[key]
		var sightings []cell // newest first
		for _, cell := range row {
			if cell.set && !slices.ContainsFunc(sightings, cell.with) {
				sightings = append(sightings, cell)
			}
		}
		slices.SortFunc(sightings, func(a, b cell) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.page, a.page)) })
		for i, s := range sightings {
			c.row(b, key, row, s, i > 0)
		}
	}
	return []schemas.Batch{b.take()}
}

// row makes the row of what a sighting tells. More is one that only completes a
// newer row.
func (c *Coalescer) row(b *builder, key string, cells []cell, s cell, more bool) {
	told := bytes.Repeat([]byte("0"), len(cells))
	for j, declared := range c.table.Columns {
		v, cell := &b.columns[j], cells[j]
		switch {
		case c.table.IsKey(declared.Name):
			v.text(b.rows, []byte(key))
			told[j] = digit(!more)
			continue
		case declared.Name == schemas.ToldColumns:
			v.text(b.rows, told) // the columns after it tell nothing of the object
		case declared.Name == schemas.ToldLists:
			v.text(b.rows, nil)
		case declared.Name == "_page_id":
			v.text(b.rows, []byte(s.page))
		case declared.From == schemas.Envelope && declared.Type == schemas.Time:
			v.word(b.rows, s.at)
		case !cell.set || !declared.IsLineage() && !cell.with(s):
			continue
		case v.storage == schemas.Text:
			v.text(b.rows, []byte(cell.text))
		default:
			v.word(b.rows, cell.number)
		}
		told[j] = '1'
	}
	b.rows++
}
