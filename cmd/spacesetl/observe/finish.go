package observe

import (
	"context"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// End is what a command came to.
type End struct {
	Outcome  schemas.Outcome
	Code     int             // the exit code
	Manifest *store.Manifest // nil where nothing was loaded
	Err      error
	At       time.Time // filled in by Finish
}

// Finish ends what Start began, and tells whom the options name how the command
// ended. Who does not listen is warned of, and costs a few seconds.
func (o *Observer) Finish(ctx context.Context, end End) {
	o.Stop()
	end.At = o.opts.Now()
	o.Ended(ctx, end)
	o.Close(ctx, end)
}

// Close is Finish without a word of how the command ended: each run of a watch has said so.
func (o *Observer) Close(ctx context.Context, end End) {
	o.Stop()
	if o.telemetry != nil {
		o.endTelemetry(ctx, end)
	}
}

// Ended says how a run ended, of which a watch has many: in the log and the metrics file,
// to the Pushgateway and by a ping.
func (o *Observer) Ended(ctx context.Context, end End) {
	end.At = o.opts.Now()
	o.mu.Lock()
	o.end = end
	now := o.now
	o.mu.Unlock()
	if o.runID() != "" || end.Err == nil { // otherwise nothing began, and the error says why
		o.log.Info("ended", "outcome", end.Outcome, "exit", end.Code, "took", end.At.Sub(o.start).Round(time.Millisecond),
			"pages", now.Pages, "fetched", now.Fetched, "usd_low", usdValue(now.Low), "usd_high", usdValue(now.High))
	}
	if o.opts.MetricsFile != "" {
		if err := writeMetrics(o.opts.MetricsFile, o.snapshot, o.job(), o.log); err != nil {
			o.log.Warn("the metrics could not be written", "file", o.opts.MetricsFile, "after", err)
		}
	}
	var wait sync.WaitGroup
	if o.opts.Pushgateway != "" {
		wait.Go(func() {
			if err := pushMetrics(ctx, o.opts.Pushgateway, o.job(), o.opts.Host, newRegistry(o.snapshot, nil)); err != nil {
				o.log.Warn("the Pushgateway did not take the metrics", "after", err)
			}
		})
	}
	if o.ping != nil {
		body := pingBody(o.job(), end, end.At.Sub(o.start), o.state(end.At), &o.tail)
		wait.Go(func() {
			if err := o.ping.end(ctx, suffix(end), body); err != nil {
				o.log.Warn("a ping did not get through", "after", err)
			}
		})
	}
	wait.Wait()
}

// endTelemetry closes the trace and sends what is left.
func (o *Observer) endTelemetry(ctx context.Context, end End) {
	o.trace.end(o.job(), o.runID(), end)
	if err := o.telemetry.shutdown(ctx); err != nil {
		o.log.Warn("the OpenTelemetry collector did not take everything in time", "after", err)
	}
}

// snapshot is what is known now.
func (o *Observer) snapshot() snapshot {
	o.mu.Lock()
	f := snapshot{version: o.opts.Version, start: o.start, end: o.end, progress: o.now}
	source, view := o.source, o.view
	o.mu.Unlock()
	if view != nil {
		f.watched = view.Spaces()
	}
	if !f.end.At.IsZero() && f.end.Code == 0 {
		f.success = f.end.At
	}
	if source.Stats != nil {
		f.stats = source.Stats()
	}
	if source.Windows != nil {
		f.windows = source.Windows()
	}
	if source.Budget != nil && f.progress.Seq > 0 { // once it is known
		f.budget = source.Budget()
	}
	return f
}
