package transform

import (
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
	depth         int    // of lists
}

// read walks over the object at v and leaves its values in prog's slots and
// its unknown keys in d.unknown. Ends, if any, are where the object's values are
// known to end.
func (d *Decoder) read(prog *program, v span, ends []int32) error {
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
	end := d.walk(prog, prog.root, int(v.start), ends)
	if end < 0 || skipSpace(d.b[:v.end], end) != int(v.end) {
		return errNotJSON
	}
	return nil
}

// walk puts the values of the object at i into slots and returns the index
// after it, or -1. Of a repeated key the last value that is not null counts.
func (d *Decoder) walk(prog *program, n *node, i int, ends []int32) int {
	b, j := d.b, 0
	guess, prev := n.first, (*node)(nil)
	for i = objectStart(b, i); i >= 0 && i < len(b) && b[i] != '}'; {
		child, from := guess.match(b, i)
		k := at(i+1, 0)
		if child == nil {
			if k, from = key(b, i); from < 0 {
				return -1
			}
			if child = n.children[string(d.name(k))]; child != nil {
				n.learn(prev, child)
			}
		} else {
			k.end = k.start + int32(len(child.name))
		}
		if child != nil {
			guess, prev = child.next, child
		}
		if from = skipSpace(b, from); from >= len(b) {
			return -1
		}
		end := 0
		if j < len(ends) && (b[from] != '{' || child == nil || child.children == nil) {
			end = int(ends[j])
		} else if end = d.value(prog, child, from); end < 0 {
			return -1
		}
		j++
		if b[from] != 'n' || !isNull(b[from:end]) {
			d.store(prog, n, child, k, at(from, end))
		}
		if end+1 < len(b) && b[end] == ',' && b[end+1] == '"' {
			i = end + 1
			continue
		}
		i = nextMember(b, end)
	}
	if i < 0 || i >= len(b) {
		return -1
	}
	return i + 1
}

// value passes over the value of a key, and into it where the plan wants more
// of it than its place.
func (d *Decoder) value(prog *program, child *node, at int) int {
	switch d.b[at] {
	case '"':
		return skipString(d.b, at)
	case '{':
		if child != nil && child.children != nil {
			return d.walk(prog, child, at, nil)
		}
	}
	if child != nil && child.find != nil && d.b[at] != 'n' {
		return d.find(child.find, at)
	}
	return skipValue(d.b, at)
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

// maxLists bounds the lists of one kind of object, maxDepth the objects inside
// objects.
const (
	maxLists = 32
	maxDepth = 16
)

// children makes the rows of the lists in the object just read.
func (d *Decoder) children(prog *program, f *frame) {
	if len(prog.lists) == 0 {
		return
	}
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

// list makes the rows of the elements of one list, or of the one value that
// stands where a list could.
func (d *Decoder) list(l *list, v span, f *frame) {
	inner := frame{object: f.object, list: l.prefix, key: f.key, parentOrdinal: f.ordinal, kind: f.kind, depth: f.depth + 1}
	if d.b[v.start] != '[' {
		d.element(l, int(v.start), &inner)
		return
	}
	i := skipSpace(d.b, int(v.start)+1)
	if d.b[i] == ']' {
		return
	}
	for ; i < int(v.end); inner.ordinal++ {
		if i = d.element(l, i, &inner); i < 0 {
			break
		}
		if i = skipSpace(d.b, i); i < len(d.b) && d.b[i] == ']' {
			return
		}
		if i >= len(d.b) || d.b[i] != ',' {
			break
		}
		i = skipSpace(d.b, i+1)
	}
	d.unreadable(f.object, f.key, l.path, "broken list", v.of(d.b))
}

// element makes the rows of the element at i and returns the index after it,
// or -1.
func (d *Decoder) element(l *list, i int, f *frame) int {
	rows := len(l.element.every) > 0 || len(l.element.lists) > 0
	if rows && l.entity == "" && d.b[i] == '{' {
		l.element.reset()
		d.unknown = d.unknown[:0]
		if end := d.walk(l.element, l.element.root, i, nil); end >= 0 {
			d.emit(l.element, l.element.every, f)
			d.children(l.element, f)
			return end
		}
	}
	end := skipValue(d.b, i)
	if end < 0 || isNull(d.b[i:end]) {
		return end
	}
	if l.entity != "" && d.b[i] == '{' {
		d.nested(l, at(i, end), f)
	}
	if !rows {
		return end
	}
	if err := d.read(l.element, at(i, end), nil); err != nil {
		d.unreadable(f.object, f.key, l.path, "unexpected value in a list", d.b[i:end])
		return end
	}
	d.emit(l.element, l.element.every, f)
	d.children(l.element, f)
	return end
}

// nested decodes an element that is a whole object.
func (d *Decoder) nested(l *list, v span, f *frame) {
	if f.depth > maxDepth {
		d.unreadable(f.object, f.key, l.path, "nested too deep", v.of(d.b))
		return
	}
	d.object(&sighting{prog: d.plan.entities[l.entity], at: v, every: true, ordinal: f.ordinal, kind: f.kind}, f.depth)
}

// keyed reports whether the row has its whole key and is the list's first
// with it.
func (d *Decoder) keyed(prog *program, r *rows, f *frame) bool {
	text := d.dup.next()
	for _, c := range r.keys {
		if c.From == schemas.Const {
			text = append(append(text, c.constant...), 0)
			continue
		}
		v := d.scalar(c.value(d.b, prog.values))
		if len(v) == 0 {
			d.unreadable(f.object, f.key, f.list+c.path, "no value for "+d.plan.tables[r.table].Name+"."+c.Name, nil)
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
