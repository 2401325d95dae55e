package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/jobs"
)

// console is where a command prints.
type console struct {
	stdout, stderr io.Writer
	hooks
}

// observer writes one line per event to stderr, for a command without watchFlags.
func (c *console) observer() *observe.Observer {
	w, err := observe.New(observe.Options{Stderr: c.stderr})
	if err != nil {
		panic(err) // there is nothing to be wrong
	}
	return w
}

func (c *console) log() *slog.Logger { return c.observer().Log() }

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
