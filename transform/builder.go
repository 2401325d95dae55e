package transform

import (
	"bytes"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/spacesetl/spacesetl/schemas"
)

// builder collects the rows of one table.
type builder struct {
	record  *array.RecordBuilder
	columns []sink
	rows    int
}

// sink is the Arrow builder of one column; the one of its type is set.
type sink struct {
	any   array.Builder
	text  *array.StringBuilder
	int   *array.Int64Builder
	float *array.Float64Builder
	bool  *array.BooleanBuilder
	time  *array.TimestampBuilder
}

func newBuilder(t *schemas.Table) *builder {
	b := &builder{record: array.NewRecordBuilder(memory.DefaultAllocator, t.Schema())}
	for _, field := range b.record.Fields() {
		s := sink{any: field}
		switch field := field.(type) {
		case *array.StringBuilder:
			s.text = field
		case *array.Int64Builder:
			s.int = field
		case *array.Float64Builder:
			s.float = field
		case *array.BooleanBuilder:
			s.bool = field
		case *array.TimestampBuilder:
			s.time = field
		}
		b.columns = append(b.columns, s)
	}
	return b
}

func (d *Decoder) builder(table int) *builder {
	if d.builders[table] == nil {
		d.builders[table] = newBuilder(d.plan.tables[table])
	}
	return d.builders[table]
}

// take returns the rows collected so far and starts anew.
func (d *Decoder) take() []schemas.Batch {
	var batches []schemas.Batch
	for i, b := range d.builders {
		if b != nil && b.rows > 0 {
			batches = append(batches, schemas.Batch{Table: d.plan.tables[i], Record: b.record.NewRecord()})
			b.rows = 0
		}
	}
	return batches
}

// appendValue appends the column's value for the object in prog's slots.
func (d *Decoder) appendValue(s *sink, prog *program, c *column, f *frame) {
	switch c.From {
	case schemas.Value:
		if v := c.value(d.b, prog.values); v.present() {
			d.convert(s, c, f, v)
			return
		}
		s.any.AppendNull()
	case schemas.ParentKey:
		s.text.BinaryBuilder.Append(f.key)
	case schemas.Ordinal:
		s.int.Append(f.ordinal)
	case schemas.ParentOrdinal:
		s.int.Append(f.parentOrdinal)
	case schemas.Const:
		if c.constant == "" {
			s.text.Append(f.kind)
			return
		}
		s.text.Append(c.constant)
	case schemas.Count:
		d.appendCount(s, prog, c)
	case schemas.Extras:
		d.appendExtras(s, f)
	case schemas.Envelope:
		d.appendEnvelope(s, c, f)
	case schemas.Nowhere:
		s.any.AppendNull()
	}
}

func (d *Decoder) appendCount(s *sink, prog *program, c *column) {
	v := c.value(d.b, prog.values)
	switch {
	case v.present():
		s.int.Append(int64(count(d.b, v)))
	case d.page.OK() && (c.absent == zero || c.absent == zeroIfAsked && d.asked(c.askedBy)):
		s.int.Append(0)
	default:
		s.int.AppendNull()
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

// appendEnvelope appends a value of the page's envelope.
func (d *Decoder) appendEnvelope(s *sink, c *column, f *frame) {
	body := d.b
	d.b = d.envelope
	v := c.value(d.b, d.plan.envelope.values)
	switch {
	case c.Type == schemas.Time && c.Paths()[0] == "fetched_at":
		s.time.Append(arrow.Timestamp(d.page.FetchedAt.UnixMicro()))
	case v.present():
		d.convert(s, c, f, v)
	default:
		s.any.AppendNull()
	}
	d.b = body
}

// convert appends the value at v, or NULL and a report when it is not what the
// column takes.
func (d *Decoder) convert(s *sink, c *column, f *frame, v span) {
	raw := v.of(d.b)
	if c.Type == schemas.JSON {
		d.appendJSON(s, raw)
		return
	}
	if raw[0] == '{' || raw[0] == '[' {
		s.any.AppendNull()
		d.unreadable(f.object, f.key, f.list+c.Paths()[0], "not a single value", raw)
		return
	}
	text := raw
	if raw[0] == '"' {
		var repaired int
		text, d.scratch, repaired = unquote(raw, d.scratch)
		d.stats.Repaired += repaired
	}
	if !s.appendText(c, text) {
		s.any.AppendNull()
		d.unreadable(f.object, f.key, f.list+c.Paths()[0], "not "+wanted[c.Type], raw)
	}
}

// wanted names the column types in reports.
var wanted = map[schemas.Type]string{
	schemas.Int: "an integer", schemas.Float: "a number", schemas.Bool: "a boolean", schemas.Time: "a time",
}

// appendText appends a value given as text; false means it cannot be read and
// nothing was appended. An empty text is NULL in all but text columns.
func (s *sink) appendText(c *column, text []byte) bool {
	if len(text) == 0 && c.Type != schemas.Text {
		s.any.AppendNull()
		return true
	}
	switch c.Type {
	case schemas.Int:
		n, ok := parseInt(text)
		if ok {
			s.int.Append(n)
		}
		return ok
	case schemas.Float:
		n, ok := parseFloat(text)
		if ok {
			s.float.Append(n)
		}
		return ok
	case schemas.Bool:
		v, ok := parseBool(text)
		if ok {
			s.bool.Append(v)
		}
		return ok
	case schemas.Time:
		t, ok := parseTime(text)
		if ok {
			s.time.Append(arrow.Timestamp(t))
		}
		return ok
	case schemas.Suffix:
		text = text[bytes.LastIndexByte(text, '/')+1:]
	}
	if other, ok := c.Values[string(text)]; ok {
		text = []byte(other)
	}
	s.text.BinaryBuilder.Append(text)
	return true
}
