package extract

import (
	"cmp"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Window is what is known of the rate window of a token at an endpoint.
type Window struct {
	Endpoint  schemas.Endpoint `json:"endpoint"`
	Token     string           `json:"token"`          // its name, never the token itself
	Limit     int              `json:"limit"`          // requests in a window
	Remaining int              `json:"remaining"`      // that surely can be sent before Reset
	Reset     time.Time        `json:"reset,omitzero"` // by our clock; zero while no answer has told
}

// Windows returns the rate windows met so far, by endpoint and token. One that
// is over has all its requests left and no reset.
func (c *Client) Windows() []Window { return c.windows.list() }

func (w *windows) list() []Window {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	var all []Window
	for _, l := range w.lanes {
		if !l.window.met && !l.window.known {
			continue
		}
		all = append(all, w.shown(l, now))
	}
	slices.SortFunc(all, func(a, b Window) int {
		return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Token, b.Token))
	})
	return all
}

// shown is what a lane's window, or whatever closes the lane, leaves.
func (w *windows) shown(l *lane, now time.Time) Window {
	shown := Window{Endpoint: l.endpoint, Token: l.key.label, Limit: l.window.limit, Remaining: l.window.limit}
	if s := l.window; s.known && now.Before(w.end(s)) {
		shown.Remaining, shown.Reset = max(s.left()-s.inflight, 0), w.end(s).UTC()
	}
	if closed := w.closed(l, now); closed != nil && closed.Kind != LimitSpacing {
		shown.Remaining, shown.Reset = 0, closed.Reset.UTC()
	}
	return shown
}
