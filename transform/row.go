package transform

import (
	"bytes"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// rowWriter makes rows of what its reader has found. They wait in builders.
type rowWriter struct {
	pageReader
	// Bare leaves out what rows have from their page's envelope.
	Bare     bool
	builders []*builder // by table; nil before the first row
	pool     *pool
	dup      duplicates
	compact  bytes.Buffer
	extras   bytes.Buffer
	told     []byte
}

func (w *rowWriter) builder(table int) *builder {
	if w.builders[table] == nil {
		w.builders[table] = newBuilder(w.plan.tables[table], w.pool)
	}
	return w.builders[table]
}

// appendRow makes one row from the slots of prog, unless its key is missing or
// the list repeats it.
func (w *rowWriter) appendRow(prog *program, r *rows, f *frame) {
	if len(r.keys) > 0 && !w.keyed(prog, r, f) {
		return
	}
	b := w.builder(r.table)
	row, tells := b.rows, r.toldColumns >= 0
	if tells {
		w.told = append(w.told[:0], f.sighting.asking.columns...)
	}
	for i := range r.fields {
		x := &r.fields[i]
		if x.from == fromElsewhere {
			to := &b.columns[x.index]
			w.appendOther(to, row, prog, x.column, f)
			if tells && to.rows > row {
				w.told[x.index] = '1'
			}
			continue
		}
		v := prog.values[x.slot]
		if x.several {
			v = x.column.value(w.b, prog.values)
		}
		if !v.present() {
			continue
		}
		raw, to := v.of(w.b), &b.columns[x.index]
		if !w.appendUsual(x.from, to, row, raw) {
			w.convert(to, row, x.column, f, raw)
		}
		if tells && to.rows > row {
			w.told[x.index] = '1'
		}
		if x.user {
			w.checkUser(x.column.path, raw)
		}
	}
	if tells {
		tell(w, b, prog, r, f.sighting)
	}
	b.rows++
}

// keyed reports whether the row has its whole key and is the list's first
// with it.
func (w *rowWriter) keyed(prog *program, r *rows, f *frame) bool {
	text := w.dup.next()
	for _, c := range r.keys {
		if c.From == schemas.Const {
			text = append(append(text, c.constant...), 0)
			continue
		}
		at := c.value(w.b, prog.values)
		v := w.scalar(at)
		if len(v) > 0 && c.Type == schemas.ID && !isID(at.of(w.b)) {
			w.unreadable(f.object, f.key, f.list+c.path, "not an id", w.whole(f, at))
			if c.Ref == "users" {
				w.checkUser(f.list+c.path, at.of(w.b))
			}
			return false
		}
		if len(v) == 0 {
			w.unreadable(f.object, f.key, f.list+c.path, "no value for "+w.plan.tables[r.table].Name+"."+c.Name, w.whole(f, span{}))
			return false
		}
		text = append(append(text, v...), 0)
	}
	if !r.distinct || w.dup.first(r.table, text) {
		return true
	}
	if len(w.unknown) > 0 && f.at.present() {
		w.unreadable(f.object, f.key, strings.TrimSuffix(f.list, "."), "repeats an element, and says more", w.whole(f, f.at))
	}
	return false
}

// whole is the element of a list that gets no row, or else the value because of which
// it gets none.
func (w *rowWriter) whole(f *frame, v span) []byte {
	if f.at.present() {
		v = f.at
	}
	return v.of(w.b)
}

// beyond notes keys of an element in a list whose rows keep none that no column takes.
func (w *rowWriter) beyond(l *list, f *frame) {
	if l.bare && len(w.unknown) > 0 {
		w.unreadable(f.object, f.key, l.path, "keys that no column takes", f.at.of(w.b))
		w.unknown = w.unknown[:0]
	}
}

// emit makes one row in each of the tables.
func (w *rowWriter) emit(prog *program, all []*rows, f *frame) {
	for _, r := range all {
		w.appendRow(prog, r, f)
	}
}

// appendUsual appends a value in the form that it usually has, and reports
// whether it has it.
func (w *rowWriter) appendUsual(from source, to *vector, row int, raw []byte) bool {
	switch from {
	case fromText:
		if raw[0] == '"' {
			to.text(row, w.text(raw))
			return true
		}
	case fromID:
		if raw[0] == '"' && len(raw) > len(`""`) {
			to.text(row, w.text(raw))
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
func (w *rowWriter) appendOther(to *vector, row int, prog *program, c *column, f *frame) {
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
		w.appendCount(to, row, prog, c)
	case schemas.Extras:
		w.appendExtras(to, row, f)
	}
}

func (w *rowWriter) appendCount(to *vector, row int, prog *program, c *column) {
	if c.finders != nil {
		var n int64
		found := false
		for _, f := range c.finders {
			if prog.values[f.slot].present() {
				found, n = true, n+f.count
			}
		}
		if found {
			to.word(row, n)
			return
		}
	}
	v := c.value(w.b, prog.values)
	switch {
	case v.present():
		to.word(row, int64(count(w.b, v)))
	case w.page.OK() && (c.absent == zero || c.absent == zeroIfAsked && w.hasAsked(c.askedBy)):
		to.word(row, 0)
	}
}

// hasAsked reports whether the request asked for a field, by itself or by an
// expansion.
func (w *rowWriter) hasAsked(field string) bool {
	for _, names := range w.page.Params {
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
func (w *rowWriter) stampRows() {
	body := w.b
	w.b = w.envelope
	for i, b := range w.builders {
		if b == nil || b.rows == b.paged {
			continue
		}
		if w.Bare {
			b.paged = b.rows
			continue
		}
		for _, c := range w.plan.stamps[i] {
			w.stampColumn(b, c)
		}
		b.paged = b.rows
	}
	w.b = body
}

// stampColumn appends the same value to all rows of the page.
func (w *rowWriter) stampColumn(b *builder, c *column) {
	to := &b.columns[c.index]
	v := c.value(w.b, w.plan.envelope.values)
	switch {
	case c.Type == schemas.Time && c.path == "fetched_at":
		to.repeatWord(b.paged, b.rows, w.page.FetchedAt.UnixMicro())
	case v.present() && (c.Type == schemas.Text || c.Type == schemas.ID && len(v.of(w.b)) > len(`""`)):
		to.repeatText(b.paged, b.rows, w.text(v.of(w.b)))
	case v.present():
		for row := b.paged; row < b.rows; row++ {
			w.convert(to, row, c, &frame{}, v.of(w.b))
		}
	}
}

// text is the text of a JSON string, or any other scalar as it stands. It is
// valid until the next call.
func (w *rowWriter) text(raw []byte) []byte {
	if raw[0] != '"' {
		return raw
	}
	if text := raw[1 : len(raw)-1]; plain(text) {
		return text
	}
	text, scratch, repaired := unquote(raw, w.scratch)
	w.scratch = scratch
	w.stats.Repaired += repaired
	return text
}

// convert appends a value, or NULL and a report when it is not what the column
// takes.
func (w *rowWriter) convert(to *vector, row int, c *column, f *frame, raw []byte) {
	switch {
	case c.Type == schemas.JSON:
		w.appendJSON(to, row, raw)
	case raw[0] == '{' || raw[0] == '[':
		w.unreadable(f.object, f.key, f.list+c.path, "not a single value", raw)
	case c.Type == schemas.ID && !isID(raw):
		w.unreadable(f.object, f.key, f.list+c.path, "not an id", raw)
	case !to.parse(row, c, w.text(raw)):
		w.unreadable(f.object, f.key, f.list+c.path, "not "+wanted[c.Type], raw)
	}
}

// wanted names the column types in reports.
var wanted = map[schemas.Type]string{
	schemas.Int: "an integer", schemas.Float: "a number", schemas.Bool: "a boolean", schemas.Time: "a time",
}
