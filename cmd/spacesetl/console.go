package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spacesetl/spacesetl/jobs"
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
	if best := jobs.Nearest(word, words); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

// environment is the program's view of its tokens: they come from the
// environment only, so that no shell history or process list shows them.
func environment() (app, user string) {
	return strings.TrimSpace(os.Getenv("X_BEARER_TOKEN")), strings.TrimSpace(os.Getenv("X_USER_TOKEN"))
}
