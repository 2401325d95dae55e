package transform

import (
	"bytes"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// frame is where in the page an object stands.
type frame struct {
	object        string // kind of the object, for reports
	list          string // path of the list it is an element of, for reports
	key           []byte // key of the object, or of the one that holds the list
	ordinal       int64
	parentOrdinal int64
	kind          string // of a problem
}

// read walks over the object at v and leaves its values in prog's slots and
// its unknown keys in d.unknown.
func (d *Decoder) read(prog *program, v span) error {
	prog.reset()
	d.unknown = d.unknown[:0]
	if v.start >= v.end {
		return errNotJSON
	}
	if d.b[v.start] != '{' {
		if prog.self >= 0 && d.b[v.start] != '[' {
			prog.values[prog.self] = v
			return nil
		}
		return errNotJSON
	}
	end := d.walk(prog, prog.root, v.start)
	if end < 0 || skipSpace(d.b[:v.end], end) != v.end {
		return errNotJSON
	}
	return nil
}

// walk puts the values of the object at i into slots and returns the index
// after it, or -1. Of a repeated key the last value that is not null counts.
func (d *Decoder) walk(prog *program, n *node, i int) int {
	for i = objectStart(d.b, i); i >= 0 && i < len(d.b) && d.b[i] != '}'; {
		k, at := key(d.b, i)
		if at < 0 || at >= len(d.b) {
			return -1
		}
		child := n.children[string(d.name(k))]
		var end int
		if child != nil && child.children != nil && d.b[at] == '{' {
			end = d.walk(prog, child, at)
		} else {
			end = skipValue(d.b, at)
		}
		if end < 0 {
			return -1
		}
		if v := (span{at, end}); !isNull(v.of(d.b)) {
			d.store(prog, n, child, k, v)
		}
		i = nextMember(d.b, end)
	}
	if i < 0 || i >= len(d.b) {
		return -1
	}
	return i + 1
}

// name is the text of a key.
func (d *Decoder) name(k span) []byte {
	name := k.of(d.b)
	if bytes.IndexByte(name, '\\') < 0 {
		return name
	}
	text, _, _ := unquote(d.b[k.start-1:k.end+1], nil)
	return text
}

// store takes one value that is not null.
func (d *Decoder) store(prog *program, n, child *node, k, v span) {
	switch {
	case child == nil:
		if prog.extras && !n.covered {
			d.unknown = append(d.unknown, unknownKey{in: n, name: k, value: v})
		}
		return
	case child.slot >= 0:
		prog.values[child.slot] = v
	case child.children != nil && d.b[v.start] != '{':
		// An object was expected: kept where unknown keys go, so nothing is lost.
		d.unknown = append(d.unknown, unknownKey{in: n, name: k, value: v})
	}
	if child.seen >= 0 {
		d.seen[child.seen] = true
	}
}

// emit makes one row in each of the tables.
func (d *Decoder) emit(prog *program, all []*rows, f *frame) {
	for _, r := range all {
		d.appendRow(prog, r, f)
	}
}

// maxLists bounds the lists of one kind of object.
const maxLists = 32

// children makes the rows of the lists in the object just read.
func (d *Decoder) children(prog *program, f *frame) {
	var found [maxLists]span // copied: an element may be of the same kind
	for i, l := range prog.lists {
		for _, slot := range l.slots {
			if v := prog.values[slot]; v.present() {
				found[i] = v
				break
			}
		}
	}
	for i, l := range prog.lists {
		if found[i].present() {
			d.list(l, found[i], f)
		}
	}
}

// list makes the rows of the elements of one list.
func (d *Decoder) list(l *list, v span, f *frame) {
	all := elementsOf(d.b, v)
	for n := int64(0); ; n++ {
		at, ok := all.value()
		if !ok {
			break
		}
		if isNull(at.of(d.b)) {
			continue
		}
		if l.entity != "" && d.b[at.start] == '{' {
			d.object(&sighting{prog: d.plan.entities[l.entity], at: at, every: true, ordinal: n, kind: f.kind})
		}
		d.element(l, at, &frame{object: f.object, list: f.list + l.path + ".", key: f.key, ordinal: n, parentOrdinal: f.ordinal})
	}
	if all.bad {
		d.unreadable(f.object, f.key, f.list+l.path, "broken list", v.of(d.b))
	}
}

func (d *Decoder) element(l *list, at span, f *frame) {
	if len(l.element.every) == 0 && len(l.element.lists) == 0 {
		return
	}
	if err := d.read(l.element, at); err != nil {
		d.unreadable(f.object, f.key, strings.TrimSuffix(f.list, "."), "unexpected value in a list", at.of(d.b))
		return
	}
	d.emit(l.element, l.element.every, f)
	d.children(l.element, f)
}

// appendRow makes one row from the slots of prog, unless its key is missing or
// the list repeats it.
func (d *Decoder) appendRow(prog *program, r *rows, f *frame) {
	if !d.keyed(prog, r, f) {
		return
	}
	b := d.builder(r.table)
	for i := range r.columns {
		d.appendValue(&b.columns[i], prog, &r.columns[i], f)
	}
	b.rows++
}

// keyed reports whether the row has its whole key and is the list's first
// with it.
func (d *Decoder) keyed(prog *program, r *rows, f *frame) bool {
	text := d.dup.next()
	for i := range r.columns {
		c := &r.columns[i]
		if !c.isKey || c.From != schemas.Value {
			if c.isKey && c.From == schemas.Const {
				text = append(append(text, c.constant...), 0)
			}
			continue
		}
		v := d.scalar(c.value(d.b, prog.values))
		if len(v) == 0 {
			d.unreadable(f.object, f.key, f.list+c.Paths()[0], "no value for "+d.plan.tables[r.table].Name+"."+c.Name, nil)
			return false
		}
		text = append(append(text, v...), 0)
	}
	return !r.distinct || d.dup.first(r.table, text)
}

// value returns the span of the column's value, absent if there is none.
func (c *column) value(b []byte, values []span) span {
	for _, slot := range c.slots {
		v := values[slot]
		if !v.present() {
			continue
		}
		if c.element < 0 {
			return v
		}
		list := elementsOf(b, v)
		for n := 0; ; n++ {
			at, ok := list.value()
			if !ok {
				break
			}
			if n == c.element && !isNull(at.of(b)) {
				return at
			}
		}
	}
	return span{}
}

// scalar returns the text of a string, number or literal; nil for anything
// else. It is valid until the next call.
func (d *Decoder) scalar(v span) []byte {
	if !v.present() {
		return nil
	}
	raw := v.of(d.b)
	switch raw[0] {
	case '{', '[':
		return nil
	case '"':
		var text []byte
		text, d.scratch, _ = unquote(raw, d.scratch)
		return text
	}
	return raw
}
