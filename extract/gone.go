package extract

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// witnesses are the types of problem that say of a resource why it does not come.
var witnesses = []string{"resource-not-found", "resource-unavailable", "not-authorized-for-resource", "disallowed-resource"}

// witnessed reports whether a 404 is the API's word on what was asked for: it
// names it, or it is the problem of the one Space that the request is about.
// Anything else, such as the page of a gateway that knows no such way, says
// nothing of any Space.
func witnessed(r schemas.Request, body []byte) bool {
	var top map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return false
	}
	entries := []map[string]json.RawMessage{top}
	var list []json.RawMessage
	_ = json.Unmarshal(top["errors"], &list) // no list, no entries
	for _, raw := range list {
		var entry map[string]json.RawMessage
		if json.Unmarshal(raw, &entry) == nil && entry != nil {
			entries = append(entries, entry)
		}
	}
	kind := lastSegment(text(top["type"]))
	return slices.ContainsFunc(entries, func(entry map[string]json.RawMessage) bool {
		return testifies(r, entry, orElse(lastSegment(text(entry["type"])), kind))
	})
}

// testifies is witnessed for one entry and its type.
func testifies(r schemas.Request, entry map[string]json.RawMessage, kind string) bool {
	about, resource := text(entry["resource_id"]), text(entry["resource_type"])
	notFound := text(entry["title"]) == "Not Found Error"
	if slices.Contains(witnesses, kind) || notFound {
		said := append(texts(entry["value"]), about, text(entry["detail"]), text(entry["message"]))
		var parameters map[string]json.RawMessage
		_ = json.Unmarshal(entry["parameters"], &parameters) // none, none named
		for _, values := range parameters {
			said = append(said, texts(values)...)
		}
		if slices.ContainsFunc(said, func(text string) bool { return names(text, r) }) {
			return true
		}
	}
	own := about == "" && (resource == "" || resource == "space")
	return own && ofResource(r.Endpoint) && (kind == "resource-not-found" || kind == "about:blank" && (notFound || resource != ""))
}

// names reports whether a text has one of the ids asked for as a word of it.
func names(text string, r schemas.Request) bool {
	return slices.ContainsFunc(splitList(text), func(word string) bool {
		return slices.ContainsFunc(r.IDs, func(id string) bool {
			return word == id || r.Endpoint == schemas.Usernames && strings.EqualFold(word, id)
		})
	})
}
