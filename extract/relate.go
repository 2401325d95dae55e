package extract

import (
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// sameReset is how far two resets of one window can be apart.
const sameReset = 2 * time.Second

// relate finds out which endpoints share a window of one token: the API has
// been seen to count lookups by id, by list and by creator together, and not
// to. It must be called while the answer's request counts as under way.
func (w *windows) relate(l *lane, r rate, now time.Time) {
	if !r.ok || r.limit == 0 {
		return
	}
	if w.separate(l, r, now) {
		w.split(l)
	}
	if other := w.twin(l, r); other != nil {
		w.join(l.window, other)
	}
}

// twin finds the window that an answer shows to be the lane's as well. Of two
// that could be, one with answers of the same kind is likelier.
func (w *windows) twin(l *lane, r rate) (found *window) {
	if l.window.known {
		return nil // what else was counted can be an endpoint not met yet
	}
	for _, spec := range schemas.Specs() {
		other := w.lanes[bucket{l.key, spec.Endpoint}]
		switch {
		case other == nil || other.window == l.window || !together(l.window, other.window, r):
		case spec.Data == l.endpoint.Spec().Data:
			return other.window
		case found == nil:
			found = other.window
		}
	}
	return found
}

// meeting is how many first answers of the token's windows are under way, one at
// most, and whether another window could not spare a request for one. Windows
// are met one after the other: else the two first answers of one that is shared
// could come the wrong way round, and tell nothing. Until it is there, every
// window of the token may be the one that counts it.
func (w *windows) meeting(k *key) (n int, tight bool) {
	for _, spec := range schemas.Specs() {
		l := w.lanes[bucket{k, spec.Endpoint}]
		switch {
		case l == nil || l.window.inflight == 0:
		case !l.window.met:
			n = l.window.inflight
		case l.window.known && l.window.left() <= l.window.inflight:
			tight = true
		}
	}
	return n, tight
}

// together reports whether the first answer from a window shows that another is
// the same: it has the same reset and says that more was counted than was sent
// there, just as much as the other explains.
func together(own, other *window, r rate) bool {
	return other.known && other.reset == r.reset && other.limit == r.limit &&
		r.limit-r.remaining > own.inflight && r.remaining <= other.remaining+other.counted &&
		r.remaining >= other.left()-other.inflight-own.inflight
}

// join makes the lanes of a window, of which nothing is known, those of another.
func (w *windows) join(own, other *window) {
	other.inflight += own.inflight
	for _, l := range w.lanes {
		if l.window == own {
			l.window = other
		}
	}
}

// separate reports whether an answer shows that the lane does not share its
// window after all: there cannot be two resets to come of one window.
func (w *windows) separate(l *lane, r rate, now time.Time) bool {
	s := l.window
	if !s.known || s.reset == 0 || !w.shared(l) {
		return false
	}
	here, there := w.clock.local(s.reset), w.clock.local(r.reset)
	return here.Sub(there).Abs() > sameReset && here.Sub(now) > sameReset && there.Sub(now) > sameReset
}

func (w *windows) shared(l *lane) bool {
	for _, other := range w.lanes {
		if other != l && other.window == l.window {
			return true
		}
	}
	return false
}

// split gives a lane a window of its own, of which nothing is known.
func (w *windows) split(l *lane) {
	l.window.inflight -= l.inflight
	l.window = &window{clock: w.clock, span: l.window.span, limit: l.window.limit, inflight: l.inflight}
}
