package simulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limiter keeps one window per token and endpoint, opened by its first
// request, and the spacing of by/creator_ids.
type limiter struct {
	config  Config
	mu      sync.Mutex
	windows map[windowKey]*window
	spaced  map[string]time.Time // last by/creator_ids request by owner
}

type windowKey struct{ token, endpoint string }

type window struct {
	end  time.Time
	used int
}

func newLimiter(config Config) *limiter {
	l := &limiter{config: config}
	l.reset()
	return l
}

func (l *limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.windows, l.spaced = map[windowKey]*window{}, map[string]time.Time{}
}

// verdict is what the limiter says about a request.
type verdict struct {
	ok        bool
	silent    bool // no headers
	limit     int
	remaining int
	reset     time.Time
}

func (v verdict) header(h http.Header) {
	if v.silent {
		return
	}
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(v.limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(v.remaining))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(ceilSecond(v.reset), 10))
}

// ceilSecond rounds up, so that the window has ended at the second told.
func ceilSecond(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// admit counts a request. One that comes too soon after another to
// by/creator_ids is refused without being counted: its 429 has a remainder.
func (l *limiter) admit(e *endpoint, auth identity) verdict {
	if l.config.NoRateLimits {
		return verdict{ok: true, silent: true}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.config.Now()
	w := l.window(e, auth, now)
	limit := l.limit(e, auth)
	v := verdict{limit: limit, remaining: max(limit-w.used, 0), reset: w.end}
	if v.remaining == 0 {
		return v
	}
	if e.name == "creators" && l.config.CreatorSpacing > 0 {
		if last, ok := l.spaced[auth.owner()]; ok && now.Sub(last) < l.config.CreatorSpacing {
			return v
		}
		l.spaced[auth.owner()] = now
	}
	w.used++
	v.remaining--
	v.ok = true
	return v
}

func (l *limiter) window(e *endpoint, auth identity, now time.Time) *window {
	key := windowKey{auth.token, e.name}
	if l.config.SharedLookupBucket && (e.name == "space" || e.name == "spaces" || e.name == "creators") {
		key.endpoint = "lookup"
	}
	w := l.windows[key]
	if w == nil || !now.Before(w.end) {
		w = &window{end: now.Add(l.config.Window)}
		l.windows[key] = w
	}
	return w
}

func (l *limiter) limit(e *endpoint, auth identity) int {
	if n, ok := l.config.Limits[e.name]; ok {
		return n
	}
	if n, ok := l.config.Limits["*"]; ok {
		return n
	}
	if auth.kind == TokenUser {
		return e.userLimit
	}
	return e.appLimit
}
