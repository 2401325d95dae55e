// Package observe tells of a run while it goes and after it: log lines, a live
// line, metrics, traces and pings. Nothing it does can fail a run.
package observe

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a user chose. The zero value logs information to nowhere.
type Options struct {
	Stderr io.Writer // of the program; default nowhere
	Level  string    // of the log: debug, info (default), warn, error
	Format string    // of the log: auto (default), text, json
	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Levels, Formats are what the options of these names can be.
var (
	Levels  = []string{"debug", "info", "warn", "error"}
	Formats = []string{"auto", "text", "json"}
)

// OptionError is an option that is not one of its values.
type OptionError struct {
	Option, Value string
	Values        []string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("--%s: %q is not one of %s", e.Option, e.Value, strings.Join(e.Values, ", "))
}

// Observer tells of one command. Its methods may be called from several
// goroutines.
type Observer struct {
	opts Options
	log  *slog.Logger
	run  atomic.Pointer[string] // id, once it is known

	mu    sync.Mutex
	waits waits
}

// New checks the options.
func New(opts Options) (*Observer, error) {
	if opts.Stderr == nil {
		opts.Stderr = io.Discard
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	for _, option := range []struct {
		name, value string
		values      []string
	}{
		{"log-level", opts.Level, Levels}, {"log-format", opts.Format, Formats},
	} {
		if option.value != "" && !slices.Contains(option.values, option.value) {
			return nil, &OptionError{option.name, option.value, option.values}
		}
	}
	o := &Observer{opts: opts, waits: waits{}}
	o.log = o.newLog(opts.Stderr)
	return o, nil
}

// Log is the run's log. Its lines carry the run's id once that is known.
func (o *Observer) Log() *slog.Logger { return o.log }

// Run says which run the command is about from now on.
func (o *Observer) Run(id string) { o.run.Store(&id) }
