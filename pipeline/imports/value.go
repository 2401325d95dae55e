package imports

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// flat is what is said of objects that are no answers.
const flat = "it is an object by itself, as twarc2 flatten writes them: import the answers from before that"

// value takes a JSON text: an answer, one that twarc wrote, a page that a store landed, or
// a recording.
func (r forms) value(what string, n int, raw []byte) error {
	raw = bytes.TrimSpace(raw)
	var members map[string]json.RawMessage
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &members) != nil {
		r.unread(what, n, "it is no JSON object")
		return nil
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if _, there := members[name]; !there {
				return false
			}
		}
		return true
	}
	switch {
	case has("page_id", "request", "fetched_at", "body"):
		return r.landed(what, n, raw, members["body"])
	case has("log") || has("interactions") || has("http_interactions"):
		return r.document(bytes.NewReader(raw), recording)
	case isAnswer(members):
		a := answer{what: what, n: n, status: 200, body: raw, members: members}
		if has("__twarc") {
			var note struct {
				URL         string `json:"url"`
				RetrievedAt string `json:"retrieved_at"`
			}
			if json.Unmarshal(members["__twarc"], &note) != nil {
				r.unread(what, n, "its note by twarc cannot be read")
				return nil
			}
			a.address, a.time, a.body = note.URL, note.RetrievedAt, without(raw, "__twarc")
		}
		return r.answer(a)
	case has("id"):
		r.unread(what, n, flat)
	default:
		r.unread(what, n, "it is no answer of the API: it has neither data nor errors nor meta")
	}
	return nil
}

func isAnswer(members map[string]json.RawMessage) bool {
	for _, name := range []string{"data", "errors", "meta", "includes"} {
		if _, there := members[name]; there {
			return true
		}
	}
	return false
}

// landed takes a page as a store landed it, without whose token asked.
func (r forms) landed(what string, n int, raw, body []byte) error {
	var p struct {
		schemas.Page
		FetchedAt string `json:"fetched_at"`
		Body      struct{}
	}
	if err := json.Unmarshal(raw, &p); err != nil || !p.Request.Endpoint.Known() {
		r.unread(what, n, "it is no page as a store lands it")
		return nil
	}
	request := sound(schemas.Request{
		Endpoint: p.Request.Endpoint, IDs: p.Request.IDs, Query: p.Request.Query, State: p.Request.State, Token: p.Request.Token,
		Max: p.Request.Max, Lean: p.Request.Lean, Offset: max(p.Request.Offset, 0),
	})
	if !whole(request) {
		r.unread(what, n, "it does not say what was asked for")
		return nil
	}
	params := schemas.Params{}
	for name, values := range p.Params {
		put(params, name, values)
	}
	return r.answer(answer{what: what, n: n, status: p.Status, body: body, time: p.FetchedAt, request: &request, params: params})
}

// without is a valid JSON object without members of a name, the bytes around them as they
// were.
func without(raw []byte, name string) []byte {
	var kept []byte
	from := 0 // of what is not in kept yet
	for at := 1; at < len(raw); {
		key := at + blanks(raw[at:])
		if raw[key] != '"' { // the end
			break
		}
		colon := key + valueLen(raw[key:])
		colon += blanks(raw[colon:])
		value := colon + 1 + blanks(raw[colon+1:])
		end := value + valueLen(raw[value:])
		next := end + blanks(raw[end:])
		var called string
		if json.Unmarshal(bytes.TrimRight(raw[key:colon], " \t\r\n"), &called); called == name {
			kept = append(kept, raw[from:key]...)
			if from = next + 1; raw[next] != ',' { // it was the last
				from = end
				if before := bytes.TrimRight(kept, " \t\r\n"); bytes.HasSuffix(before, []byte(",")) {
					kept = before[:len(before)-1]
				}
			}
		}
		if raw[next] != ',' {
			break
		}
		at = next + 1
	}
	return append(kept, raw[from:]...)
}

// blanks is how many bytes between values there are.
func blanks(b []byte) int { return len(b) - len(bytes.TrimLeft(b, " \t\r\n")) }

// valueLen is the length of the valid JSON value that bytes begin with.
func valueLen(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// times are the forms in which records have them.
var times = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", time.RFC1123, time.RFC1123Z, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05 -0700", time.ANSIC}

// parseTime reads one; without a zone it is UTC.
func parseTime(text string) (time.Time, bool) {
	for _, form := range times {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
