package main

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/schemas"
)

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
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

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(int64(n)) + " " + what + "s"
}

// signed writes a difference.
func signed(n int64) string {
	switch {
	case n > 0:
		return "+" + thousands(n)
	case n < 0:
		return "-" + thousands(-n)
	}
	return "0"
}

// usd writes an amount to the cent, or finer where it has parts of cents.
func usd(m schemas.Money) string { return m.String() }

func orDash(text string) string {
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
