package transform

import (
	"encoding/json"
	"errors"
	"slices"

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
	plan  *plan
	stats Stats
	seen  []bool // by node.seen

	b         []byte // the text being decoded
	page      *schemas.Page
	envelope  []byte
	params    paramTexts
	sightings []sighting
	unknown   []unknownKey // of the object read last
	pageExtra []unknownKey
	bad       []unreadable
	keys      []byte  // arena of claimed keys
	ends      []int32 // of the values of the objects found
	scratch   []byte
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
	r.sightings, r.unknown, r.pageExtra, r.bad = r.sightings[:0], r.unknown[:0], r.pageExtra[:0], r.bad[:0]
	r.keys, r.ends = r.keys[:0], r.ends[:0]
	r.b = text
	r.plan.envelope.reset()
	if r.walk(r.plan.envelope, r.plan.envelope.root, 0, nil) < 0 {
		return errNotJSON
	}
	r.b = p.Body
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
	start := skipSpace(r.b, 0)
	if !p.OK() {
		if start >= len(r.b) || r.b[start] != '{' {
			start, r.b = 0, []byte("{}") // a refusal in no form still is one
		}
		r.sightings = append(r.sightings, sighting{prog: r.plan.entities[schemas.Problem], at: at(start, len(r.b)), kind: "refused"})
		return nil
	}
	for _, f := range r.plan.finders {
		f.found, f.count = f.found[:0], 0
	}
	r.plan.data.object = p.Request.Endpoint.Spec().Data
	r.plan.data.prog = r.plan.entities[r.plan.data.object]
	if err := r.read(page, at(start, len(r.b)), nil); err != nil {
		return err
	}
	r.pageExtra = append(r.pageExtra, r.unknown...)
	r.unknown = r.unknown[:0]
	for _, f := range r.plan.finders {
		r.sightings = append(r.sightings, f.found...)
	}
	return nil
}

// unreadable is a value that became NULL.
type unreadable struct {
	Type         string `json:"type"`
	Title        string `json:"title"`
	Detail       string `json:"detail"`
	ResourceType string `json:"resource_type"`
	ResourceID   string `json:"resource_id,omitempty"`
	Field        string `json:"field,omitempty"`
	Value        string `json:"value,omitempty"`
}

// maxValue is how much of an unreadable value is kept, in bytes.
const maxValue = 4096

// maxNear is how far back the same value is looked for: further than an object
// has columns.
const maxNear = 64

// unreadable notes a value that no column could take, once though two tables
// may want it.
func (r *pageReader) unreadable(object string, key []byte, field, reason string, raw []byte) {
	u := unreadable{
		Type: "unreadable-value", Title: "Unreadable Value", Detail: reason,
		ResourceType: object, ResourceID: string(key), Field: field, Value: string(raw[:min(len(raw), maxValue)]),
	}
	if slices.Contains(r.bad[max(0, len(r.bad)-maxNear):], u) {
		return
	}
	r.stats.Unreadable++
	r.bad = append(r.bad, u)
}
