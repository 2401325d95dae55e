package transform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// unknownKey is a key no column takes.
type unknownKey struct {
	in    *node // the known object it stands in
	name  span  // as it stands on the page, without quotes
	value span
}

// appendExtras appends the object's unknown keys as one JSON object, keys
// sorted, nested as they were.
func (w *rowWriter) appendExtras(to *vector, row int, f *frame) {
	if len(w.unknown) == 0 {
		return
	}
	slices.SortStableFunc(w.unknown, func(a, b unknownKey) int {
		return cmp.Or(strings.Compare(a.in.path, b.in.path), bytes.Compare(a.name.of(w.b), b.name.of(w.b)))
	})
	tree := map[string]any{}
	for _, u := range w.unknown {
		at, name := tree, string(w.name(u.name))
		w.stats.Drift[f.object+"."+f.list+strings.TrimPrefix(u.in.path+"."+name, ".")]++
		for _, step := range strings.FieldsFunc(u.in.path, func(r rune) bool { return r == '.' }) {
			next, ok := at[step].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[step] = next
			}
			at = next
		}
		raw, repaired := valid(u.value.of(w.b))
		w.stats.Repaired += repaired
		at[name] = json.RawMessage(raw)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(tree); err != nil {
		w.unreadable(f.object, f.key, "extras", "not JSON", w.unknown[0].value.of(w.b))
		return
	}
	to.text(row, bytes.TrimRight(text.Bytes(), "\n"))
}

// appendJSON appends a value as JSON text, without white space.
func (w *rowWriter) appendJSON(to *vector, row int, raw []byte) {
	raw, repaired := valid(raw)
	w.stats.Repaired += repaired
	w.compact.Reset()
	if json.Compact(&w.compact, raw) == nil {
		to.text(row, w.compact.Bytes())
	}
}
