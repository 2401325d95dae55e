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

// refused decides what a 429 means and keeps the bucket closed until it is
// worth asking again.
func (w *windows) refused(b bucket, s *window, r rate, h http.Header, now time.Time) *RateLimitError {
	after := retryAfter(h, now.Add(w.clock.offset()))
	e := &RateLimitError{Endpoint: b.endpoint, Token: b.key.String(), RetryAfter: after}
	end := w.end(s)
	switch {
	case r.ok && r.remaining <= 0 && s.reset == r.reset && end.After(now):
		e.Kind, e.Reset = LimitWindow, later(end, now.Add(after))
		s.block(e.Reset, e.Kind)
		return e
	case r.ok && s.known && r.reset < s.reset && s.strikes == 0:
		// Of a window that others' answers say is over.
		e.Kind, e.Reset = LimitWindow, later(now, w.local(r.reset))
		s.strikes++
		s.block(e.Reset, e.Kind)
		return e
	case r.ok && r.remaining > 0:
		e.Kind = LimitBurst
	default:
		e.Kind = LimitUnknown
	}
	if s.strikes > 0 && now.Before(s.blocked) && s.why == e.Kind {
		e.Reset = s.blocked // sent together with one that was refused before
		return e
	}
	e.Reset = now.Add(w.delay(e.Kind, s.strikes, after))
	s.strikes++
	s.known = false // one request goes ahead then
	s.block(e.Reset, e.Kind)
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

// rate is what an answer's headers say of the window; ok unless they say
// nothing usable.
type rate struct {
	remaining int
	reset     int64 // epoch seconds
	ok        bool
}

func readRate(h http.Header) rate {
	reset, err := strconv.ParseInt(h.Get("x-rate-limit-reset"), 10, 64)
	if err != nil || reset <= 0 || reset > 1<<40 {
		return rate{}
	}
	remaining, err := strconv.Atoi(h.Get("x-rate-limit-remaining"))
	return rate{remaining: max(remaining, 0), reset: reset, ok: err == nil}
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
