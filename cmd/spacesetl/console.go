package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
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

// moment reads a flag's time, or how long ago one is; the zero time where it is not given.
func (c *console) moment(ctx *cli.Context, name string) (at time.Time, err error) {
	text := ctx.String(name)
	if text == "" {
		return at, nil
	}
	if text == "now" {
		return c.clock(), nil
	}
	if age, err := policy.Span(text); err == nil {
		return c.clock().Add(-age), nil
	}
	if age, err := time.ParseDuration(text); err == nil && age > 0 {
		return c.clock().Add(-age), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, time.DateTime} {
		if at, err = time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return at, usage.Errorf("--%s: %q is neither a time such as 2026-01-31 or 2026-01-31T12:00:00Z nor an age such as 7d or 24h", name, text)
}
