package transform

import (
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// telling is what it takes to say of which columns and lists an object's sighting
// tells. It is empty for programs whose rows do not say so.
type telling struct {
	table  *schemas.Table
	fields []fieldOf
	inner  []innerList
}

// fieldOf is a field of an object: a key, or several of which a column or list is
// made. A sighting that has settled a field leaves nothing of it to older ones.
type fieldOf struct {
	keys    []string
	bit     uint64
	columns []int // of the table
	lists   []int
	// direct: what it has stands under its keys themselves, not inside objects.
	direct bool
}

// innerList is a list inside an object in a field, that says nothing by not being
// there.
type innerList struct {
	within uint64 // the field
	bit    uint64 // of its own
	list   int
	path   string
}

// lists returns the bits of the inner lists in the value of a key, and the index
// after it, or -1.
func (n *node) lists(b []byte, i int) (found uint64, end int) {
	start, guess := i, n.first
	for i = objectStart(b, i); i >= 0 && i < len(b) && b[i] != '}'; {
		child, from := guess.match(b, i)
		if child != nil {
			guess, from = child.next, skipSpace(b, from)
		} else {
			var name span
			if name, from = key(b, i); from >= 0 {
				child = n.children[string(nameOf(b, name))]
			}
		}
		if from < 0 || from >= len(b) {
			return found, skipValue(b, start)
		}
		inner := uint64(0)
		if child != nil && child.inside != child.inner {
			inner, end = child.lists(b, from)
		} else {
			end = skipValue(b, from)
		}
		if end < 0 {
			return found, -1
		}
		if child != nil && child.inside != 0 && !isNull(b[from:end]) {
			found = found&^child.inside | child.inner | inner
		}
		i = nextMember(b, end)
	}
	if i < 0 || i >= len(b) { // broken, or no object
		return found, skipValue(b, start)
	}
	return found, i + 1
}

// extrasField is the bit of the keys that no column takes.
const extrasField = 1 << 63

// asked is what the pages of an endpoint with the same params tell.
type asked struct {
	params schemas.Params
	of     map[*program]*[2]asking // in includes, in data
}

// asking is what sightings of an object tell for what their page asked for, each
// with a digit as in the table, or with a bit.
type asking struct {
	columns, lists []byte
	absent         uint64 // fields that are settled without being there
	present        uint64 // those that are once they are there, and all inner lists
	tells          uint64 // those that tell of something without being there
}

// of returns the fields that a sighting with these tells of, and settles.
func (a *asking) of(present uint64) (tells, settles uint64) {
	return a.tells | present, a.absent | a.present&present
}

// tells prepares a program for the table of its objects.
func tells(prog *program, t *schemas.Table) {
	prog.telling = telling{table: t}
	for i, c := range t.Columns {
		if c.From == schemas.Value {
			f := prog.fieldAt(c.Paths())
			f.columns = append(f.columns, i)
		}
	}
	for i, l := range t.Lists() {
		tellsList(prog, i, l)
	}
	if len(prog.fields)+len(prog.inner) > 63 || len(t.Lists()) >= 63-toldMark {
		panic("transform: too many fields of " + t.Name)
	}
	for _, f := range prog.fields {
		for _, key := range f.keys {
			prog.root.children[key].field |= f.bit
		}
	}
	for _, in := range prog.inner {
		last := prog.at(in.path)
		last.inner = in.bit
		for n := prog.root; n != last; {
			name, _, _ := strings.Cut(strings.TrimPrefix(in.path[len(n.path):], "."), ".")
			n = n.children[name]
			n.inside |= in.bit
		}
	}
	for _, l := range prog.lists {
		l.field = prog.root.children[firstKey(l.path)].field
		for _, in := range prog.inner {
			if in.within&l.field != 0 && l.path == in.path {
				l.inner = in.bit
			}
		}
	}
}

// fieldAt is the field that paths lead into, which is new if none has their keys.
func (t *telling) fieldAt(paths []string) *fieldOf {
	var first []string
	direct := true
	for _, path := range paths {
		first = append(first, firstKey(path))
		direct = direct && firstKey(path) == path
	}
	slices.Sort(first)
	first = slices.Compact(first)
	at := slices.IndexFunc(t.fields, func(f fieldOf) bool { return slices.Equal(f.keys, first) })
	if at < 0 {
		at = len(t.fields)
		t.fields = append(t.fields, fieldOf{keys: first, bit: 1 << at, direct: true})
	}
	f := &t.fields[at]
	f.direct = f.direct && direct
	return f
}

// tellsList prepares a program for the list with an index among those of the table.
func tellsList(prog *program, index int, l schemas.List) {
	var paths []string
	for _, s := range l.Sources {
		paths = append(paths, s.Outer()...)
	}
	f := prog.fieldAt(paths)
	if own := l.Sources[0]; !own.Absent.Empty && len(paths) == 1 && firstKey(paths[0]) != paths[0] {
		prog.inner = append(prog.inner, innerList{within: f.bit, bit: extrasField >> (1 + len(prog.inner)), list: index, path: paths[0]})
	} else {
		f.lists = append(f.lists, index)
	}
	for _, path := range paths {
		prog.slot(path)
		prog.at(path).marks |= 1 << (toldMark + index)
	}
}

func firstKey(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}

// askings is what the last page of each endpoint asked for.
type askings map[schemas.Endpoint]*asked

// page finds what a page's params say of what its objects tell.
func (a askings) page(p *schemas.Page) {
	last := a[p.Request.Endpoint]
	if last == nil || !maps.EqualFunc(last.params, p.Params, slices.Equal) {
		a[p.Request.Endpoint] = &asked{params: p.Params, of: map[*program]*[2]asking{}}
	}
}

// of returns what sightings of an object on the page tell; nil for those whose rows do
// not say so.
func (a askings) of(p *schemas.Page, prog *program, inData bool) *asking {
	if prog.table == nil {
		return nil
	}
	all := a[p.Request.Endpoint]
	both := all.of[prog]
	if both == nil {
		both = &[2]asking{prog.asking(all.params, false), prog.asking(all.params, true)}
		all.of[prog] = both
	}
	if inData {
		return &both[1]
	}
	return &both[0]
}

func (t *telling) asking(params schemas.Params, inData bool) (a asking) {
	merged := t.table.Mode == schemas.Coalesce // NULL says nothing
	a.columns, a.lists = make([]byte, len(t.table.Columns)), make([]byte, len(t.table.Lists()))
	for i, c := range t.table.Columns {
		told := c.From != schemas.Value && c.From != schemas.Extras || !merged && t.table.Asked(c, params, inData)
		a.columns[i] = digit(told)
		if told && c.From == schemas.Extras {
			a.absent, a.tells = extrasField, extrasField
		}
	}
	listed := make([]bool, len(a.lists))
	for i, l := range t.table.Lists() {
		empty := false
		for _, s := range l.Sources {
			listed[i] = listed[i] || s.Asked(params, inData)
			empty = empty || s.Asked(params, inData) && s.Absent.Empty
		}
		a.lists[i] = digit(empty)
	}
	for _, in := range t.inner {
		a.present |= in.bit
	}
	for _, f := range t.fields {
		all, any, empty := true, false, true
		for _, i := range f.columns {
			all, any = all && a.columns[i] == '1', any || a.columns[i] == '1'
		}
		for _, i := range f.lists {
			all, any, empty = all && listed[i], any || a.lists[i] == '1', empty && a.lists[i] == '1'
		}
		if all && empty {
			a.absent |= f.bit
		}
		if f.direct || all && empty {
			a.present |= f.bit
		}
		if any {
			a.tells |= f.bit
		}
	}
	return a
}

func digit(is bool) byte {
	if is {
		return '1'
	}
	return '0'
}

// tell appends to a row what its sighting tells. That of its columns is in w.told.
func tell(w *rowWriter, b *builder, prog *program, r *rows, s *sighting) {
	if s.more {
		w.told[0] = '0'
	}
	b.columns[r.toldColumns].text(b.rows, w.told)
	w.told = append(w.told[:0], s.asking.lists...)
	for m := prog.marks &^ spelt >> toldMark; m != 0; m &= m - 1 {
		w.told[bits.TrailingZeros64(m)] = '1'
	}
	b.columns[r.toldLists].text(b.rows, w.told)
}
