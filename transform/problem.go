package transform

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Problem is what a problem of an answer says, and what it says it is about.
type Problem struct {
	Type                                       string // as sent
	Title, Detail, Message                     string
	ResourceType, ResourceID, Parameter, Value string
	Parameters                                 []string // values, of all parameters
}

// Problems reads a problem as JSON: itself, then those among its errors. Where
// text stands in place of one, it is its message.
func Problems(raw []byte) []Problem {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil
	}
	return appendProblems(nil, v, 0)
}

func appendProblems(to []Problem, v any, depth int) []Problem {
	if list, ok := v.([]any); ok {
		for _, item := range list {
			to = appendProblems(to, item, depth)
		}
		return to
	}
	if text, ok := v.(string); ok {
		return append(to, Problem{Message: text})
	}
	o, ok := v.(map[string]any)
	if !ok || depth > maxDepth {
		return to
	}
	p := Problem{
		Type: leaf(o["type"]), Title: leaf(o["title"]), Detail: leaf(o["detail"]),
		Message:      cmp.Or(leaf(o["message"]), leaf(o["error_description"]), leaf(o["error"])),
		ResourceType: leaf(o["resource_type"]), ResourceID: leaf(o["resource_id"]), Parameter: leaf(o["parameter"]), Value: leaf(o["value"]),
	}
	eachLeaf("", o["parameters"], func(_, value string) { p.Parameters = append(p.Parameters, value) })
	return appendProblems(append(to, p), o["errors"], depth+1)
}

// leaf is the text of a scalar, empty for anything else.
func leaf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// NotFound reports whether the problem is the API's own for what it does not know
// or cannot give any more.
func (p Problem) NotFound() bool { return p.is("resource-not-found") || p.is("resource-unavailable") }

func (p Problem) is(kind string) bool { return endsIn([]byte(p.Type), kind) }

// endsIn reports whether name is the last path segment of a URI.
func endsIn(uri []byte, name string) bool {
	n := len(uri) - len(name)
	return n >= 0 && string(uri[n:]) == name && (n == 0 || uri[n-1] == '/')
}

// Asked are the ids or names of a request, to be found in the words of its answer.
type Asked struct {
	request schemas.Request
	places  map[string]int // of the first of equal ids
}

// NewAsked returns what a request asks for.
func NewAsked(r schemas.Request) Asked {
	a := Asked{request: r, places: make(map[string]int, len(r.IDs))}
	for i, id := range r.IDs {
		if _, again := a.places[a.fold(id)]; !again {
			a.places[a.fold(id)] = i
		}
	}
	return a
}

// fold makes equal what the API takes for equal: usernames in any case.
func (a Asked) fold(id string) string {
	if a.request.Endpoint == schemas.Usernames {
		return strings.ToLower(id)
	}
	return id
}

// Len is how many different ids are asked for.
func (a Asked) Len() int { return len(a.places) }

// In returns those of the ids that stand as whole words in the texts, in the
// order of the request. What follows a slash is part of an address, which a
// server that knows nothing of ids may repeat.
func (a Asked) In(texts ...string) []string {
	found := map[int]bool{}
	for _, text := range texts {
		for start := 0; start < len(text); {
			if !wordByte(text[start]) {
				start++
				continue
			}
			end := start + 1
			for end < len(text) && wordByte(text[end]) {
				end++
			}
			if i, ok := a.places[a.fold(text[start:end])]; ok && (start == 0 || text[start-1] != '/') {
				found[i] = true
			}
			start = end
		}
	}
	return a.ordered(found)
}

// Without returns the ids that are not among others, in the order of the request.
func (a Asked) Without(others ...[]string) []string {
	left := map[int]bool{}
	for _, i := range a.places {
		left[i] = true
	}
	for _, id := range slices.Concat(others...) {
		if i, ok := a.places[a.fold(id)]; ok {
			delete(left, i)
		}
	}
	return a.ordered(left)
}

func (a Asked) ordered(places map[int]bool) (ids []string) {
	for _, i := range slices.Sorted(maps.Keys(places)) {
		ids = append(ids, a.request.IDs[i])
	}
	return ids
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Named returns those of the ids that a problem is about: those that it gives as
// the resource or as a parameter's value, else those in its words. A problem of
// another kind of resource, or of an expansion, is about none.
func (a Asked) Named(p Problem) []string {
	e := a.request.Endpoint
	ours := p.Parameter == "" || p.Parameter == e.Spec().IDParam || p.Parameter == "id" && e.Spec().IDParam == "" || p.Parameter == "ids"
	if !ours || p.ResourceType != "" && !strings.EqualFold(p.ResourceType, string(e.Asks())) {
		return nil
	}
	if named := a.In(p.ResourceID, p.Value); len(named) > 0 || p.ResourceID != "" {
		return named
	}
	return a.In(p.Detail, p.Message)
}
