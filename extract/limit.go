package extract

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

const (
	// windowLength is the API's rate window, dayLength that of the limits of
	// 24 hours; no reset is believed that is further away than this and a minute.
	windowLength = 15 * time.Minute
	dayLength    = 24 * time.Hour
	// spacingMargin is added to the spacing of by/creator_ids, per cent. It
	// counts from the answer, so that it need not cover the way there.
	spacingMargin = 1
)

// lostStatus tells a request that may have arrived from one that did not.
func lostStatus(err error) int {
	var op *net.OpError
	var proxy *proxyError
	if reason, _ := explain(err); reason != "" || errors.As(err, &proxy) || errors.As(err, &op) && op.Op == "dial" {
		return schemas.Unsent
	}
	return schemas.Unanswered
}

// windows lets requests through as far as the server's rate windows allow, by
// token and endpoint. What a window holds is learned from the headers; as long
// as it is unknown one request goes ahead and the others wait for its answer,
// or go to another token.
type windows struct {
	cfg   *Config
	clock *skew

	mu      sync.Mutex
	lanes   map[bucket]*lane
	paces   map[string]*pace // by app
	days    map[day]*window
	changed chan struct{} // closed when a request comes back
}

func newWindows(cfg *Config, clock *skew) *windows {
	return &windows{cfg: cfg, clock: clock, lanes: map[bucket]*lane{}, paces: map[string]*pace{},
		days: map[day]*window{}, changed: make(chan struct{})}
}

// acquire reserves one request with the key that has most room. It waits for
// other requests' answers, never for time to pass: then it returns a
// *RateLimitError. After nil the caller must call release.
func (w *windows) acquire(ctx context.Context, e schemas.Endpoint, keys []*key) (*key, error) {
	for {
		k, changed, err := w.try(e, keys)
		if changed == nil {
			return k, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", e, ctx.Err())
		}
	}
}

// try reserves a request, or returns what to wait for: a channel or a time. Of
// equal windows the first configured is taken.
func (w *windows) try(e schemas.Endpoint, keys []*key) (*key, <-chan struct{}, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	var best *lane
	var limit *RateLimitError
	most, answer := 0, false
	for _, k := range keys {
		l := w.lane(bucket{k, e})
		closed := l.closed(now)
		room := w.room(l)
		switch {
		case closed != nil && (limit == nil || closed.Reset.Before(limit.Reset)):
			limit = closed
		case closed != nil:
		case room <= 0:
			answer = true
		case room > most:
			best, most = l, room
		}
	}
	switch {
	case best != nil:
		best.reserve(1)
		return best.key, nil, nil
	case answer || limit == nil:
		return nil, w.changed, nil
	}
	return nil, nil, limit
}

// room is how many requests the lane takes now, at least while it is open; 0 is
// to wait for an answer.
func (w *windows) room(l *lane) int {
	meeting, tight := w.meeting(l.key)
	switch {
	case l.pace != nil && l.pace.busy > 0,
		!l.window.known && l.window.inflight > 0,
		!l.window.met && (meeting > 0 || tight):
		return 0
	}
	room := l.window.limit
	for _, m := range append(l.days, l.window) {
		if m.known {
			room = min(room, m.left()-m.inflight-meeting)
		}
	}
	return room
}

func (w *windows) lane(b bucket) *lane {
	if l := w.lanes[b]; l != nil {
		return l
	}
	l := &lane{bucket: b, window: &window{clock: w.clock, span: windowLength, limit: documentedLimit(b.key, b.endpoint)}, days: w.dayWindows(b)}
	if b.endpoint == schemas.Creators {
		if w.paces[b.key.app] == nil {
			w.paces[b.key.app] = &pace{}
		}
		l.pace = w.paces[b.key.app]
	}
	w.lanes[b] = l
	return l
}

func (w *windows) dayWindows(b bucket) []*window {
	var all []*window
	for _, d := range [...]day{{endpoint: b.endpoint, key: b.key}, {endpoint: b.endpoint, app: b.key.app}} {
		if w.days[d] == nil {
			w.days[d] = &window{clock: w.clock, span: dayLength}
		}
		all = append(all, w.days[d])
	}
	return all
}

// release gives back a reservation with the answer's status and header. For a
// 429 it returns what to do.
func (w *windows) release(b bucket, status int, h http.Header) *RateLimitError {
	w.mu.Lock()
	defer w.mu.Unlock()
	l, now := w.lane(b), w.cfg.Now()
	r := readRate(h, windowHeaders)
	w.relate(l, r, now)
	l.reserve(-1)
	close(w.changed)
	w.changed = make(chan struct{})
	if l.pace != nil && status != schemas.Unsent {
		// Counted from the answer, not from sending: a request delayed on its
		// way could otherwise reach the server just before the next.
		l.pace.hold(now.Add(w.cfg.CreatorSpacing + w.cfg.CreatorSpacing*spacingMargin/100))
	}
	l.window.learn(r, status, now)
	for i, d := range l.days {
		if r := readRate(h, dayHeaders[i]); r.ok {
			d.learn(r, status, now)
		}
	}
	if status != http.StatusTooManyRequests {
		if status > 0 && status < 500 {
			l.strikes = 0
		}
		return nil
	}
	return w.refused(l, r, h, now)
}

// hold keeps a lane closed whose token cannot be had.
func (w *windows) hold(b bucket, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lane(b).block(until, LimitToken)
}

// list is what Client.Windows returns.
func (w *windows) list() []Window {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	var all []Window
	for _, l := range w.lanes {
		if !l.window.met && !l.window.known {
			continue
		}
		all = append(all, l.shown(now))
	}
	slices.SortFunc(all, func(a, b Window) int {
		return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Token, b.Token))
	})
	return all
}
