// Package observe tells of a run while it goes and after it: log lines, a live
// line, metrics, traces and pings. Nothing it does can fail a run.
package observe

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/pipeline"
)

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
	view   *View // of a watch; else nil
	// measuredAt is when the metrics of a watch were written, by the one that ticks.
	measuredAt time.Time

	tail      tail       // of the log, for the ping
	ping      *pinger    // nil for none
	telemetry *telemetry // nil for none
	trace     *tracing   // nil for none

	stop    chan struct{} // ends the ticks
	stopped chan struct{}
}

// New checks the options.
func New(opts Options) (*Observer, error) {
	opts = opts.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	o := &Observer{opts: opts, mode: opts.mode(), start: opts.Now(), screen: &screen{out: printable.Under(opts.Stderr)}, waits: waits{}}
	if opts.Ping != "" {
		o.ping = newPinger(opts.Ping)
	}
	o.log = newLog(opts, o.screen, &o.tail, &o.run)
	return o, nil
}

// Log is the run's log. Its lines carry the run's id once that is known.
func (o *Observer) Log() *slog.Logger { return o.log }

// Run says which run the command is about from now on.
func (o *Observer) Run(id string) {
	o.run.Store(&id)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now, o.ended, o.told = pipeline.Progress{}, pipeline.Progress{}, 0
	if o.view != nil {
		o.start = o.opts.Now()
	}
}

// runID is empty until the run is known.
func (o *Observer) runID() string {
	if id := o.run.Load(); id != nil {
		return *id
	}
	return ""
}

// Job says which job the command is about.
func (o *Observer) Job(name string) { o.name.Store(&name) }

// job is the name of the job; of one that was not found out, the default.
func (o *Observer) job() string {
	if name := o.name.Load(); name != nil {
		return *name
	}
	return "spaces"
}

// Source says whom to ask from now on.
func (o *Observer) Source(s Source) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.source = s
}

// Watching shows a watch from now on, in place of the progress of its runs.
func (o *Observer) Watching(v View) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.view = &v
}

func (o *Observer) watching() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.view != nil && o.mode != "json"
}

// Start begins to show progress, and to tell whom the options name. The caller
// calls Finish, or Stop.
func (o *Observer) Start(ctx context.Context) {
	if o.ping != nil {
		o.ping.begin(ctx)
	}
	if o.opts.OTLP != (OTLP{}) {
		t, err := newTelemetry(ctx, o.opts, newRegistry(o.snapshot, o.job), o.log)
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
	if every == 0 && o.opts.MetricsFile != "" {
		every = measureEvery
	}
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

// Stop ends what Start began and takes the live line away. Finish does it, too.
func (o *Observer) Stop() {
	if o.stop != nil {
		close(o.stop)
		<-o.stopped
		o.stop = nil
	}
	o.screen.draw("")
}
