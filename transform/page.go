package transform

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

var (
	errNotJSON = errors.New("not a JSON object")
	errLarge   = errors.New("body is too large")
)

// maxPage is a page's largest body in bytes; extract refuses larger ones.
const maxPage = 64 << 20

// pageReader finds the objects on a page, and the values in an object. It
// makes no rows: values wait in the slots of a program.
type pageReader struct {
	// Ended, if any, is asked now and then in the work on a large page: its error ends
	// that. Of a page of usual size it is not asked.
	Ended   func() error
	steps   int
	stopped error // what Ended said

	plan  *plan
	stats Stats
	seen  []bool // by node.seen

	b         []byte // the text being decoded
	page      *schemas.Page
	envelope  []byte
	params    paramTexts
	asked     askings
	sightings []sighting
	unknown   []unknownKey // of the object read last
	pageExtra []unknownKey
	bad       []unreadable
	keys      []byte  // arena of claimed keys
	ends      []int32 // of the values of the objects found
	scratch   []byte
	unaskable map[string]bool // kinds and ids that were reported
	refused   []byte          // the body of a refusal, and what it leaves out
	given     []given
}

// unasked is how many steps of the work on a page pass without asking Ended: more
// than a page of usual size takes.
const unasked = 1 << 14

// over counts a step, and reports whether the work is to end.
func (r *pageReader) over() bool {
	if r.steps++; r.steps%unasked == 0 && r.stopped == nil && r.Ended != nil {
		r.stopped = r.Ended()
	}
	return r.stopped != nil
}

// begin sets the page and puts its envelope into slots.
func (r *pageReader) begin(p *schemas.Page) error {
	params, err := r.params.text(p)
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
	text := append(append(r.envelope[:0], `{"params":`...), params...)
	text = append(append(text, ','), rest[1:]...)
	r.page, r.envelope = p, text
	r.asked.page(p)
	r.sightings, r.unknown, r.pageExtra, r.bad = r.sightings[:0], r.unknown[:0], r.pageExtra[:0], r.bad[:0]
	r.keys, r.ends, r.given = r.keys[:0], r.ends[:0], r.given[:0]
	clear(r.unaskable)
	r.b = text
	r.plan.envelope.reset()
	if r.walk(r.plan.envelope, r.plan.envelope.root, 0, nil) < 0 {
		return errNotJSON
	}
	if body, removed := schemas.WithoutPrivate(p.Body); removed > 0 { // landed before it was looked for there
		public := *p
		public.Body, r.page = body, &public
	}
	r.b = r.page.Body
	return nil
}

// parse finds the objects on the page and their keys, in one pass over it.
func (r *pageReader) parse(p *schemas.Page) error {
	if err := r.begin(p); err != nil {
		return err
	}
	if len(p.Body) > maxPage {
		return errLarge
	}
	page := r.plan.entities[schemas.PageObject]
	page.reset()
	if !p.OK() {
		r.refusal(p)
		return nil
	}
	for _, f := range r.plan.finders {
		f.found, f.count = f.found[:0], 0
	}
	r.plan.data.object = p.Request.Endpoint.Spec().Data
	r.plan.data.prog = r.plan.entities[r.plan.data.object]
	start := skipSpace(r.b, 0)
	if start < len(r.b) && r.b[start] != '{' && json.Valid(r.b) {
		r.noPage("the answer is " + shape(r.b[start]) + ", where an object is expected")
		return nil
	}
	if err := r.read(page, at(start, len(r.b)), nil); err != nil {
		return err
	}
	r.checkPage(page, start)
	r.pageExtra = append(r.pageExtra, r.unknown...)
	r.unknown = r.unknown[:0]
	for _, f := range r.plan.finders {
		r.sightings = append(r.sightings, f.found...)
	}
	return nil
}

// checkPage notes what is wrong with the shape of the object at start, which was
// read as a page: an answer without data, errors and meta is none, and neither is
// one whose data can hold no object.
func (r *pageReader) checkPage(page *program, start int) {
	has := ""
	for _, u := range r.unknown {
		child := page.root.children[string(r.name(u.name))]
		switch {
		case u.in != page.root || child == nil: // a new key
		case child.find == nil:
			r.unreadable(string(schemas.PageObject), nil, child.path, "not an object", u.value.of(r.b))
		case child.find == r.plan.data:
			has = "data is " + shape(r.b[u.value.start]) + ", where an object or a list of objects is expected"
		}
	}
	if data := page.values[r.plan.data.slot]; data.present() {
		if text := data.of(r.b); len(r.plan.data.found) == 0 && text[0] == '[' && text[skipSpace(text, 1)] != ']' {
			r.noPage("data is a list without an object")
		}
		return
	}
	if has == "" && len(r.plan.errors.found) == 0 {
		if _, meta, _ := r.member(page.root, start, "meta"); !meta.present() || r.b[meta.start] != '{' {
			has = "the answer has neither data nor errors nor meta"
		}
	}
	if has != "" {
		r.noPage(has)
	}
}

// noPage notes that the answer is no page.
func (r *pageReader) noPage(detail string) {
	kind, id, _ := single(&r.page.Request)
	body := r.b[skipSpace(r.b, 0):]
	if body[0] == '{' { // its keys are kept
		body = body[:min(len(body), maxValue)]
	}
	r.bad = append(r.bad, unreadable{
		Type: UnreadableAnswer, Title: "Unreadable Answer", Detail: detail,
		ResourceType: string(kind), ResourceID: id, Value: string(body),
	})
}

// shape names the kind of JSON value that begins with c.
func shape(c byte) string {
	switch c {
	case '"':
		return "a string"
	case '[':
		return "a list"
	case '{':
		return "an object"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// single returns the one thing that a request asks for: of which kind it is, its
// id, and what stands for it in the request. Of several there is none.
func single(r *schemas.Request) (kind schemas.Object, id, value string) {
	switch {
	case len(r.IDs) == 1:
		return r.Endpoint.Asks(), r.IDs[0], r.IDs[0]
	case len(r.IDs) == 0 && r.Query != "":
		return r.Endpoint.Spec().Data, "", r.Query
	}
	return "", "", ""
}

// given is what a refusal leaves out and the request tells.
type given struct {
	slot  int // of the program of problems
	value span
}

// maxDetail is how much of a refusal that is text stands in its row, in bytes:
// the row of api_requests has the rest.
const maxDetail = 512

// refusal finds the problem that a page that is not OK consists of. A refusal in
// no form still is one.
func (r *pageReader) refusal(p *schemas.Page) {
	prog := r.plan.entities[schemas.Problem]
	body, detail := r.b[skipSpace(r.b, 0):], strings.ToValidUTF8(p.Text[:min(len(p.Text), maxDetail)], "")
	if len(body) == 0 || body[0] != '{' {
		if detail == "" && !isNull(body) {
			detail = string(body[:min(len(body), maxValue)])
			_ = json.Unmarshal(body, &detail) // of a string the text
		}
		body = []byte("{}")
	}
	r.refused = append(r.refused[:0], body...)
	r.sightings = append(r.sightings, sighting{prog: prog, at: at(0, len(body)), kind: refused, next: -1})
	kind, id, value := single(&p.Request)
	for _, x := range []struct{ path, text string }{
		{"resource_id", id}, {"resource_type", string(kind)}, {"value", value},
		{"detail", detail},
	} {
		if x.text == "" {
			continue
		}
		text, err := json.Marshal(x.text)
		if err != nil {
			continue // strings always marshal
		}
		from := len(r.refused)
		r.refused = append(r.refused, text...)
		r.given = append(r.given, given{prog.at(x.path).slot, at(from, len(r.refused))})
	}
	r.b = r.refused
}

// unreadable notes a value that no column could take, once though two tables may want
// it: all of it, since no row has any part of it.
func (r *pageReader) unreadable(object string, key []byte, field, reason string, raw []byte) {
	u := unreadable{
		Type: unreadableValue, Title: "Unreadable Value", Detail: reason,
		ResourceType: object, ResourceID: string(key), Field: field, Value: string(raw),
	}
	if slices.Contains(r.bad[max(0, len(r.bad)-maxNear):], u) {
		return
	}
	r.stats.Unreadable++
	r.bad = append(r.bad, u)
}
