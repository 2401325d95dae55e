package schemas

import (
	"bytes"
	"encoding/json"
)

// Private is the key of a value that no store may hold: the e-mail address of the
// user whose token asks. It is not asked for; a server may send it all the same.
const Private = "confirmed_email"

// escapedLetter begins a letter of ASCII that is written as an escape.
var escapedLetter = []byte(`\u00`)

// WithoutPrivate returns a body without the members of that key, at any depth and
// however the key is spelt, and how many there were. The bytes around them stay as
// they are. A body without any is returned itself; it need not be valid JSON.
func WithoutPrivate(body []byte) (kept []byte, removed int) {
	if !mayHold(body) {
		return body, 0
	}
	from := 0 // of what is not in kept yet
	for i := 0; i < len(body); {
		at := bytes.IndexByte(body[i:], '"')
		if at < 0 {
			break
		}
		key := i + at
		i = stringEnd(body, key)
		value := spaceEnd(body, i)
		if value >= len(body) || body[value] != ':' || !isPrivate(body[key:i]) {
			continue
		}
		if removed++; kept == nil {
			kept = make([]byte, 0, len(body))
		}
		kept = append(kept, body[from:key]...)
		i = valueEnd(body, spaceEnd(body, value+1))
		if next := spaceEnd(body, i); next < len(body) && body[next] == ',' {
			i = next + 1
		} else if before := bytes.TrimRight(kept, " \t\r\n"); bytes.HasSuffix(before, []byte(",")) {
			kept = before[:len(before)-1] // it was the last member
		}
		from = i
	}
	if removed == 0 {
		return body, 0
	}
	return append(kept, body[from:]...), removed
}

// mayHold reports whether the key stands in a body, or a letter of ASCII as an
// escape. It looks for the rarest letter of the key, which takes a tenth of what
// bytes.Contains does: the first one is common.
func mayHold(body []byte) bool {
	const rare = 3
	for i := rare; i < len(body); i++ {
		at := bytes.IndexByte(body[i:], Private[rare])
		if at < 0 {
			break
		}
		i += at
		if body[i-1] == Private[rare-1] && bytes.HasPrefix(body[i-rare:], []byte(Private)) {
			return true
		}
	}
	return bytes.Contains(body, escapedLetter)
}

// isPrivate reports whether a string, quotes included, is the private key.
func isPrivate(quoted []byte) bool {
	if len(quoted) < len(Private)+2 || len(quoted) > 6*len(Private)+2 {
		return false
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == Private
	}
	var key string
	return json.Unmarshal(quoted, &key) == nil && key == Private
}

func spaceEnd(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// stringEnd is the index after the string that opens at i, or the end.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// valueEnd is the index after the value at i, or the end.
func valueEnd(b []byte, i int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			if i = stringEnd(b, i); depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1 + min(depth, 0) // none of the value's own ends what holds it
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(b)
}
