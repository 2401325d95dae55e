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
	for i := range r.fields {
		x := &r.fields[i]
		if x.from == fromElsewhere {
			d.appendOther(&b.columns[x.index], row, prog, x.column, f)
			continue
		}
		v := prog.values[x.slot]
		if x.several {
			v = x.column.value(d.b, prog.values)
		}
		if !v.present() {
			continue
		}
		raw, to := v.of(d.b), &b.columns[x.index]
		if !d.appendUsual(x.from, to, row, raw) {
			d.convert(to, row, x.column, f, raw)
		}
	}
	b.rows++
}

// appendUsual appends a value in the form that it usually has, and reports
// whether it has it.
func (d *Decoder) appendUsual(from source, to *vector, row int, raw []byte) bool {
	switch from {
	case fromText:
		if raw[0] == '"' {
			to.text(row, d.text(raw))
			return true
		}
	case fromID:
		if raw[0] == '"' && len(raw) > len(`""`) {
			to.text(row, d.text(raw))
			return true
		}
	case fromInt:
		if n, ok := digits(raw); ok && len(raw) <= 18 {
			to.word(row, n)
			return true
		}
	case fromBool:
		if string(raw) == "true" || string(raw) == "false" {
			to.bool(row, raw[0] == 't')
			return true
		}
	case fromTime:
		if raw[0] != '"' {
			break
		}
		if t, ok := parseUsual(raw[1 : len(raw)-1]); ok {
			to.word(row, t)
			return true
		}
	}
	return false
}

// appendOther appends a value that is not a value of the object.
func (d *Decoder) appendOther(to *vector, row int, prog *program, c *column, f *frame) {
	switch c.From {
	case schemas.ParentKey:
		to.text(row, f.key)
	case schemas.Ordinal:
		to.word(row, f.ordinal)
	case schemas.ParentOrdinal:
		to.word(row, f.parentOrdinal)
	case schemas.Const:
		if len(c.constant) > 0 {
			to.text(row, c.constant)
		} else {
			to.text(row, []byte(f.kind)) // of a problem: few
		}
	case schemas.Count:
		d.appendCount(to, row, prog, c)
	case schemas.Extras:
		d.appendExtras(to, row, f)
	}
}

func (d *Decoder) appendCount(to *vector, row int, prog *program, c *column) {
	if c.finder != nil && prog.values[c.slots[0]].present() {
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
		for _, c := range d.plan.stamps[i] {
			d.stampColumn(b, c)
		}
		b.paged = b.rows
	}
	d.b = body
}

// stampColumn appends the same value to all rows of the page.
func (d *Decoder) stampColumn(b *builder, c *column) {
	to := &b.columns[c.index]
	v := c.value(d.b, d.plan.envelope.values)
	switch {
	case c.Type == schemas.Time && c.path == "fetched_at":
		to.repeatWord(b.paged, b.rows, d.page.FetchedAt.UnixMicro())
	case v.present() && (c.Type == schemas.Text || c.Type == schemas.ID && len(v.of(d.b)) > len(`""`)):
		to.repeatText(b.paged, b.rows, d.text(v.of(d.b)))
	case v.present():
		for row := b.paged; row < b.rows; row++ {
			d.convert(to, row, c, &frame{}, v.of(d.b))
		}
	}
}

// text is the text of a JSON string, or any other scalar as it stands. It is
// valid until the next call.
func (d *Decoder) text(raw []byte) []byte {
	if raw[0] != '"' {
		return raw
	}
	if text := raw[1 : len(raw)-1]; plain(text) {
		return text
	}
	text, scratch, repaired := unquote(raw, d.scratch)
	d.scratch = scratch
	d.stats.Repaired += repaired
	return text
}

// convert appends a value, or NULL and a report when it is not what the column
// takes.
func (d *Decoder) convert(to *vector, row int, c *column, f *frame, raw []byte) {
	switch {
	case c.Type == schemas.JSON:
		d.appendJSON(to, row, raw)
	case raw[0] == '{' || raw[0] == '[':
		d.unreadable(f.object, f.key, f.list+c.path, "not a single value", raw)
	case !to.parse(row, c, d.text(raw)):
		d.unreadable(f.object, f.key, f.list+c.path, "not "+wanted[c.Type], raw)
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
