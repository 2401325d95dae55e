package feed

import (
	"encoding/hex"
	"strings"
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
