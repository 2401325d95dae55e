package observe

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
)

// How often progress is shown, by the values of Options.Progress.
const (
	barEvery  = 200 * time.Millisecond
	jsonEvery = time.Second
	logEvery  = 30 * time.Second
	// idleEvery is how often the log says that a wait goes on.
	idleEvery = 5 * time.Minute
)

// Progress takes note of how far the run is. A wave that has ended is told of
// at once, everything else at the next tick.
func (o *Observer) Progress(p pipeline.Progress) {
	o.mu.Lock()
	newer := p.Seq > o.now.Seq
	ended := newer && p.Ended() && p.Total > 0 && (p.Phase != o.ended.Phase || p.Wave != o.ended.Wave)
	if newer {
		o.now = p
	}
	if ended {
		o.ended = p
	}
	o.mu.Unlock()
	if newer {
		o.trace.progress(p, o.opts.Now())
	}
	if ended && o.mode != "bar" && !o.watching() {
		o.tell(o.opts.Now())
	}
}

// state is what there is to show now.
func (o *Observer) state(now time.Time) state {
	o.mu.Lock()
	s := state{Progress: o.now, now: now, waits: o.waits.list(now)}
	source := o.source
	o.mu.Unlock()
	if source.Windows != nil {
		s.windows = source.Windows()
	}
	return s
}

// tick shows progress if there is something new: as long as there is a wait its
// countdown, which the log has less often.
func (o *Observer) tick(now time.Time) {
	measure(o, now)
	if o.mode == "none" {
		return
	}
	if o.watching() {
		look(o, now)
		return
	}
	o.mu.Lock()
	begun, moved, waiting := o.now.Seq > 0, o.now.Seq > o.told, len(o.waits) > 0
	if o.mode == "log" && now.Sub(o.toldAt) < idleEvery {
		waiting = false
	}
	o.mu.Unlock()
	if begun && (moved || waiting) {
		o.tell(now)
	}
}

// tell shows progress as the mode has it.
func (o *Observer) tell(now time.Time) {
	s := o.state(now)
	o.mu.Lock()
	o.told, o.toldAt = s.Seq, now
	o.mu.Unlock()
	switch o.mode {
	case "bar":
		o.screen.draw(s.line(width(o.opts.Stderr)))
	case "log":
		o.log.Info("progress", s.attrs()...)
	case "json":
		if line, err := json.Marshal(s.report(o.runID())); err == nil { // there is nothing in it that cannot be marshalled
			_, _ = o.screen.Write(append(line, '\n'))
		}
	}
}

// Clear takes the live line away, until there is something new.
func (o *Observer) Clear() {
	o.mu.Lock()
	o.told = o.now.Seq
	o.mu.Unlock()
	o.screen.draw("")
}

// Notice logs what a user should know.
func (o *Observer) Notice(n pipeline.Notice) { o.log.Info(n.Text, "what", n.Kind) }

// Event logs what a fetch does: a line for each request, at debug, and one for
// each retry, drop, token set aside and wait; of workers that wait for the same
// window the first is told of.
func (o *Observer) Event(v extract.Event) {
	switch v.Kind {
	case extract.EventRequest:
		o.trace.request(v, o.opts.Now())
		o.request(v)
	case extract.EventDropped:
		o.log.Warn("the server refused a field; going on without it", "endpoint", v.Endpoint, "param", v.Dropped.Param, "value", v.Dropped.Value)
	case extract.EventRetry:
		o.trace.wait(v, o.opts.Now())
		o.mu.Lock()
		o.waits.add(v)
		o.mu.Unlock()
		o.log.Warn("trying again", "endpoint", v.Endpoint, "tries", v.Tries, "in", v.Wait.Round(time.Millisecond), "after", v.Reason)
	case extract.EventSetAside:
		o.log.Warn("going on without a token", "token", v.Token, "after", v.Reason)
	case extract.EventClock:
		o.log.Warn("times are corrected by the server's clock: set this machine's", "since", v.Reason)
	case extract.EventWait:
		o.wait(v)
	}
}

// request logs a request, which is most of what can be logged: nothing is made
// for a log that does not take it.
func (o *Observer) request(v extract.Event) {
	ctx := context.Background()
	if !o.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	o.log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("endpoint", string(v.Endpoint)), slog.Int("ids", v.Sent.IDs),
		slog.String("page", v.Sent.PageID), slog.Int("status", v.Sent.Status), slog.Duration("took", v.Sent.Duration.Round(time.Microsecond)),
		slog.Int("bytes", v.Sent.Bytes), slog.String("token", v.Token))
}

func (o *Observer) wait(v extract.Event) {
	o.mu.Lock()
	first := o.waits.add(v)
	o.mu.Unlock()
	if first {
		o.trace.wait(v, o.opts.Now())
		o.log.Info("waiting", "endpoint", v.Endpoint, "token", v.Token, "until", v.Until, "in", v.Wait.Round(time.Millisecond), "for", v.Reason)
	}
}
