package transform

import (
	"bytes"
	"math"

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

func (d *Decoder) builder(table int) *builder {
	if d.builders[table] == nil {
		d.builders[table] = newBuilder(d.plan.tables[table], d.pool)
	}
	return d.builders[table]
}

// appendRow makes one row from the slots of prog, unless its key is missing or
// the list repeats it.
func (d *Decoder) appendRow(prog *program, r *rows, f *frame) {
	if len(r.keys) > 0 && !d.keyed(prog, r, f) {
		return
	}
	b := d.builder(r.table)
	row := b.rows
	for i := range r.columns {
		c := &r.columns[i]
		switch c.From {
		case schemas.Value:
			v := prog.values[c.slot]
			if !c.simple {
				v = c.value(d.b, prog.values)
			}
			if v.present() {
				d.convert(&b.columns[c.index], row, c, f, v)
			}
		case schemas.ParentKey:
			b.columns[c.index].text(row, f.key)
		case schemas.Ordinal:
			b.columns[c.index].word(row, f.ordinal)
		case schemas.ParentOrdinal:
			b.columns[c.index].word(row, f.parentOrdinal)
		case schemas.Const:
			d.appendConstant(&b.columns[c.index], row, c, f)
		case schemas.Count:
			d.appendCount(&b.columns[c.index], row, prog, c)
		case schemas.Extras:
			d.appendExtras(&b.columns[c.index], row, f)
		}
	}
	b.rows++
}

func (d *Decoder) appendConstant(to *vector, row int, c *column, f *frame) {
	text := c.constant
	if text == "" {
		text = f.kind
	}
	d.scratch = append(d.scratch[:0], text...)
	to.text(row, d.scratch)
}

func (d *Decoder) appendCount(to *vector, row int, prog *program, c *column) {
	if c.finder != nil && prog.values[c.slot].present() {
		to.word(row, c.finder.count)
		return
	}
	v := c.value(d.b, prog.values)
	switch {
	case v.present():
		to.word(row, int64(count(d.b, v)))
	case d.page.OK() && (c.absent == zero || c.absent == zeroIfAsked && d.asked(c.askedBy)):
		to.word(row, 0)
	}
}

// asked reports whether the request asked for a field, by itself or by an
// expansion.
func (d *Decoder) asked(field string) bool {
	for _, names := range d.page.Params {
		for _, name := range names {
			if name == field {
				return true
			}
		}
	}
	return false
}

// stampRows gives the rows made of a page what they have in common: the values
// of its envelope.
func (d *Decoder) stampRows() {
	body := d.b
	d.b = d.envelope
	for i, b := range d.builders {
		if b == nil || b.rows == b.paged {
			continue
		}
		for j := range d.plan.stamps[i] {
			d.stampColumn(b, &d.plan.stamps[i][j])
		}
		b.paged = b.rows
	}
	d.b = body
}

func (d *Decoder) stampColumn(b *builder, c *column) {
	to := &b.columns[c.index]
	v := c.value(d.b, d.plan.envelope.values)
	switch {
	case c.Type == schemas.Time && c.path == "fetched_at":
		for row := b.paged; row < b.rows; row++ {
			to.word(row, d.page.FetchedAt.UnixMicro())
		}
	case v.present():
		for row := b.paged; row < b.rows; row++ {
			d.convert(to, row, c, &frame{}, v)
		}
	}
}

// convert appends the value at v, or NULL and a report when it is not what the
// column takes.
func (d *Decoder) convert(to *vector, row int, c *column, f *frame, v span) {
	raw := v.of(d.b)
	switch raw[0] {
	case '"':
		if c.Type == schemas.JSON {
			d.appendJSON(to, row, raw)
			return
		}
		text := raw[1 : len(raw)-1]
		if !plain(text) {
			var repaired int
			text, d.scratch, repaired = unquote(raw, d.scratch)
			d.stats.Repaired += repaired
		}
		if !to.parse(row, c, text) {
			d.unreadable(f.object, f.key, f.list+c.path, "not "+wanted[c.Type], raw)
		}
	case '{', '[':
		if c.Type == schemas.JSON {
			d.appendJSON(to, row, raw)
			return
		}
		d.unreadable(f.object, f.key, f.list+c.path, "not a single value", raw)
	default:
		if c.Type == schemas.JSON {
			d.appendJSON(to, row, raw)
			return
		}
		if !to.parse(row, c, raw) {
			d.unreadable(f.object, f.key, f.list+c.path, "not "+wanted[c.Type], raw)
		}
	}
}

// wanted names the column types in reports.
var wanted = map[schemas.Type]string{
	schemas.Int: "an integer", schemas.Float: "a number", schemas.Bool: "a boolean", schemas.Time: "a time",
}

// parse appends a value given as text; false means it cannot be read, which
// leaves NULL. An empty text is NULL in all but text columns.
func (v *vector) parse(row int, c *column, text []byte) (ok bool) {
	if c.Type == schemas.Text {
		v.text(row, c.respell(text))
		return true
	}
	if len(text) == 0 {
		return true
	}
	switch c.Type {
	case schemas.Int:
		var n int64
		if n, ok = parseInt(text); ok {
			v.word(row, n)
		}
	case schemas.Float:
		var n float64
		if n, ok = parseFloat(text); ok {
			v.word(row, int64(math.Float64bits(n)))
		}
	case schemas.Bool:
		var is bool
		if is, ok = parseBool(text); ok {
			v.bool(row, is)
		}
	case schemas.Time:
		var t int64
		if t, ok = parseTime(text); ok {
			v.word(row, t)
		}
	case schemas.Suffix:
		v.text(row, c.respell(text[bytes.LastIndexByte(text, '/')+1:]))
		ok = true
	default:
		v.text(row, c.respell(text))
		ok = true
	}
	return ok
}

// respell replaces spellings by the one the column has.
func (c *column) respell(text []byte) []byte {
	if len(c.Values) == 0 {
		return text
	}
	if other, ok := c.Values[string(text)]; ok {
		return []byte(other)
	}
	return text
}
