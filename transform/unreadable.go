package transform

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// The kinds of problem that are ours.
const (
	// UnreadableAnswer is a successful answer that is no page.
	UnreadableAnswer = "unreadable-answer"
	// UnaskableID is an object whose id is none that the API could be asked for.
	UnaskableID = "unaskable-id"

	unreadableValue = "unreadable-value"
	furtherProblems = "further-problems" // more than have rows
)

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

// maxValue is how much of an answer that is no page stands in its row, in bytes.
const maxValue = 4096

// maxNear is how far back the same value is looked for: further than an object
// has columns.
const maxNear = 64

// inList is the value among others: what is JSON stands there as it came.
func (u unreadable) inList() any {
	if !json.Valid([]byte(u.Value)) {
		return u
	}
	return struct {
		unreadable
		Value json.RawMessage `json:"value"`
	}{u, json.RawMessage(u.Value)}
}

// unaskable is an object with an id that cannot be asked for. If that is none at all,
// but raw, the object has no row but this one.
func unaskable(kind schemas.Object, key, raw, object []byte) unreadable {
	u := unreadable{Type: UnaskableID, Title: "Unaskable Id", Detail: forms[kind], ResourceType: string(kind), ResourceID: string(key), Field: "id", Value: string(object)}
	if raw != nil {
		u.Detail = strings.TrimPrefix(u.Detail+", this is "+shape(raw[0]), ", ")
	}
	return u
}

// maxProblems is how many rows of api_errors the errors of an answer make, and how
// many what could not be read of it. The API sends one for each thing asked for or
// referred to, some thousands at most; of a flood the rest is one row.
const maxProblems = 10_000

// further says that a list of problems has more than rows are made of. The list of
// the others is the row's value.
func further(n int, what, list string) unreadable {
	return unreadable{
		Type: furtherProblems, Title: "Further Problems", Detail: fmt.Sprintf("%d further %s: the first %d have rows", n, what, maxProblems),
		ResourceType: string(schemas.PageObject), Value: list,
	}
}
