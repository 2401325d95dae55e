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
	came := d.came()
	body := d.b
	for _, id := range d.page.Request.IDs {
		if came[id] {
			continue
		}
		came[id] = true // asked for twice is missing once
		text, err := json.Marshal(id)
		if err != nil {
			continue // strings always marshal
		}
		d.b = text
		prog.reset()
		prog.values[prog.self] = span{0, len(text)}
		d.emit(prog, prog.every, &frame{object: string(schemas.Space)})
	}
	d.b = body
}

// came lists the ids on the page, and those it refused for a reason other than
// not knowing them.
func (d *Decoder) came() map[string]bool {
	came := map[string]bool{}
	for i := range d.sightings {
		s := &d.sightings[i]
		if s.prog.object == schemas.Space {
			came[string(s.key.of(d.keys))] = true
		}
		if s.prog.object != schemas.Problem || !d.page.OK() {
			continue
		}
		kind := string(d.scalar(member(d.b, s.at, "type")))
		if !endsIn(kind, "resource-not-found") && !endsIn(kind, "resource-unavailable") {
			came[string(d.scalar(member(d.b, s.at, "resource_id")))] = true
		}
	}
	return came
}

// endsIn reports whether name is the last path segment of a URI.
func endsIn(uri, name string) bool {
	n := len(uri) - len(name)
	return n >= 0 && uri[n:] == name && (n == 0 || uri[n-1] == '/')
}
