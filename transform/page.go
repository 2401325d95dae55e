package transform

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

var errNotJSON = errors.New("not a JSON object")

// maxPage is a page's largest body in bytes; extract refuses larger ones.
const maxPage = 64 << 20

// sighting is one object on the page, found but not yet decoded.
type sighting struct {
	prog     *program
	at       span
	keyAt    span // the key as it stands on the page
	key      span // its text, in Decoder.keys
	won      bool // claimed: its row and its children are made
	every    bool // claimed for the tables that take every sighting
	relation []*rows
	ordinal  int64
	kind     string // of a problem
}

// begin sets the page and puts its envelope into slots.
func (d *Decoder) begin(p *schemas.Page) error {
	head := struct {
		schemas.Page
		Body  *struct{} `json:"body,omitempty"`
		Bytes int       `json:"bytes"`
	}{Page: *p, Bytes: len(p.Body)}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	d.page, d.envelope = p, text
	d.sightings, d.unknown, d.pageExtra, d.bad = d.sightings[:0], d.unknown[:0], d.pageExtra[:0], d.bad[:0]
	d.keys, d.problems = d.keys[:0], 0
	d.b = text
	d.plan.envelope.reset()
	if d.walk(d.plan.envelope, d.plan.envelope.root, 0) < 0 {
		return errNotJSON
	}
	d.b = p.Body
	return nil
}

// parse finds the objects on the page and their keys.
func (d *Decoder) parse(p *schemas.Page) error {
	if err := d.begin(p); err != nil {
		return err
	}
	if len(p.Body) > maxPage {
		return errors.New("body is too large")
	}
	page := d.plan.entities[schemas.PageObject]
	page.reset()
	start := skipSpace(d.b, 0)
	if !p.OK() {
		if start >= len(d.b) || d.b[start] != '{' {
			start, d.b = 0, []byte("{}") // a refusal in no form still is one
		}
		d.sightings = append(d.sightings, sighting{prog: d.plan.entities[schemas.Problem], at: span{start, len(d.b)}, kind: "refused"})
		return nil
	}
	if err := d.read(page, span{start, len(d.b)}); err != nil {
		return err
	}
	d.pageExtra = append(d.pageExtra, d.unknown...)
	d.unknown = d.unknown[:0]
	// What is merged comes first, so that of one page the included object counts
	// before the one inside another. Then data: it is what was asked for.
	d.included(page, func(o *program) bool { return o.key == "" })
	d.find(page.value("data"), p.Request.Endpoint.Spec().Data, "")
	d.included(page, func(o *program) bool { return o.key != "" })
	d.find(page.value("errors"), schemas.Problem, "partial")
	return nil
}

// included adds the objects in the page's includes, of some kinds.
func (d *Decoder) included(page *program, which func(*program) bool) {
	kinds := schemas.Included()
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		if which(d.plan.entities[kinds[name]]) {
			d.find(page.value("includes."+name), kinds[name], "")
		}
	}
}

// find adds the objects in a list, or the one object v is.
func (d *Decoder) find(v span, o schemas.Object, kind string) {
	prog := d.plan.entities[o]
	fromData := v.present() && v == d.plan.entities[schemas.PageObject].value("data")
	list := elementsOf(d.b, v)
	for n := int64(0); ; n++ {
		at, ok := list.value()
		if !ok {
			break
		}
		if isNull(at.of(d.b)) {
			continue
		}
		s := sighting{prog: prog, at: at, ordinal: n, kind: kind}
		if d.b[at.start] != '{' {
			d.unreadable(string(o), nil, "", "not an object", at.of(d.b))
			continue
		}
		if prog.key != "" {
			s.keyAt = member(d.b, at, prog.key)
			s.key = d.keep(d.scalar(s.keyAt))
		}
		if prog.key != "" && s.key.start == s.key.end {
			d.unreadable(string(o), nil, prog.key, "object without "+prog.key, at.of(d.b))
			continue
		}
		if fromData {
			s.ordinal += int64(d.page.Request.Offset)
			s.relation = d.plan.relations[d.page.Request.Endpoint].rows()
		}
		d.sightings = append(d.sightings, s)
	}
	if list.bad {
		d.unreadable(string(o), nil, "", "broken list", v.of(d.b))
	}
}

// keep copies a key into the arena of the page.
func (d *Decoder) keep(key []byte) span {
	start := len(d.keys)
	d.keys = append(d.keys, key...)
	return span{start, len(d.keys)}
}

// claim asks for every object found whether it becomes a row.
func (d *Decoder) claim(claims Claims) {
	for i := range d.sightings {
		s := &d.sightings[i]
		if s.prog.key == "" {
			s.every = true // not claimed: problems, and topics, which are merged
			continue
		}
		key := s.key.of(d.keys)
		s.won = claims.Keep(d.plan.tables[s.prog.latest.table], key)
		for _, r := range s.prog.every {
			d.scratch = binary.BigEndian.AppendUint64(append(d.scratch[:0], key...), uint64(d.page.FetchedAt.UnixMicro()))
			s.every = claims.Keep(d.plan.tables[r.table], d.scratch)
		}
		s.relation = d.claimRelations(s.relation, key, claims)
	}
}

// claimRelations returns those of the rows that tie an object to the Space
// asked about which no newer page has.
func (d *Decoder) claimRelations(all []*rows, key []byte, claims Claims) []*rows {
	var won []*rows
	for _, r := range all {
		d.scratch = append(append(append(d.scratch[:0], d.parent()...), 0), key...)
		for _, c := range r.columns {
			if c.From == schemas.Const {
				d.scratch = append(append(d.scratch, 0), c.constant...)
			}
		}
		if claims.Keep(d.plan.tables[r.table], d.scratch) {
			won = append(won, r)
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
	d.appendRow(page, page.every[0], &frame{object: "page"})
	for i := range d.sightings {
		d.dup.reset()
		d.object(&d.sightings[i])
	}
	d.reportMissing()
	d.reportUnreadable()
}

// object decodes one object into its rows.
func (d *Decoder) object(s *sighting) {
	if !s.won && !s.every && len(s.relation) == 0 {
		return
	}
	f := frame{object: string(s.prog.object), key: s.key.of(d.keys), ordinal: s.ordinal, kind: s.kind}
	if err := d.read(s.prog, s.at); err != nil {
		d.unreadable(f.object, f.key, "", err.Error(), s.at.of(d.b))
		return
	}
	if s.prog.object == schemas.Problem {
		f.ordinal = d.problems
		d.problems++
	}
	if s.won {
		d.appendRow(s.prog, s.prog.latest, &f)
	}
	if s.every {
		d.emit(s.prog, s.prog.every, &f)
	}
	if len(s.relation) > 0 {
		d.relate(s, f)
	}
	if s.won || s.prog.key == "" {
		d.children(s.prog, &f)
	}
}

// relate makes the rows that tie an object of data to the Space asked about.
// Their element is the object's key.
func (d *Decoder) relate(s *sighting, f frame) {
	f.key = []byte(d.parent())
	relation := d.plan.relations[d.page.Request.Endpoint]
	relation.reset()
	relation.values[relation.self] = s.keyAt
	d.emit(relation, s.relation, &f)
}
