package transform

import (
	"encoding/json"

	"github.com/spacesetl/spacesetl/schemas"
)

// reportMissing makes rows of the ids that were asked for and did not come
// back: what the answer left out, and what it said it does not know. An id
// that was refused for another reason is not known to be gone.
func (d *Decoder) reportMissing() {
	prog := d.plan.missing[d.page.Request.Endpoint]
	gone := d.page.OK() || d.page.Status == 404 && d.page.Text == ""
	if prog == nil || !gone {
		return
	}
	d.lookFor(d.page.Request.IDs)
	body := d.b
	for _, id := range d.page.Request.IDs {
		if d.came[d.wanted[id]] {
			continue
		}
		d.came[d.wanted[id]] = true // asked for twice is missing once
		text, err := json.Marshal(id)
		if err != nil {
			continue // strings always marshal
		}
		d.b = text
		prog.reset()
		prog.values[prog.self] = at(0, len(text))
		d.emit(prog, prog.every, &frame{object: string(schemas.Space)})
	}
	d.b = body
}

// lookFor marks those of the ids that are on the page, and those that it
// refused for a reason other than not knowing them.
func (d *Decoder) lookFor(ids []string) {
	if d.wanted == nil {
		d.wanted = map[string]int{}
	}
	clear(d.wanted)
	d.came = d.came[:0]
	for _, id := range ids {
		if _, ok := d.wanted[id]; !ok {
			d.wanted[id] = len(d.came)
			d.came = append(d.came, false)
		}
	}
	mark := func(id []byte) {
		if i, ok := d.wanted[string(id)]; ok {
			d.came[i] = true
		}
	}
	for i := range d.sightings {
		s := &d.sightings[i]
		if s.prog.object == schemas.Space {
			mark(s.key.of(d.keys))
		}
		if s.prog.object != schemas.Problem || !d.page.OK() {
			continue
		}
		_, found := d.member(s.prog.root, int(s.at.start), "type")
		if kind := d.scalar(found); !endsIn(kind, "resource-not-found") && !endsIn(kind, "resource-unavailable") {
			_, found = d.member(s.prog.root, int(s.at.start), "resource_id")
			mark(d.scalar(found))
		}
	}
}

// endsIn reports whether name is the last path segment of a URI.
func endsIn(uri []byte, name string) bool {
	n := len(uri) - len(name)
	return n >= 0 && string(uri[n:]) == name && (n == 0 || uri[n-1] == '/')
}

// reportUnreadable makes a row of api_errors of each value noted, in the form
// the API's own problems have.
func (d *Decoder) reportUnreadable() {
	body := d.b
	prog := d.plan.entities[schemas.Problem]
	for i := 0; i < len(d.bad); i++ {
		text, err := json.Marshal(d.bad[i])
		if err != nil {
			continue // strings always marshal
		}
		d.b = text
		d.object(&sighting{prog: prog, at: at(0, len(text)), every: true, kind: "unreadable"}, 0)
	}
	d.b = body
}
