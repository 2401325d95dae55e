package transform

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// replacement stands for what no reader of the tables would take: bytes that
// are not UTF-8, half a surrogate pair, and NUL.
const replacement = utf8.RuneError

// plain reports whether a string's content can be used as it stands: no escape
// and no byte that needs a check.
func plain(s []byte) bool {
	for ; len(s) >= 8; s = s[8:] {
		w := binary.LittleEndian.Uint64(s)
		slash := w ^ (ones * '\\')
		if ((slash-ones)&^slash|(w-ones)&^w|w)&highs != 0 {
			return false
		}
	}
	for _, c := range s {
		if c >= utf8.RuneSelf || c == '\\' || c == 0 {
			return false
		}
	}
	return true
}

// unquote returns the text of the JSON string v, quotes included in v. It uses
// scratch when the text differs from the bytes of v, and counts what had to be
// replaced.
func unquote(v, scratch []byte) (text, newScratch []byte, repaired int) {
	s := v[1 : len(v)-1]
	if plain(s) || bytes.IndexByte(s, '\\') < 0 && bytes.IndexByte(s, 0) < 0 && utf8.Valid(s) {
		return s, scratch, 0
	}
	scratch = scratch[:0]
	for i := 0; i < len(s); {
		if s[i] == '\\' {
			r, next, bad := unescape(s, i)
			if bad {
				repaired++
			}
			scratch, i = utf8.AppendRune(scratch, r), next
			continue
		}
		end := bytes.IndexByte(s[i:], '\\')
		if end < 0 {
			end = len(s) - i
		}
		var n int
		scratch, n = repair(scratch, s[i:i+end])
		repaired += n
		i += end
	}
	return scratch, scratch, repaired
}

// repair appends text without escapes to to, and counts what it replaced.
func repair(to, text []byte) ([]byte, int) {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return append(to, text...), 0
	}
	repaired := 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == 0 || r == utf8.RuneError && size == 1 {
			r = replacement
			repaired++
		}
		to, text = utf8.AppendRune(to, r), text[size:]
	}
	return to, repaired
}

// unescape reads the escape at i and returns its rune, the index after it and
// whether it had to be replaced.
func unescape(s []byte, i int) (rune, int, bool) {
	if i+1 >= len(s) {
		return replacement, len(s), true
	}
	switch c := s[i+1]; c {
	case 'b':
		return '\b', i + 2, false
	case 'f':
		return '\f', i + 2, false
	case 'n':
		return '\n', i + 2, false
	case 'r':
		return '\r', i + 2, false
	case 't':
		return '\t', i + 2, false
	case '"', '\\', '/':
		return rune(c), i + 2, false
	case 'u':
	default:
		return replacement, i + 2, true
	}
	r, ok := hex4(s, i+2)
	i += 6
	switch {
	case !ok:
		return replacement, min(i, len(s)), true
	case r == 0:
		return replacement, i, true
	case !utf16.IsSurrogate(r):
		return r, i, false
	}
	if i+1 < len(s) && s[i] == '\\' && s[i+1] == 'u' {
		if low, ok := hex4(s, i+2); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, i + 6, false
			}
		}
	}
	return replacement, i, true
}

func hex4(s []byte, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[i:i+4]), 16, 16)
	return rune(n), err == nil
}

// valid returns raw JSON with every byte that is not UTF-8 replaced, and how
// many were. Escapes stay as they are: inside a JSON column they are text.
func valid(raw []byte) ([]byte, int) {
	if utf8.Valid(raw) {
		return raw, 0
	}
	fixed, repaired := make([]byte, 0, len(raw)+8), 0
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if r == utf8.RuneError && size == 1 {
			repaired++
		}
		fixed, raw = utf8.AppendRune(fixed, r), raw[size:]
	}
	return fixed, repaired
}
