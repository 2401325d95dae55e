package extract

import (
	"net/http"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// sameReset is how far two resets of one window can be apart.
const sameReset = 2 * time.Second

// relate finds out which endpoints share a window of one token: the API has
// been seen to count lookups by id, by list and by creator together, and not
// to. It must be called while the answer's request counts as under way.
func (w *windows) relate(l *lane, r rate, status int, now time.Time) {
	if !r.ok || r.limit == 0 {
		return
	}
	if w.separate(l, r, now) {
		w.split(l)
	}
	refused := status == http.StatusTooManyRequests
	for _, spec := range schemas.Specs() {
		other := w.lanes[bucket{l.key, spec.Endpoint}]
		if other != nil && other.window != l.window && together(l.window, other.window, r, refused) {
			w.join(l.window, other.window)
			return
		}
	}
}

// together reports whether an answer from one window shows that the other is
// the same: it has the same reset and says that more was counted than was sent
// there, just as much as the other explains.
func together(own, other *window, r rate, refused bool) bool {
	if !other.known || other.reset != r.reset || other.limit != r.limit {
		return false
	}
	alone := r.limit // requests that would be left if only its own were counted
	if own.known && own.reset == r.reset {
		alone = own.remaining
	}
	if refused {
		return r.remaining == 0 && other.remaining == 0 && alone-own.inflight >= 0
	}
	return r.remaining < alone-own.inflight && r.remaining < other.remaining &&
		r.remaining >= other.left()-other.inflight-own.inflight
}

// join makes the lanes of one window those of another.
func (w *windows) join(own, other *window) {
	other.inflight += own.inflight
	if own.known && own.reset == other.reset {
		other.remaining, other.missing = min(own.remaining, other.remaining), own.missing+other.missing
	}
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
	here, there := w.local(s.reset), w.local(r.reset)
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
	l.window = &window{span: l.window.span, limit: l.window.limit, inflight: l.inflight}
}
