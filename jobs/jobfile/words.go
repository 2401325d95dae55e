package jobfile

import (
	"fmt"
	"strings"

	"github.com/xrash/smetrics"
)

// didYouMean proposes the nearest of the words, if one is near.
func didYouMean(word string, words []string) string {
	if best := Nearest(word, words); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

// Nearest returns the word that was probably meant, or nothing.
func Nearest(word string, words []string) string {
	best, distance := "", 1+len(word)/3
	for _, w := range words {
		if d := smetrics.WagnerFischer(strings.ToLower(word), w, 1, 1, 1); d <= distance {
			best, distance = w, d-1
		}
	}
	return best
}
