package transform

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// reportMissing makes rows of the Spaces that were asked for and that the answer
// says it does not know. What an answer leaves out without a word, and what a
// server says that knows nothing of Spaces, is not known to be gone.
func (d *Decoder) reportMissing() {
	prog := d.plan.missing[d.page.Request.Endpoint]
	if prog == nil {
		return
	}
	body := d.b
	for _, id := range d.witnessed() {
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

// witnessed returns the ids of the request that the answer says it does not know,
// and does not hold.
func (d *Decoder) witnessed() (ids []string) {
	switch {
	case d.page.Status == 404:
		if asked := NewAsked(d.page.Request); asked.Len() == 1 && slices.ContainsFunc(Problems(d.page.Body), asked.isGone) {
			return asked.Without()
		}
	case d.page.OK() && len(d.plan.errors.found) > 0:
		named := d.namedMissing()
		if len(named) == 0 {
			return nil
		}
		var came []string
		for _, s := range d.sightings {
			if s.prog.object == schemas.Space {
				came = append(came, string(s.key.of(d.keys)))
			}
		}
		asked := NewAsked(d.page.Request)
		return asked.Without(asked.Without(named), came)
	}
	return nil
}

// namedMissing returns the ids that partial errors say are not known. A page may
// have an error for each of a thousand people, which are passed by.
func (d *Decoder) namedMissing() (named []string) {
	var asked *Asked
	for _, s := range d.plan.errors.found {
		if d.over() {
			return nil
		}
		_, kind, _ := d.member(s.prog.root, int(s.at.start), "resource_type")
		if text := d.scalar(kind); len(text) > 0 && !strings.EqualFold(string(text), string(schemas.Space)) {
			continue
		}
		if asked == nil {
			a := NewAsked(d.page.Request)
			asked = &a
		}
		for _, p := range Problems(s.at.of(d.b)) {
			if p.NotFound() {
				named = append(named, asked.Named(p)...)
			}
		}
	}
	return named
}

// isGone reports whether a problem of a 404 says that there is no such Space as
// the one asked for: it is the API's own for that, or names the Space. A gateway
// that has no such route sends no problem, or one that names nothing.
func (a Asked) isGone(p Problem) bool {
	if p.NotFound() && p.ResourceID == "" && p.Value == "" {
		return len(a.Named(Problem{ResourceType: p.ResourceType, Parameter: p.Parameter, Value: a.request.IDs[0]})) > 0
	}
	return (p.NotFound() || p.is("about:blank")) && len(a.Named(p)) > 0
}

// reportUnreadable makes a row of api_errors of each value noted, in the form
// the API's own problems have.
func (d *Decoder) reportUnreadable() {
	body := d.b
	var values int
	var rest []any
	for i := 0; i < len(d.bad) && !d.over(); i++ {
		if d.bad[i].Type == unreadableValue {
			values++
		}
		if values > maxProblems && d.bad[i].Type == unreadableValue {
			rest = append(rest, d.bad[i].inList())
			continue
		}
		d.report(d.bad[i])
	}
	if len(rest) > 0 {
		list, _ := json.Marshal(rest) // what is there always marshals
		d.report(further(len(rest), "values could not be read", string(list)))
	}
	d.b = body
}

func (d *Decoder) report(u unreadable) {
	text, err := json.Marshal(u)
	if err != nil {
		return // strings always marshal
	}
	d.b = text
	d.object(&sighting{prog: d.plan.entities[schemas.Problem], at: at(0, len(text)), every: true, kind: "unreadable", next: -1}, 0)
}
