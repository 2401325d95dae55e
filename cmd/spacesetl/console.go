package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/jobs"
)

// console is where a command prints, and what tests change of it. While a command
// is executed, both of its writers print what is printable only.
type console struct {
	stdout, stderr io.Writer
	libraries      strays
	now            func() time.Time    // default time.Now
	tune           func(*jobs.Options) // of a run; may be nil
}

// options are those of a job that a command carries out.
func (c *console) options() jobs.Options {
	o := jobs.Options{Version: version, Now: c.now, Crash: crashed, Env: secretOf}
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
	c.libraries.to.Store(w)
	return w
}

func (c *console) log() *slog.Logger { return c.observer().Log() }

// print prints in a format of ours; an argument neither ends a line nor a cell.
func (c *console) print(format string, args ...any) error {
	return printable.To(c.stdout, format, args...)
}

// text prints a text of several lines.
func (c *console) text(text string) error {
	_, err := io.WriteString(c.stdout, text)
	return err
}

// say prints a line that is no result.
func (c *console) say(line string) { _ = printable.To(c.stderr, "spacesetl: %s\n", line) }

// exact is stdout for content whose every byte counts: a file or a pipe gets it as
// it is, a terminal what is printable of it.
func (c *console) exact() io.Writer {
	if printable.Terminal(c.stdout) != nil {
		return c.stdout
	}
	return printable.Under(c.stdout)
}

func (c *console) printJSON(value any) error {
	encoder := json.NewEncoder(c.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
