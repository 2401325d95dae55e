package observe

import (
	"context"
	"log/slog"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
)

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
