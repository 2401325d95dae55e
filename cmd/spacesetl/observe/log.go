package observe

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
)

// Times in the log are UTC. A terminal does without the date.
const (
	logTime   = "2006-01-02T15:04:05.000Z"
	shortTime = "15:04:05.000Z"
)

// newLog returns a log to w, which leads to the options' Stderr: text on a
// terminal, JSON elsewhere, unless the options say which. Its lines carry the
// id of run; where the end is pinged, kept has the last of them.
func newLog(opts Options, w io.Writer, kept *tail, run *atomic.Pointer[string]) *slog.Logger {
	short := printable.Terminal(opts.Stderr) != nil
	var level slog.Level
	_ = level.UnmarshalText([]byte(opts.Level)) // checked, or empty
	var h slog.Handler
	if opts.Format == "json" || opts.Format != "text" && !short {
		h = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: jsonAttr})
	} else {
		h = slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: textAttr(short)})
	}
	if opts.Ping != "" {
		h = both{h, slog.NewTextHandler(kept, &slog.HandlerOptions{ReplaceAttr: textAttr(true)})}
	}
	return slog.New(tagged{h, run})
}

// longestText bounds a text of the log: a server that is told of a run can answer
// with megabytes.
const longestText = 4 << 10 // bytes

// bounded cuts a text or an error that is too long.
func bounded(a slog.Attr) slog.Attr {
	var text string
	switch value := a.Value.Any().(type) {
	case string:
		text = value
	case error:
		text = value.Error()
	}
	if len(text) > longestText {
		a.Value = slog.StringValue(strings.ToValidUTF8(text[:longestText], "") + "…")
	}
	return a
}

// jsonAttr writes times in UTC and durations in seconds.
func jsonAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString, slog.KindAny:
		return bounded(a)
	case slog.KindTime:
		a.Value = slog.StringValue(a.Value.Time().UTC().Format(logTime))
	case slog.KindDuration:
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	}
	return a
}

// textAttr writes times in UTC.
func textAttr(short bool) func([]string, slog.Attr) slog.Attr {
	return func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() != slog.KindTime {
			return bounded(a)
		}
		format := logTime
		if short {
			format = shortTime
		}
		a.Value = slog.StringValue(a.Value.Time().UTC().Format(format))
		return a
	}
}

// tagged adds the run's id to every line, once there is one.
type tagged struct {
	slog.Handler
	run *atomic.Pointer[string]
}

func (t tagged) Handle(ctx context.Context, r slog.Record) error {
	if id := t.run.Load(); id != nil {
		r = r.Clone()
		r.AddAttrs(slog.String("run", *id))
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs keeps the tag.
func (t tagged) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tagged{t.Handler.WithAttrs(attrs), t.run}
}

// WithGroup keeps the tag.
func (t tagged) WithGroup(name string) slog.Handler {
	return tagged{t.Handler.WithGroup(name), t.run}
}
