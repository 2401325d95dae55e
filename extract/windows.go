package extract

import (
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

// shown is what a lane's window, or whatever closes the lane, leaves.
func (l *lane) shown(now time.Time) Window {
	shown := Window{Endpoint: l.endpoint, Token: l.key.label, Limit: l.window.limit, Remaining: l.window.limit}
	if s := l.window; s.known && now.Before(s.end()) {
		shown.Remaining, shown.Reset = max(s.left()-s.inflight, 0), s.end().UTC()
	}
	if closed := l.closed(now); closed != nil && closed.Kind != LimitSpacing {
		shown.Remaining, shown.Reset = 0, closed.Reset.UTC()
	}
	return shown
}
