package transform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// unknownKey is a key no column takes.
type unknownKey struct {
	in    *node // the known object it stands in
	name  span  // as it stands on the page, without quotes
	value span
}

// appendExtras appends the object's unknown keys as one JSON object, keys
// sorted, nested as they were.
func (d *Decoder) appendExtras(to *vector, row int, f *frame) {
	if len(d.unknown) == 0 {
		return
	}
	slices.SortStableFunc(d.unknown, func(a, b unknownKey) int {
		return cmp.Or(strings.Compare(a.in.path, b.in.path), bytes.Compare(a.name.of(d.b), b.name.of(d.b)))
	})
	tree := map[string]any{}
	for _, u := range d.unknown {
		at, name := tree, string(d.name(u.name))
		d.stats.Drift[f.object+"."+f.list+strings.TrimPrefix(u.in.path+"."+name, ".")]++
		for _, step := range strings.FieldsFunc(u.in.path, func(r rune) bool { return r == '.' }) {
			next, ok := at[step].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[step] = next
			}
			at = next
		}
		raw, repaired := valid(u.value.of(d.b))
		d.stats.Repaired += repaired
		at[name] = json.RawMessage(raw)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(tree); err != nil {
		d.unreadable(f.object, f.key, "extras", "not JSON", d.unknown[0].value.of(d.b))
		return
	}
	to.text(row, bytes.TrimRight(text.Bytes(), "\n"))
}

// appendJSON appends a value as JSON text, without white space.
func (d *Decoder) appendJSON(to *vector, row int, raw []byte) {
	raw, repaired := valid(raw)
	d.stats.Repaired += repaired
	d.compact.Reset()
	if json.Compact(&d.compact, raw) == nil {
		to.text(row, d.compact.Bytes())
	}
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

// unreadable notes a value that no column could take, once though two tables
// may want it.
func (d *Decoder) unreadable(object string, key []byte, field, reason string, raw []byte) {
	u := unreadable{
		Type: "unreadable-value", Title: "Unreadable Value", Detail: reason,
		ResourceType: object, ResourceID: string(key), Field: field, Value: string(raw[:min(len(raw), maxValue)]),
	}
	if slices.Contains(d.bad[max(0, len(d.bad)-maxNear):], u) {
		return
	}
	d.stats.Unreadable++
	d.bad = append(d.bad, u)
}

// maxNear is how far back the same value is looked for: further than an object
// has columns.
const maxNear = 64

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
