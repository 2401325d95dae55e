package transform

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
)

// span is a JSON value's place in its text, of at most maxPage bytes. The zero
// span means absent.
type span struct{ start, end int32 }

func at(start, end int) span { return span{int32(start), int32(end)} }

func (s span) present() bool { return s.end > 0 }

func (s span) of(text []byte) []byte { return text[s.start:s.end] }

// The scanner below finds where values end; it does not prove that they are
// valid JSON. Pages were checked when they landed. On anything else the
// functions return -1 or a wrong end, never one outside the text.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// endsText has the high bits of the bytes of a word that are a quote or a backslash.
// Above the first of them it may have others.
func endsText(w uint64) uint64 {
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((quote-ones)&^quote | (slash-ones)&^slash) & highs
}

// skipString returns the index after the string that opens at i, or -1. It looks
// at 16 bytes at a time for a quote or a backslash: most strings are shorter, and
// how many times a loop goes round costs more to guess than to look further.
func skipString(b []byte, i int) int {
	for i++; i+16 <= len(b); {
		text := b[i : i+16]
		found, next := endsText(binary.LittleEndian.Uint64(text)), endsText(binary.LittleEndian.Uint64(text[8:]))
		if found|next == 0 {
			i += 16
			continue
		}
		if found == 0 {
			found = next
			i += 8
		}
		i += bits.TrailingZeros64(found) / 8
		if b[i] == '"' {
			return i + 1
		}
		i += 2
	}
	for i < len(b) {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
		i++
	}
	return -1
}

// skipValue returns the index after the value that starts at i, or -1.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipContainer(b, i)
	}
	start := i
	for i < len(b) && !endsScalar[b[i]] {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// endsScalar are the bytes before which a number or a literal ends.
var endsScalar = [256]bool{',': true, '}': true, ']': true, ' ': true, '\n': true, '\t': true, '\r': true, '"': true, '{': true, '[': true, ':': true}

// deeper is how much deeper in containers one is after a byte.
var deeper = [256]int8{'{': 1, '[': 1, '}': -1, ']': -1}

// skipContainer returns the index after the object or list that opens at i, or -1.
func skipContainer(b []byte, i int) int {
	for depth := 0; i < len(b); {
		c := b[i]
		if c == '"' {
			if i = skipString(b, i); i < 0 {
				return -1
			}
			continue
		}
		i++
		if depth += int(deeper[c]); depth == 0 {
			return i
		}
	}
	return -1
}

// elements iterates over the values of an array, or over a single value that
// is not an array.
type elements struct {
	b    []byte
	next int // index of the next value; after the last, -1
	only bool
	bad  bool // the array is broken
}

// elementsOf starts at the value v. Null has no elements.
func elementsOf(b []byte, v span) elements {
	if !v.present() || isNull(v.of(b)) {
		return elements{next: -1}
	}
	if b[v.start] != '[' {
		return elements{b: b[:v.end], next: int(v.start), only: true}
	}
	e := elements{b: b[:v.end], next: skipSpace(b[:v.end], int(v.start)+1)}
	if e.next < int(v.end) && b[e.next] == ']' {
		e.next = -1
	}
	return e
}

// value returns the next element and whether there was one.
func (e *elements) value() (span, bool) {
	if e.next < 0 {
		return span{}, false
	}
	end := skipValue(e.b, e.next)
	if end < 0 {
		e.next, e.bad = -1, true
		return span{}, false
	}
	v := at(e.next, end)
	if e.only {
		e.next = -1
		return v, true
	}
	switch i := skipSpace(e.b, end); {
	case i < len(e.b) && e.b[i] == ',':
		e.next = skipSpace(e.b, i+1)
	case i < len(e.b) && e.b[i] == ']':
		e.next = -1
	default:
		e.next, e.bad = -1, true
	}
	return v, true
}

// count returns the number of elements of v, each once, however it is spelt, and nulls
// left out.
func count(b []byte, v span) int {
	var few [8]span
	var many map[string]bool
	known, n := few[:0], 0
	for e := elementsOf(b, v); ; {
		at, ok := e.value()
		if !ok {
			return n
		}
		raw, escaped := at.of(b), false
		if isNull(raw) {
			continue
		}
		if raw[0] == '"' {
			at = span{at.start + 1, at.end - 1}
			if escaped = bytes.IndexByte(raw, '\\') >= 0; escaped {
				raw, _, _ = unquote(raw, nil)
			} else {
				raw = at.of(b)
			}
		}
		switch {
		case many[string(raw)], slices.ContainsFunc(known, func(k span) bool { return bytes.Equal(k.of(b), raw) }):
			continue
		case n < len(few) && !escaped:
			known = append(known, at)
		case many == nil:
			many = map[string]bool{string(raw): true}
		default:
			many[string(raw)] = true
		}
		n++
	}
}

func isNull(v []byte) bool { return len(v) == 4 && string(v) == "null" }

// objectStart returns the index of the first key or of the closing brace of
// the object at i, or -1 when there is no object.
func objectStart(b []byte, i int) int {
	if i >= len(b) || b[i] != '{' {
		return -1
	}
	return skipSpace(b, i+1)
}

// key reads the key at i and returns its text without quotes and the index of
// its value, or -1.
func key(b []byte, i int) (span, int) {
	if i >= len(b) || b[i] != '"' {
		return span{}, -1
	}
	end := skipString(b, i)
	if end < 0 {
		return span{}, -1
	}
	k := at(i+1, end-1)
	if end+1 < len(b) && b[end] == ':' && b[end+1] > ' ' {
		return k, end + 1
	}
	if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
		return span{}, -1
	}
	return k, skipSpace(b, i+1)
}

// nextMember returns the index of the next key after a value that ended at i,
// or of the closing brace; -1 when neither follows.
func nextMember(b []byte, i int) int {
	i = skipSpace(b, i)
	if i >= len(b) {
		return -1
	}
	if b[i] == '}' {
		return i
	}
	if b[i] != ',' {
		return -1
	}
	if i = skipSpace(b, i+1); i >= len(b) || b[i] != '"' {
		return -1
	}
	return i
}
