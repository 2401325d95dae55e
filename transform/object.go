package transform

import (
	"encoding/binary"
	"math/bits"

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
	at            span   // of the element of a list
	only          bool   // of a list only whole objects in it count: a newer sighting has the list
	sighting      *sighting
}

// claim asks for every object found whether it becomes a row.
func (d *Decoder) claim(claims Claims) {
	for i := range d.sightings {
		s := &d.sightings[i]
		if s.copied {
			if s.relations != 0 {
				s.relations = d.claimRelations(s.key.of(d.keys), claims)
			}
			continue
		}
		if s.prog.key == "" {
			s.every = true // not claimed: problems, and topics, which are merged
			continue
		}
		key := s.key.of(d.keys)
		left, first := claims.Sight(d.plan.tables[s.prog.latest.table], key, s.tells, s.settles)
		s.won, s.more, s.left = first || left != 0, !first, left
		for _, r := range s.prog.every {
			d.scratch = binary.BigEndian.AppendUint64(append(d.scratch[:0], key...), uint64(d.page.FetchedAt.UnixMicro()))
			s.every = claims.Keep(d.plan.tables[r.table], d.scratch)
		}
		if s.relations != 0 {
			s.relations = d.claimRelations(key, claims)
		}
	}
}

// claimRelations returns those of the rows that tie an object to the Space
// asked about which no newer page has.
func (d *Decoder) claimRelations(key []byte, claims Claims) (won uint64) {
	for i, r := range d.plan.relations[d.page.Request.Endpoint].every {
		d.scratch = append(append(append(d.scratch[:0], d.parent()...), 0), key...)
		for _, x := range r.fields {
			if c := x.column; c.From == schemas.Const {
				d.scratch = append(append(d.scratch, 0), c.constant...)
			}
		}
		if claims.Keep(d.plan.tables[r.table], d.scratch) {
			won |= 1 << i
		}
	}
	return won
}

// parent is the Space a page of buyers or tweets is about.
func (d *Decoder) parent() string {
	if len(d.page.Request.IDs) == 0 {
		return ""
	}
	return d.page.Request.IDs[0]
}

// rows decodes what won its claim.
func (d *Decoder) rows() {
	page := d.plan.entities[schemas.PageObject]
	d.unknown = append(d.unknown[:0], d.pageExtra...)
	if !d.earlier {
		d.emit(page, page.every, &frame{object: "page"})
	}
	for i := range d.sightings {
		if d.over() {
			return
		}
		if d.earlier && d.sightings[i].prog.object == schemas.Problem {
			continue
		}
		d.dup.reset()
		d.object(&d.sightings[i], 0)
	}
	d.reportMissing()
	if !d.earlier {
		d.reportUnreadable()
	}
	d.stampRows()
}

// object decodes one object into its rows.
func (d *Decoder) object(s *sighting, depth int) {
	if !s.won && !s.every && s.relations == 0 {
		return
	}
	f := frame{object: string(s.prog.object), key: s.key.of(d.keys), ordinal: s.ordinal, kind: s.kind, depth: depth, sighting: s}
	if !s.won && !s.every {
		d.relate(s, f) // needs nothing but the key
		return
	}
	if s.prog.key == "" {
		f.at = s.at
	}
	if err := d.read(s.prog, s.at, d.ends[s.ends.start:s.ends.end]); err != nil {
		d.unreadable(f.object, f.key, "", err.Error(), s.at.of(d.b))
		return
	}
	if s.next >= 0 {
		complete(d, s)
	}
	losers(&d.pageReader, s.prog)
	if s.prog.merged {
		f.key = contradict(d, s)
	}
	if s.prog.object == schemas.Problem {
		d.supply(s)
		f.ordinal = d.problems
		d.problems++
	}
	if s.won {
		d.appendRow(s.prog, s.prog.latest, &f)
	}
	if s.every {
		d.emit(s.prog, s.prog.every, &f)
	}
	if s.relations != 0 {
		d.relate(s, f)
	}
	d.children(s.prog, &f)
}

// refused is the kind of the problem that stands for a whole request.
const refused = "refused"

// supply gives a refusal what it leaves out. The kind of resource belongs to
// the id: where the refusal names another, it is not told.
func (d *Decoder) supply(s *sighting) {
	if s.kind != refused {
		return
	}
	id, kind := s.prog.at("resource_id").slot, s.prog.at("resource_type").slot
	own := d.scalar(s.prog.values[id])
	other := len(own) > 0 && (len(d.page.Request.IDs) != 1 || string(own) != d.page.Request.IDs[0])
	for _, g := range d.given {
		v := s.prog.values[g.slot]
		if len(d.scalar(v)) > 0 || g.slot == kind && other {
			continue
		}
		if n := s.prog.nodes[g.slot]; v.present() && d.b[v.start] != '"' {
			d.unknown = append(d.unknown, unknownKey{in: n.parent, node: n, value: v})
		}
		s.prog.values[g.slot] = g.value
	}
}

// relate makes the rows that tie an object of data to the Space asked about.
// Their element is the object's key.
func (d *Decoder) relate(s *sighting, f frame) {
	d.parentKey = append(d.parentKey[:0], d.parent()...)
	f.key = d.parentKey
	relation := d.plan.relations[d.page.Request.Endpoint]
	relation.reset()
	relation.values[relation.self] = s.keyAt
	for i, r := range relation.every {
		if s.relations&(1<<i) != 0 {
			d.appendRow(relation, r, &f)
		}
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
	marks := prog.marks & (1<<maxLists - 1)
	if marks == 0 {
		return
	}
	var found [maxLists]span // copied: an element may be of the same kind
	for m := marks; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		for _, slot := range prog.lists[i].slots {
			if v := prog.values[slot]; v.present() {
				found[i] = v
				break
			}
		}
	}
	for m := marks; m != 0; m &= m - 1 {
		i := bits.TrailingZeros64(m)
		l := prog.lists[i]
		if f.only = f.sighting != nil && (!f.sighting.won && prog.key != "" || f.sighting.more && (l.field|l.inner)&f.sighting.left == 0); !f.only || l.entity != "" {
			d.list(l, found[i], f)
		}
	}
}

// list makes the rows of the elements of one list, or of the one value that
// stands where a list could.
func (d *Decoder) list(l *list, v span, f *frame) {
	inner := frame{object: f.object, list: l.prefix, key: f.key, parentOrdinal: f.ordinal, kind: f.kind, depth: f.depth + 1, only: f.only}
	if d.b[v.start] != '[' {
		d.element(l, int(v.start), &inner)
		return
	}
	i := skipSpace(d.b, int(v.start)+1)
	if d.b[i] == ']' {
		return
	}
	for ; i < int(v.end) && !d.over(); inner.ordinal++ {
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
	rows := !f.only && (len(l.element.every) > 0 || len(l.element.lists) > 0)
	if rows && l.entity == "" && d.b[i] == '{' {
		l.element.reset()
		d.unknown = d.unknown[:0]
		if end := d.walk(l.element, l.element.root, i, nil); end >= 0 {
			f.at = at(i, end)
			d.beyond(l, f)
			losers(&d.pageReader, l.element)
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
		if l.entity != "" && d.b[i] != '{' && !f.only {
			d.unreadable(f.object, f.key, l.path, "not an object", d.b[i:end])
		}
		return end
	}
	f.at = at(i, end)
	if err := d.read(l.element, at(i, end), nil); err != nil {
		d.unreadable(f.object, f.key, l.path, "unexpected value in a list", d.b[i:end])
		return end
	}
	d.beyond(l, f)
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
	prog := d.plan.entities[l.entity]
	d.object(&sighting{prog: prog, asking: d.asked.of(d.page, prog, false), at: v, every: true, ordinal: f.ordinal, kind: f.kind, next: -1}, f.depth)
}
