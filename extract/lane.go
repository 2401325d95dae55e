package extract

import (
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// bucket is what the server counts separately, mostly.
type bucket struct {
	key      *key
	endpoint schemas.Endpoint
}

// lane is the way of one token to one endpoint.
type lane struct {
	bucket
	window   *window   // other lanes of the token can have the same
	days     []*window // the user's and the app's 24 hours
	pace     *pace     // nil where requests need no spacing
	inflight int

	blocked time.Time // nothing goes out before
	why     LimitKind // of blocked
	strikes int       // 429s in a row that did not name a reset
}

// pace is the least time between two requests of all tokens of an app.
type pace struct {
	busy int // requests under way
	next time.Time
}

// closed says until when nothing can go out, nil if something can, maybe after
// an answer that is under way.
func (l *lane) closed(now time.Time) *RateLimitError {
	e := &RateLimitError{Endpoint: l.endpoint, Token: l.key.label, Local: true}
	until := func(t time.Time, kind LimitKind) {
		if t.After(now) && t.After(e.Reset) {
			e.Reset, e.Kind = t, kind
		}
	}
	until(l.blocked, l.why)
	if l.pace != nil {
		until(l.pace.next, LimitSpacing)
	}
	if l.window.spent(now) {
		until(l.window.end(), LimitWindow)
	}
	for _, d := range l.days {
		if d.spent(now) {
			until(d.end(), LimitDay)
		}
	}
	if e.Reset.IsZero() {
		return nil
	}
	return e
}

// daySpent is when the lane's 24 hours are over, if nothing is left of them.
func (l *lane) daySpent(now time.Time) (end time.Time) {
	for _, d := range l.days {
		if d.spent(now) {
			end = later(end, d.end())
		}
	}
	return end
}

// reserve counts n requests as under way.
func (l *lane) reserve(n int) {
	l.inflight += n
	l.window.inflight += n
	for _, d := range l.days {
		d.inflight += n
	}
	if l.pace != nil {
		l.pace.busy += n
	}
}

func (l *lane) block(until time.Time, why LimitKind) {
	if until.After(l.blocked) {
		l.blocked, l.why = until, why
	}
}

func (p *pace) hold(until time.Time) {
	if until.After(p.next) {
		p.next = until
	}
}
