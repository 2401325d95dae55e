package feed

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// inQuotes makes a text a literal. One with signs that a client or a server may take for
// something else is written as the digits of its bytes.
func inQuotes(text string, bytes func(hex string) string) string {
	if isPlain(text) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return bytes(hex.EncodeToString([]byte(text)))
}

// escaped makes a text a literal where backslashes escape. What a client or a server may take
// for something else is written as its number.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 && !isName(string(r)) && r != ' ' || r < 0x10000 && !isPlain(string(r)) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return "'" + b.String() + "'"
}

// isName reports whether a text has signs alone that mean nothing in SQL, patterns and shells.
func isName(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r >= 0x80 || r < ' ' || !strings.ContainsRune("_-.,:/=+@", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// isPlain reports whether a text is the same to all: without signs that control, also line
// ends, and without what escapes.
func isPlain(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r < ' ' || r == '\\' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return false
		}
	}
	return true
}

// comment makes lines a comment each.
func comment(text string) string {
	var b strings.Builder
	for _, line := range strings.Split(text, "\n") {
		b.WriteString("-- " + strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
				return ' '
			}
			return r
		}, line) + "\n")
	}
	return b.String()
}
