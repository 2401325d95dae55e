package extract

import (
	"net/http"
	"strconv"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// window is one of the server's counts as far as the answers tell.
type window struct {
	clock *skew
	span  time.Duration // how long it lasts
	limit int           // requests in it: documented, until a header says otherwise

	met       bool // there has been an answer
	known     bool
	remaining int       // requests left by the last header, less those never counted down
	counted   int       // requests of ours in it, by their answers
	missing   int       // requests since without an answer, which may have been counted
	reset     int64     // epoch seconds by the server's clock; 0 when no header told
	latest    time.Time // by our clock: the window is over then at the latest

	inflight int
}

// left is how many requests surely are left, those under way included.
func (s *window) left() int { return s.remaining - s.missing }

// learn updates the window from an answer. Answers overtake each other: of one
// window the lowest number counts, and a later reset is a new window.
func (s *window) learn(r rate, status int, now time.Time) {
	if r.limit > 0 {
		s.limit = r.limit
	}
	s.met = s.met || r.ok
	switch {
	case r.ok && s.known && r.reset == s.reset:
		s.remaining, s.missing = min(s.remaining, r.remaining), 0
		s.counted += counts(status)
	case r.ok && (!s.known || r.reset > s.reset):
		s.known, s.remaining, s.missing, s.reset = true, r.remaining, 0, r.reset
		s.counted = counts(status)
		s.latest = now.Add(s.span + time.Minute)
	case status == schemas.Unanswered:
		s.missing++
	case r.ok, status == schemas.Unsent, status >= 500, status == http.StatusTooManyRequests:
	case s.known && s.reset == 0:
		s.remaining--
	case !s.known: // a server without these headers: count as documented
		s.known, s.remaining, s.missing, s.reset = true, s.limit-1, 0, 0
		s.latest = now.Add(s.span)
	}
}

// counts is how many requests the server counted for an answer.
func counts(status int) int {
	if status == http.StatusTooManyRequests {
		return 0
	}
	return 1
}

// spent reports whether nothing is left of the window. One that is over is
// unknown from then on.
func (s *window) spent(now time.Time) bool {
	if s.known && !now.Before(s.end()) {
		s.known, s.reset = false, 0
	}
	if !s.known {
		s.missing = 0
	}
	return s.known && s.left() <= 0
}

// end is when the window is over, by our clock.
func (s *window) end() time.Time {
	if s.reset == 0 {
		return s.latest
	}
	if end := s.clock.local(s.reset); end.Before(s.latest) {
		return end
	}
	return s.latest
}

// day names a count of 24 hours, which some endpoints have beside the window.
type day struct {
	endpoint schemas.Endpoint
	app      string // of all tokens of the app, when key is nil
	key      *key
}

// The beginnings of the headers, those of the days as in lane.days.
const windowHeaders = "x-rate-limit-"

var dayHeaders = [...]string{"x-user-limit-24hour-", "x-app-limit-24hour-"}

// rate is what an answer's headers say of a window; ok unless they say nothing
// usable.
type rate struct {
	limit     int // 0 when not told
	remaining int
	reset     int64 // epoch seconds
	ok        bool
}

// readRate reads the three headers that begin so.
func readRate(h http.Header, begin string) rate {
	reset, err := strconv.ParseInt(h.Get(begin+"reset"), 10, 64)
	if err != nil || reset <= 0 || reset > 1<<40 {
		return rate{}
	}
	limit, _ := strconv.Atoi(h.Get(begin + "limit")) // 0 if there is none
	remaining, err := strconv.Atoi(h.Get(begin + "remaining"))
	return rate{limit: max(limit, 0), remaining: max(remaining, 0), reset: reset, ok: err == nil}
}
