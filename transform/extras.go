package transform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unknownKey is a key no column takes.
type unknownKey struct {
	in    *node // the known object it stands in
	name  span  // as it stands on the page, without quotes
	node  *node // where the key is known: a value that no row has
	value span
	rest  []byte // what to keep of that value
}

// text is the text of the key, of a page's body.
func (u unknownKey) text(b []byte) string {
	if u.node != nil {
		return u.node.name
	}
	name := u.name.of(b)
	if bytes.IndexByte(name, '\\') < 0 {
		return string(name)
	}
	text, _, _ := unquote(b[u.name.start-1:u.name.end+1], nil)
	return string(text)
}

// branch is an object of extras: its unknown keys, and the known objects that have
// some.
type branch []member

type member struct {
	name  string
	value span    // or
	rest  []byte  // what to keep of that value, or
	under *branch // what a known object has
}

// text is what to keep of the value, of a page's body.
func (m member) text(b []byte) []byte {
	if m.rest != nil {
		return m.rest
	}
	return m.value.of(b)
}

// at returns the branch of a path below b, made if need be.
func (b *branch) at(path string) *branch {
	for step := range strings.SplitSeq(path, ".") {
		if step == "" {
			continue
		}
		i := slices.IndexFunc(*b, func(m member) bool { return m.under != nil && m.name == step })
		if i < 0 {
			i = len(*b)
			*b = append(*b, member{name: step, under: new(branch)})
		}
		b = (*b)[i].under
	}
	return b
}

// appendExtras appends the object's unknown keys as one JSON object, keys
// sorted, nested as they were. It takes time in proportion to them.
func (w *rowWriter) appendExtras(to *vector, row int, f *frame) {
	if len(w.unknown) == 0 {
		return
	}
	var root branch
	branches := map[*node]*branch{} // branches first: they are looked for one by one
	for _, u := range w.unknown {
		if branches[u.in] == nil {
			branches[u.in] = root.at(u.in.path)
		}
	}
	for _, u := range w.unknown {
		name := u.text(w.b)
		w.drift(f, u.in.path, name)
		b := branches[u.in]
		*b = append(*b, member{name: name, value: u.value, rest: u.rest})
	}
	w.extras.Reset()
	if !w.writeBranch(&root) {
		w.unreadable(f.object, f.key, "extras", "not JSON", w.unknown[0].value.of(w.b))
	} else {
		to.text(row, w.extras.Bytes())
	}
	if w.extras.Cap() > maxBuffer {
		w.extras = bytes.Buffer{}
	}
}

// maxBuffer is how much room for extras is kept for the next, in bytes.
const maxBuffer = 1 << 20

// writeBranch appends a branch to w.extras. Of equal keys the last has its name, a
// known object before all, and the others are numbered: "title#2".
func (w *rowWriter) writeBranch(b *branch) bool {
	slices.SortFunc(*b, func(x, y member) int {
		known := func(m member) int {
			if m.under != nil {
				return 1
			}
			return 0
		}
		return cmp.Or(strings.Compare(x.name, y.name), cmp.Compare(known(y), known(x)), cmp.Compare(y.value.start, x.value.start))
	})
	w.extras.WriteByte('{')
	var same map[string]bool // values of the key so far
	number := 1
	for i, m := range *b {
		if w.over() {
			return true
		}
		var value []byte
		if m.under == nil {
			raw, repaired := valid(m.text(w.b))
			w.stats.Repaired += repaired
			value = raw
		}
		switch {
		case i == 0 || (*b)[i-1].name != m.name:
			same, number = nil, 1
			if i+1 < len(*b) && (*b)[i+1].name == m.name {
				same = map[string]bool{string(value): true}
			}
		case same[string(value)]:
			continue
		default:
			number++
			same[string(value)] = true
			m.name += "#" + strconv.Itoa(number)
		}
		if i > 0 {
			w.extras.WriteByte(',')
		}
		writeText(&w.extras, m.name)
		w.extras.WriteByte(':')
		if m.under != nil {
			if !w.writeBranch(m.under) {
				return false
			}
			continue
		}
		if json.Compact(&w.extras, value) != nil {
			return false
		}
	}
	w.extras.WriteByte('}')
	return true
}

// writeText writes a text as JSON.
func writeText(to *bytes.Buffer, text string) {
	usual := func(c byte) bool { return c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' }
	for i := range len(text) {
		if !usual(text[i]) {
			e := json.NewEncoder(to)
			e.SetEscapeHTML(false)
			_ = e.Encode(text) // texts always can be
			to.Truncate(to.Len() - 1)
			return
		}
	}
	to.WriteByte('"')
	to.WriteString(text)
	to.WriteByte('"')
}

// drift counts an unknown key.
func (w *rowWriter) drift(f *frame, path, name string) {
	w.scratch = append(append(append(w.scratch[:0], f.object...), '.'), f.list...)
	if path != "" {
		w.scratch = append(append(w.scratch, path...), '.')
	}
	Count(w.stats.Drift, append(w.scratch, name...), 1)
}

const (
	// MaxNames is how many names that a server chooses are told apart.
	MaxNames = 1000
	maxName  = 200 // bytes of one
)

// Others is the name under which Count counts the names beyond.
const Others = "(others)"

// Count adds n to the count of a name that a server chooses: of long ones to that of
// their beginning, and beyond MaxNames of them to that of Others.
func Count(counts map[string]int, name []byte, n int) {
	if len(name) > maxName {
		name = append([]byte(strings.ToValidUTF8(string(name[:maxName]), "")), "…"...)
	}
	if _, known := counts[string(name)]; !known && len(counts) >= MaxNames {
		counts[Others] += n
		return
	}
	counts[string(name)] += n
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
