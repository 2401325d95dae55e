package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/xrash/smetrics"
)

// console is where a command prints.
type console struct {
	stdout, stderr io.Writer
	hooks
}

// log writes one line per event to stderr.
func (c *console) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.stderr, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				a.Value = slog.StringValue(a.Value.Time().UTC().Format("15:04:05.000Z"))
			}
			return a
		},
	}))
}

func (c *console) print(format string, args ...any) error {
	_, err := fmt.Fprintf(c.stdout, format, args...)
	return err
}

// near proposes the word that was meant, for the end of a message.
func near(word string, words []string) string {
	if best := nearest(word, words); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

// nearest returns the word nearest to what was written, or nothing.
func nearest(word string, words []string) string {
	best, distance := "", 1+len(word)/3
	for _, w := range words {
		if d := smetrics.WagnerFischer(strings.ToLower(word), w, 1, 1, 1); d <= distance {
			best, distance = w, d-1
		}
	}
	return best
}

// environment is the program's view of its tokens: they come from the
// environment only, so that no shell history or process list shows them.
func environment() (app, user string) {
	return strings.TrimSpace(os.Getenv("X_BEARER_TOKEN")), strings.TrimSpace(os.Getenv("X_USER_TOKEN"))
}
