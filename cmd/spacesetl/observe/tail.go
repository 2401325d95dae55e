package observe

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
)

// tail keeps the last lines of the log.
type tail struct {
	mu    sync.Mutex
	lines []string
}

const maxTail = 40 // lines

// Write keeps a line.
func (t *tail) Write(line []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == maxTail {
		t.lines = t.lines[1:]
	}
	t.lines = append(t.lines, string(line))
	return len(line), nil
}

// last returns what fits.
func (t *tail) last(bytes int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := len(t.lines)
	for first > 0 && len(t.lines[first-1]) <= bytes {
		first--
		bytes -= len(t.lines[first])
	}
	return strings.Join(t.lines[first:], "")
}

// both logs to two handlers, each with its own level.
type both [2]slog.Handler

// Enabled reports whether either takes the level.
func (b both) Enabled(ctx context.Context, level slog.Level) bool {
	return b[0].Enabled(ctx, level) || b[1].Enabled(ctx, level)
}

// Handle hands the record to those that take it.
func (b both) Handle(ctx context.Context, r slog.Record) error {
	var errs []error
	for _, h := range b {
		if h.Enabled(ctx, r.Level) {
			errs = append(errs, h.Handle(ctx, r.Clone()))
		}
	}
	return errors.Join(errs...)
}

// WithAttrs adds them to both.
func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b[0].WithAttrs(attrs), b[1].WithAttrs(attrs)}
}

// WithGroup adds it to both.
func (b both) WithGroup(name string) slog.Handler {
	return both{b[0].WithGroup(name), b[1].WithGroup(name)}
}
