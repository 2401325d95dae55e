package extract

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

const (
	// windowLength is the API's rate window; no reset is believed that is
	// further away than this and a minute.
	windowLength = 15 * time.Minute
	// spacingMargin is added to the spacing of by/creator_ids, per cent.
	spacingMargin = 5
)

// windows lets requests through as far as the server's rate windows allow, by
// token and endpoint. What a window holds is learned from the headers; as long
// as it is unknown one request goes ahead and the others wait for its answer.
type windows struct {
	cfg   *Config
	clock *skew

	mu  sync.Mutex
	all map[bucket]*window
}

// bucket is what the server counts separately.
type bucket struct {
	key      key
	endpoint schemas.Endpoint
}

// window is the state of one bucket.
type window struct {
	documented int           // requests per window where no header says otherwise
	spacing    time.Duration // least time between two requests, 0 for none

	known     bool
	remaining int       // requests left by the last header, less those never counted down
	reset     int64     // epoch seconds by the server's clock; 0 when no header told
	latest    time.Time // by our clock: the window is over then at the latest

	inflight int
	changed  chan struct{} // closed when a request comes back

	blocked time.Time // nothing goes out before
	why     LimitKind // of blocked
	strikes int       // 429s in a row that did not name a reset
}

func newWindows(cfg *Config, clock *skew) *windows {
	return &windows{cfg: cfg, clock: clock, all: map[bucket]*window{}}
}

// acquire reserves one request. It waits for other requests' answers, never
// for time to pass: then it returns a *RateLimitError. After nil the caller
// must call release.
func (w *windows) acquire(ctx context.Context, b bucket) error {
	for {
		changed, err := w.try(b)
		if changed == nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", b.endpoint, ctx.Err())
		}
	}
}

// try reserves a request, or returns what to wait for: a channel or a time.
func (w *windows) try(b bucket) (<-chan struct{}, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, now := w.get(b), w.cfg.Now()
	if s.known && !now.Before(w.end(s)) {
		s.known, s.reset = false, 0
	}
	alone := !s.known || s.spacing > 0
	switch {
	case now.Before(s.blocked):
		return nil, b.limited(s.why, s.blocked)
	case s.known && s.remaining <= 0:
		return nil, b.limited(LimitWindow, w.end(s))
	case alone && s.inflight > 0, s.known && s.remaining <= s.inflight:
		return s.changed, nil
	}
	s.inflight++
	return nil, nil
}

func (b bucket) limited(kind LimitKind, until time.Time) error {
	return &RateLimitError{Endpoint: b.endpoint, Token: b.key.String(), Kind: kind, Reset: until, Local: true}
}

func (w *windows) get(b bucket) *window {
	if s := w.all[b]; s != nil {
		return s
	}
	s := &window{documented: b.endpoint.Spec().Limit, changed: make(chan struct{})}
	if b.key.user && (b.endpoint == schemas.Users || b.endpoint == schemas.Usernames) {
		s.documented = 900 // the one place where users have another limit than apps
	}
	if b.endpoint == schemas.Creators {
		s.spacing = w.cfg.CreatorSpacing + w.cfg.CreatorSpacing*spacingMargin/100
	}
	w.all[b] = s
	return s
}

// end is when the window is over, by our clock.
func (w *windows) end(s *window) time.Time {
	if s.reset == 0 {
		return s.latest
	}
	if end := w.local(s.reset); end.Before(s.latest) {
		return end
	}
	return s.latest
}

// local is a reset by our clock. The header has whole seconds, so the window
// may end up to one later.
func (w *windows) local(reset int64) time.Time {
	return time.Unix(reset+1, 0).Add(-w.clock.offset())
}

// release gives back a reservation with the answer's header, or without one
// when no answer came. For a 429 it returns what to do.
func (w *windows) release(b bucket, status int, h http.Header) *RateLimitError {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, now := w.get(b), w.cfg.Now()
	s.inflight--
	close(s.changed)
	s.changed = make(chan struct{})
	if s.spacing > 0 {
		// Counted from the answer, not from sending: a request delayed on its
		// way could otherwise reach the server just before the next.
		s.block(now.Add(s.spacing), LimitSpacing)
	}
	r := readRate(h)
	s.learn(r, status, now)
	if status != http.StatusTooManyRequests {
		if status > 0 && status < 500 {
			s.strikes = 0
		}
		return nil
	}
	return w.refused(b, s, r, h, now)
}

// learn updates the window from an answer. Answers overtake each other: of one
// window the lowest number counts, and a later reset is a new window.
func (s *window) learn(r rate, status int, now time.Time) {
	switch {
	case r.ok && s.known && r.reset == s.reset:
		s.remaining = min(s.remaining, r.remaining)
	case r.ok && (!s.known || r.reset > s.reset):
		s.known, s.remaining, s.reset = true, r.remaining, r.reset
		s.latest = now.Add(windowLength + time.Minute)
	case r.ok, status == 0, status >= 500, status == http.StatusTooManyRequests:
	case s.known && s.reset == 0:
		s.remaining--
	case !s.known: // a server without these headers: count as documented
		s.known, s.remaining, s.reset = true, s.documented-1, 0
		s.latest = now.Add(windowLength)
	}
}

func (s *window) block(until time.Time, why LimitKind) {
	if until.After(s.blocked) {
		s.blocked, s.why = until, why
	}
}
