// Package printable shows text of strangers so that it is only text: what would
// move a cursor, colour, rename a window, reach a clipboard or turn the order of
// letters around is shown by number, as \u009b. JSON stays the same JSON, since
// it writes such characters in strings only and reads them so.
package printable

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Text is text with its lines and tabs as they are.
func Text(text string) string { return escape(text, control) }

// Line is text as one line without tabs, which therefore cannot pass for a line
// or a cell of ours.
func Line(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' || control(r) })
}

// To prints in a format of ours. What the arguments bring is a Line each.
func To(w io.Writer, format string, args ...any) error {
	lines := make([]any, len(args))
	for i, arg := range args {
		lines[i] = line{arg}
	}
	_, err := fmt.Fprintf(w, format, lines...)
	return err
}

// line is a value that prints as a Line, whatever the verb.
type line struct{ value any }

// Format writes the value as the verb has it.
func (l line) Format(f fmt.State, verb rune) {
	_, _ = io.WriteString(f, Line(fmt.Sprintf(fmt.FormatString(f, verb), l.value)))
}

// control reports whether a character does something, other than to begin a line
// or go to the next tab stop: the controls C0, DEL and C1, the marks that set a
// direction, the separators of lines and paragraphs, and annotations.
func control(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < ' ', r >= 0x7f && r <= 0x9f:
		return true
	case r < 0x61c: // most there is
		return false
	case r == 0x61c, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x206f, r >= 0xfff9 && r <= 0xfffb:
		return true
	}
	return false
}

// escape writes some characters by number. A byte that is of none becomes U+FFFD.
func escape(text string, these func(rune) bool) string {
	if plain(text, these) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // a bad byte is a utf8.RuneError
		if these(r) {
			fmt.Fprintf(&b, `\u%04x`, r) // none is beyond the first plane
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// plain reports whether there is nothing to escape.
func plain(text string, these func(rune) bool) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, these) < 0
}
