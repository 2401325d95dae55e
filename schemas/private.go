package schemas

import (
	"bytes"
	"encoding/binary"
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

// mayHold looks at a window of bytes in each stride: wherever the key stands, one of
// its own windows is among those.
const (
	window = 4
	stride = len(Private) - window + 1
)

// windows are the places in the key of its windows, by hash; 0 is none, 1 the first.
var windows = func() (places [4096]uint8) {
	for i := range stride {
		places[windowHash([]byte(Private[i:]))] = uint8(i) + 1
	}
	return places
}()

func windowHash(b []byte) uint32 {
	return binary.LittleEndian.Uint32(b) * 0x9e3779b1 >> 20
}

// mayHold reports whether the key stands in a body, or a letter of ASCII as an
// escape.
func mayHold(body []byte) bool {
	for rest := body; len(rest) >= stride; rest = rest[stride:] {
		if at := windows[windowHash(rest)]; at > 0 {
			if from := len(body) - len(rest) - int(at) + 1; from >= 0 && bytes.HasPrefix(body[from:], []byte(Private)) {
				return true
			}
		}
	}
	tail := body[max(0, len(body)-2*len(Private)):] // with a window that the loop did not reach
	return bytes.Contains(tail, []byte(Private)) || bytes.Contains(body, escapedLetter)
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
