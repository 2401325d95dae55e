package extract

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxBurstDelay   = time.Minute
	maxUnknownDelay = 15 * time.Minute
)

// refused decides what a 429 means and keeps the lane closed until it is worth
// asking again.
func (w *windows) refused(l *lane, r rate, h http.Header, now time.Time) *RateLimitError {
	after := retryAfter(h, now.Add(w.clock.offset()))
	e := &RateLimitError{Endpoint: l.endpoint, Token: l.key.label, RetryAfter: after}
	s := l.window
	end := s.end()
	spent := r.ok && r.remaining <= 0 && s.reset == r.reset && end.After(now)
	switch day := l.daySpent(now); {
	case day.After(now) && !(spent && end.After(day)):
		e.Kind, e.Reset = LimitDay, later(day, now.Add(after))
		l.block(e.Reset, e.Kind)
		return e
	case spent:
		e.Kind, e.Reset = LimitWindow, later(end, now.Add(after))
		l.block(e.Reset, e.Kind)
		return e
	case r.ok && s.known && r.reset < s.reset && l.strikes == 0:
		// Of a window that others' answers say is over.
		e.Kind, e.Reset = LimitWindow, later(now, w.clock.local(r.reset))
		l.strikes++
		l.block(e.Reset, e.Kind)
		return e
	case r.ok && r.remaining > 0:
		e.Kind = LimitBurst
	default:
		e.Kind = LimitUnknown
	}
	if l.strikes > 0 && now.Before(l.blocked) && l.why == e.Kind {
		e.Reset = l.blocked // sent together with one that was refused before
		return e
	}
	e.Reset = now.Add(w.delay(e.Kind, l.strikes, after))
	l.strikes++
	s.known = false // one request goes ahead then
	l.block(e.Reset, e.Kind)
	if l.pace != nil {
		l.pace.hold(e.Reset) // the app's other tokens are too fast as well
	}
	return e
}

// delay is the wait after the n-th 429 in a row, from 0, that named no reset.
func (w *windows) delay(kind LimitKind, n int, after time.Duration) time.Duration {
	if after > 0 {
		return after
	}
	n = min(n, 16)
	if kind == LimitBurst {
		first := w.cfg.BurstDelay
		return min((first+rand.N(first))<<n, maxBurstDelay)
	}
	return min(w.cfg.UnknownDelay<<n, maxUnknownDelay)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// retryAfter reads a retry-after header, in seconds or as a date of the
// server's clock; 0 when there is none.
func retryAfter(h http.Header, serverNow time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	if at, ok := parseDate(value); ok {
		return max(at.Sub(serverNow), 0)
	}
	return 0
}
