package observe

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
)

// tracing is the trace of a run: a span for the run, below it one for each wave
// and for loading and publishing, below these requests and waits. A nil one
// does nothing.
type tracing struct {
	tracer trace.Tracer

	mu    sync.Mutex
	run   trace.Span
	above context.Context // of run
	phase trace.Span      // under way, or nil
	in    context.Context // of phase, or of run
	at    pipeline.Progress
	waits []waitSpan
}

// waitSpan is a wait under way.
type waitSpan struct {
	trace.Span
	until time.Time
}

func newTracing(ctx context.Context, provider trace.TracerProvider, start time.Time) *tracing {
	t := &tracing{tracer: provider.Tracer("github.com/spacesetl/spacesetl")}
	t.above, t.run = t.tracer.Start(ctx, "run", trace.WithTimestamp(start))
	t.in = t.above
	return t
}

// label is an attribute, printable: names are the user's or a server's.
func label(key, text string) attribute.KeyValue { return attribute.String(key, printable.Line(text)) }

// progress opens and closes the spans of waves and phases.
func (t *tracing) progress(p pipeline.Progress, now time.Time) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.phase == nil || p.Phase != t.at.Phase || p.Wave != t.at.Wave {
		t.close(now)
		name, attrs := string(p.Phase), []attribute.KeyValue{attribute.Int("spacesetl.total", p.Total)}
		if p.Phase == pipeline.FetchPhase {
			name, attrs = "wave", append(attrs, attribute.Int("spacesetl.wave", p.Wave))
		}
		t.in, t.phase = t.tracer.Start(t.above, name, trace.WithTimestamp(now), trace.WithAttributes(attrs...))
	}
	t.at = p
}

// close ends the span of the phase.
func (t *tracing) close(now time.Time) {
	if t.phase == nil {
		return
	}
	t.phase.SetAttributes(attribute.Int("spacesetl.done", t.at.Done), attribute.Int("spacesetl.pages", t.at.Pages), attribute.Int64("spacesetl.rows", t.at.Rows))
	t.phase.End(trace.WithTimestamp(now))
	t.phase, t.in = nil, t.above
}

// request is a request that has come to its end.
func (t *tracing) request(v extract.Event, now time.Time) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(now)
	_, span := t.tracer.Start(t.in, printable.Line("request "+string(v.Endpoint)), trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-v.Sent.Duration)),
		trace.WithAttributes(label("spacesetl.endpoint", string(v.Endpoint)), label("spacesetl.token", v.Token),
			attribute.Int("spacesetl.ids", v.Sent.IDs), label("spacesetl.page", v.Sent.PageID),
			attribute.Int("http.response.status_code", v.Sent.Status), attribute.Int("http.response.body.size", v.Sent.Bytes)))
	if v.Sent.Status == 0 || v.Sent.Status >= 500 {
		span.SetStatus(codes.Error, statusText(v.Sent.Status))
	}
	span.End(trace.WithTimestamp(now))
}

// wait is a wait that begins.
func (t *tracing) wait(v extract.Event, now time.Time) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(now)
	_, span := t.tracer.Start(t.in, printable.Line("wait "+string(v.Endpoint)), trace.WithTimestamp(now), trace.WithAttributes(
		label("spacesetl.endpoint", string(v.Endpoint)), label("spacesetl.token", v.Token),
		label("spacesetl.limit", string(v.Limit)), attribute.Bool("spacesetl.retry", v.Kind == extract.EventRetry)))
	t.waits = append(t.waits, waitSpan{span, v.Until})
}

// sweep ends the waits that are over.
func (t *tracing) sweep(now time.Time) {
	kept := t.waits[:0]
	for _, w := range t.waits {
		if w.until.After(now) {
			kept = append(kept, w)
			continue
		}
		w.End(trace.WithTimestamp(w.until))
	}
	t.waits = kept
}

// end closes all spans.
func (t *tracing) end(job, id string, end End) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(end.At)
	for _, w := range t.waits { // cut short
		w.End(trace.WithTimestamp(end.At))
	}
	t.close(end.At)
	t.run.SetAttributes(label("spacesetl.job", job), label("spacesetl.run", id),
		label("spacesetl.outcome", string(end.Outcome)), attribute.Int("spacesetl.exit_code", end.Code))
	if end.Code != 0 {
		t.run.SetStatus(codes.Error, string(end.Outcome))
	}
	t.run.End(trace.WithTimestamp(end.At))
}
