package transform

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/spacesetl/spacesetl/schemas"
)

var (
	errNotJSON = errors.New("not a JSON object")
	errLarge   = errors.New("body is too large")
)

// maxPage is a page's largest body in bytes; extract refuses larger ones.
const maxPage = 64 << 20

// begin sets the page and puts its envelope into slots.
func (d *Decoder) begin(p *schemas.Page) error {
	params, err := d.params.text(p)
	if err != nil {
		return err
	}
	head := struct {
		schemas.Page
		Params *struct{} `json:"params,omitempty"` // comes before
		Body   *struct{} `json:"body,omitempty"`
		Bytes  int       `json:"bytes"`
	}{Page: *p, Bytes: len(p.Body)}
	rest, err := json.Marshal(head)
	if err != nil {
		return err
	}
	text := append(append(d.envelope[:0], `{"params":`...), params...)
	text = append(append(text, ','), rest[1:]...)
	d.page, d.envelope = p, text
	d.sightings, d.unknown, d.pageExtra, d.bad = d.sightings[:0], d.unknown[:0], d.pageExtra[:0], d.bad[:0]
	d.keys, d.ends, d.problems = d.keys[:0], d.ends[:0], 0
	d.dup.reset()
	d.b = text
	d.plan.envelope.reset()
	if d.walk(d.plan.envelope, d.plan.envelope.root, 0, nil) < 0 {
		return errNotJSON
	}
	d.b = p.Body
	return nil
}

// parse finds the objects on the page and their keys, in one pass over it.
func (d *Decoder) parse(p *schemas.Page) error {
	if err := d.begin(p); err != nil {
		return err
	}
	if len(p.Body) > maxPage {
		return errLarge
	}
	page := d.plan.entities[schemas.PageObject]
	page.reset()
	start := skipSpace(d.b, 0)
	if !p.OK() {
		if start >= len(d.b) || d.b[start] != '{' {
			start, d.b = 0, []byte("{}") // a refusal in no form still is one
		}
		d.sightings = append(d.sightings, sighting{prog: d.plan.entities[schemas.Problem], at: at(start, len(d.b)), kind: "refused"})
		return nil
	}
	for _, f := range d.plan.finders {
		f.found, f.count = f.found[:0], 0
	}
	d.plan.data.object = p.Request.Endpoint.Spec().Data
	d.plan.data.prog = d.plan.entities[d.plan.data.object]
	if err := d.read(page, at(start, len(d.b)), nil); err != nil {
		return err
	}
	d.pageExtra = append(d.pageExtra, d.unknown...)
	d.unknown = d.unknown[:0]
	for _, f := range d.plan.finders {
		d.sightings = append(d.sightings, f.found...)
	}
	return nil
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
	d.emit(page, page.every, &frame{object: "page"})
	for i := range d.sightings {
		d.dup.reset()
		d.object(&d.sightings[i], 0)
	}
	d.reportMissing()
	d.reportUnreadable()
	d.stampRows()
}

// object decodes one object into its rows.
func (d *Decoder) object(s *sighting, depth int) {
	if !s.won && !s.every && s.relations == 0 {
		return
	}
	f := frame{object: string(s.prog.object), key: s.key.of(d.keys), ordinal: s.ordinal, kind: s.kind, depth: depth}
	if !s.won && !s.every {
		d.relate(s, f) // needs nothing but the key
		return
	}
	if err := d.read(s.prog, s.at, d.ends[s.ends.start:s.ends.end]); err != nil {
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
	if s.relations != 0 {
		d.relate(s, f)
	}
	if s.won || s.prog.key == "" {
		d.children(s.prog, &f)
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
