// Package show prints what commands come to, to be read by people.
package show

import (
	"fmt"
	"io"
	"strings"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/schemas"
)

// Thousands writes 1234567 as 1,234,567.
func Thousands(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && d != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Plural counts things: 1 page, 2,000 pages.
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Thousands(int64(n)) + " " + what + "s"
}

// signed writes a difference.
func signed(n int64) string {
	switch {
	case n > 0:
		return "+" + Thousands(n)
	case n < 0:
		return "-" + Thousands(-n)
	}
	return "0"
}

// USD writes an amount to the cent, or finer where it has parts of cents.
func USD(m schemas.Money) string { return m.String() }

// OrDash is a text, or a dash for none.
func OrDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// limited is the number of 429 answers.
func limited(s extract.Stats) int64 {
	var n int64
	for _, count := range s.Limited {
		n += count
	}
	return n
}

// to prints in a format of ours.
func to(w io.Writer, format string, args ...any) error { return printable.To(w, format, args...) }
