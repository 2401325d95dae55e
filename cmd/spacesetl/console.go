package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/jobs"
)

// console is where a command prints, and what tests change of it.
type console struct {
	stdout, stderr io.Writer
	now            func() time.Time    // default time.Now
	tune           func(*jobs.Options) // of a run; may be nil
}

// options are those of a job that a command carries out.
func (c *console) options() jobs.Options {
	o := jobs.Options{Version: version, Now: c.now, Crash: crashed}
	if c.tune != nil {
		c.tune(&o)
	}
	return o
}

// clock is the time, or a test's.
func (c *console) clock() time.Time {
	if c.now != nil {
		return c.now()
	}
	return time.Now()
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

// say prints a line that is no result.
func (c *console) say(line string) { fmt.Fprintln(c.stderr, "spacesetl:", line) }

func (c *console) printJSON(value any) error {
	encoder := json.NewEncoder(c.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
