// Package observe tells of a run while it goes and after it: log lines, a live
// line, metrics, traces and pings. Nothing it does can fail a run.
package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// Options are what a user chose. The zero value tells nobody.
type Options struct {
	Stderr   io.Writer // of the program; default nowhere
	Dumb     bool      // Stderr is a terminal that knows no control sequences
	Level    string    // of the log: debug, info (default), warn, error
	Format   string    // of the log: auto (default), text, json
	Progress string    // auto (default), bar, log, json, none

	Version string // of the program
	Host    string // the machine's name
	// MetricsFile is where metrics are written, for the node exporter.
	MetricsFile string
	// Pushgateway is the address metrics are sent to. Its user and password are
	// a secret.
	Pushgateway string
	OTLP        OTLP
	Ping        string // address that is pinged, a secret

	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Levels, Formats and Progresses are what the options of these names can be.
var (
	Levels     = []string{"debug", "info", "warn", "error"}
	Formats    = []string{"auto", "text", "json"}
	Progresses = []string{"auto", "bar", "log", "json", "none"}
)

// OptionError is an option that is not one of its values.
type OptionError struct {
	Option, Value string
	Values        []string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("--%s: %q is not one of %s", e.Option, e.Value, strings.Join(e.Values, ", "))
}

// Source is what a run can be asked while it goes; each may be nil.
type Source struct {
	Stats   func() extract.Stats
	Windows func() []extract.Window
	Budget  func() map[string]schemas.Money // what is left of it, by period
}

// Observer tells of one command. Its methods may be called from several
// goroutines.
type Observer struct {
	opts   Options
	mode   string // Options.Progress, decided
	screen *screen
	log    *slog.Logger
	run    atomic.Pointer[string] // id, once it is known
	name   atomic.Pointer[string] // of the job, once it is known
	start  time.Time

	mu     sync.Mutex
	source Source
	waits  waits
	now    pipeline.Progress // the newest
	ended  pipeline.Progress // of the last wave or phase
	told   int64             // now.Seq when it was shown last
	toldAt time.Time
	end    End

	tail      tail       // of the log, for the ping
	ping      *pinger    // nil for none
	telemetry *telemetry // nil for none
	trace     *tracing   // nil for none

	stop    chan struct{} // ends the ticks
	stopped chan struct{}
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
		{"log-level", opts.Level, Levels}, {"log-format", opts.Format, Formats}, {"progress", opts.Progress, Progresses},
	} {
		if option.value != "" && !slices.Contains(option.values, option.value) {
			return nil, &OptionError{option.name, option.value, option.values}
		}
	}
	if err := opts.addresses(); err != nil {
		return nil, err
	}
	o := &Observer{opts: opts, mode: opts.mode(), start: opts.Now(), screen: &screen{out: opts.Stderr}, waits: waits{}}
	if opts.Ping != "" {
		o.ping = newPinger(opts.Ping)
	}
	o.log = o.newLog(o.screen)
	return o, nil
}

// addresses checks those of the servers that are told.
func (opts Options) addresses() error {
	return errors.Join(
		checkAddress("ping-url", opts.Ping, "https://hc-ping.com/your-uuid"),
		checkAddress("pushgateway", opts.Pushgateway, "http://pushgateway:9091"),
		checkAddress("otlp-endpoint", opts.OTLP.Traces, "http://collector:4318"),
		checkAddress("otlp-endpoint", opts.OTLP.Metrics, "http://collector:4318"),
	)
}

// mode decides how progress is shown: a bar needs a terminal that can move its
// cursor, and is lines of the log elsewhere.
func (opts Options) mode() string {
	able := terminal(opts.Stderr) != nil && !opts.Dumb
	switch opts.Progress {
	case "json", "none", "log":
		return opts.Progress
	}
	if able {
		return "bar"
	}
	return "log"
}

// Log is the run's log. Its lines carry the run's id once that is known.
func (o *Observer) Log() *slog.Logger { return o.log }

// Run says which run the command is about from now on.
func (o *Observer) Run(id string) {
	o.run.Store(&id)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now, o.ended, o.told = pipeline.Progress{}, pipeline.Progress{}, 0
}

// Source says whom to ask from now on.
func (o *Observer) Source(s Source) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.source = s
}

// Start begins to show progress, and to tell whom the options name. The caller
// calls Finish, or Stop.
func (o *Observer) Start(ctx context.Context) {
	if o.ping != nil {
		o.ping.begin(ctx)
	}
	if o.opts.OTLP != (OTLP{}) {
		t, err := o.newTelemetry(ctx)
		if err != nil {
			o.log.Warn("there will be no OpenTelemetry", "after", withoutAddress(err))
		} else if o.telemetry = t; t.traces != nil {
			o.trace = newTracing(ctx, t.traces, o.start)
		}
	}
	o.ticks()
}

// ticks shows progress from time to time.
func (o *Observer) ticks() {
	every := map[string]time.Duration{"bar": barEvery, "json": jsonEvery, "log": logEvery}[o.mode]
	if every == 0 {
		return
	}
	o.stop, o.stopped = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(o.stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				o.tick(o.opts.Now())
			case <-o.stop:
				return
			}
		}
	}()
}

// Clear takes the live line away, until there is something new.
func (o *Observer) Clear() {
	o.mu.Lock()
	o.told = o.now.Seq
	o.mu.Unlock()
	o.screen.draw("")
}
