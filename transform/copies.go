package transform

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"slices"
)

// gather finds the copies of objects on the page: of an object that stands there
// several times the first is its sighting, and the others complete it. What each
// sighting tells it notes, too.
func gather(d *Decoder) {
	d.firsts.reset(len(d.sightings))
	for i := range d.sightings {
		s := &d.sightings[i]
		s.next, s.last = -1, i
		if s.prog.key == "" {
			continue
		}
		at := d.firsts.place(&d.pageReader, i)
		if at == i {
			continue
		}
		s.copied = true
		first := &d.sightings[at]
		first.present |= s.present
		d.sightings[first.last].next, first.last = i, i
	}
	for i := range d.sightings {
		s := &d.sightings[i]
		if s.copied {
			continue
		}
		if s.asking = d.asked.of(d.page, s.prog, s.inData); s.asking != nil {
			s.tells, s.settles = s.asking.of(s.present)
		}
	}
}

// firsts finds the first sighting of each object of a page by its key.
type firsts struct {
	slots []int32 // index of the sighting + 1; half of them are free
	seed  maphash.Seed
}

func (f *firsts) reset(sightings int) {
	n := 64
	for n < 2*sightings {
		n *= 2
	}
	if n > cap(f.slots) {
		f.slots, f.seed = make([]int32, n), maphash.MakeSeed()
	}
	f.slots = f.slots[:n]
	clear(f.slots)
}

// place returns the index of the first sighting of the object that has the one at i,
// which is i itself where it is the first.
func (f *firsts) place(r *pageReader, i int) int {
	s := &r.sightings[i]
	key, mask := s.key.of(r.keys), len(f.slots)-1
	for slot := int(maphash.Bytes(f.seed, key)) & mask; ; slot = (slot + 1) & mask {
		n := int(f.slots[slot]) - 1
		if n < 0 {
			f.slots[slot] = int32(i) + 1
			return i
		}
		if of := &r.sightings[n]; of.prog == s.prog && bytes.Equal(of.key.of(r.keys), key) {
			return n
		}
	}
}

// complete gives the object just read what only its copies on the page have. What
// they say otherwise is kept with the keys that no column takes.
func complete(d *Decoder, s *sighting) {
	values, unknown, marks := append(d.values[:0], s.prog.values...), append(d.known[:0], d.unknown...), s.prog.marks
	for i := s.next; i >= 0 && !d.over(); i = d.sightings[i].next {
		c, from := &d.sightings[i], len(unknown)
		if bytes.Equal(c.at.of(d.b), s.at.of(d.b)) {
			continue
		}
		if err := d.read(c.prog, c.at, nil); err != nil {
			d.unreadable(string(c.prog.object), c.key.of(d.keys), "", err.Error(), c.at.of(d.b))
			continue
		}
		for slot, v := range c.prog.values {
			switch {
			case !v.present():
			case !values[slot].present():
				values[slot] = v
			default:
				unknown = keepLoser(&d.pageReader, unknown, from, c.prog.nodes[slot], values[slot], v)
			}
		}
		unknown, marks = append(unknown, d.unknown...), marks|s.prog.marks
	}
	copy(s.prog.values, values)
	s.prog.marks = marks
	d.unknown = append(d.unknown[:0], unknown...)
	d.values, d.known = values, unknown
}

// contradict keeps what an object of those that are merged says otherwise than the
// others of its key before it on the page. It returns the key.
func contradict(d *Decoder, s *sighting) []byte {
	d.mergedKey = append(d.mergedKey[:0], d.scalar(s.prog.values[s.prog.id])...)
	key := d.mergedKey
	if len(key) == 0 {
		return nil
	}
	at, again := d.merged.place(s.prog.every[0].table, key, len(d.said))
	if !again {
		d.said = append(d.said, s.prog.values...)
		return key
	}
	for slot, v := range s.prog.values {
		switch said := &d.said[at+slot]; {
		case !v.present():
		case !said.present():
			*said = v
		default:
			d.unknown = keepLoser(&d.pageReader, d.unknown, len(d.unknown), s.prog.nodes[slot], *said, v)
		}
	}
	return key
}

// keepLoser keeps what a value that no row has says otherwise than the one that
// counts, unless it stands in one that is kept, of those after the first.
func keepLoser(r *pageReader, unknown []unknownKey, first int, n *node, counts, v span) []unknownKey {
	if n == nil || bytes.Equal(counts.of(r.b), v.of(r.b)) || slices.ContainsFunc(unknown[first:], func(u unknownKey) bool { return u.value.start <= v.start && v.end <= u.value.end }) {
		return unknown
	}
	loser := jsonValue(v.of(r.b))
	if colons(v.of(r.b)) != members(loser) { // some key in it is there twice
		return append(unknown, unknownKey{in: n.parent, node: n, value: v})
	}
	rest, some := lessen(jsonValue(counts.of(r.b)), loser)
	if !some {
		return unknown
	}
	text, err := json.Marshal(rest)
	if err != nil {
		text = v.of(r.b)
	}
	return append(unknown, unknownKey{in: n.parent, node: n, value: v, rest: text})
}

// losers keeps the values of several spellings of one key that do not count, and arrays
// with more elements than there are columns.
func losers(r *pageReader, prog *program) {
	for _, a := range prog.arrays {
		v, rest := prog.values[a.slot], a.columns
		for e := elementsOf(r.b, v); rest >= 0; rest-- {
			if _, more := e.value(); !more {
				break
			}
		}
		if n := prog.nodes[a.slot]; rest < 0 {
			r.unknown = append(r.unknown, unknownKey{in: n.parent, node: n, value: v})
		}
	}
	if prog.marks&spelt == 0 {
		return
	}
	for _, slots := range prog.spellings {
		var first span
		for _, slot := range slots {
			v := prog.values[slot]
			switch {
			case !v.present():
			case !first.present():
				first = v
			default:
				r.unknown = keepLoser(r, r.unknown, 0, prog.nodes[slot], first, v)
			}
		}
	}
}

// spell notes which slots are spellings of one another, and where each stands.
func spell(prog *program) {
	prog.nodes = make([]*node, len(prog.slots))
	var visit func(*node)
	visit = func(n *node) {
		if n.slot >= 0 {
			prog.nodes[n.slot] = n
		}
		for _, child := range n.children {
			child.parent = n
			visit(child)
		}
	}
	visit(prog.root)
	alone := map[int]bool{} // a column has the value anyway
	add := func(slots []int) {
		if len(slots) > 1 && !slices.ContainsFunc(prog.spellings, func(s []int) bool { return slices.Equal(s, slots) }) {
			prog.spellings = append(prog.spellings, slots)
			prog.mark(slots[1:], spelt)
		}
	}
	if len(prog.lists) > maxLists {
		panic("transform: too many lists of " + prog.object) // a bug in our own tables
	}
	for i, l := range prog.lists {
		prog.mark(l.slots, 1<<i)
		add(l.slots)
		spell(l.element)
		l.bare = l.entity == "" && !l.element.extras
		l.element.extras = l.element.extras || l.bare
	}
	rows := prog.every
	if prog.latest != nil {
		rows = append(slices.Clone(rows), prog.latest)
	}
	for _, r := range rows {
		for _, x := range r.fields {
			if len(x.column.slots) == 1 {
				alone[x.column.slots[0]] = true
			}
			for _, slot := range x.column.slots {
				n := prog.nodes[slot]
				prog.spreads(slot, x.column.element+1)
				x.column.deep = x.column.deep || n != nil && len(n.children) > 0 && len(x.column.slots) > 1
			}
		}
	}
	for _, r := range rows {
		for _, x := range r.fields {
			add(slices.DeleteFunc(slices.Clone(x.column.slots), func(slot int) bool { return slot != x.column.slots[0] && (alone[slot] || prog.nodes[slot].taken()) }))
		}
	}
}

// taken reports whether a column takes the whole of an object that holds the key.
func (n *node) taken() bool {
	for ; n != nil; n = n.parent {
		if n.covered {
			return true
		}
	}
	return false
}
