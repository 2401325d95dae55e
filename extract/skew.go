package extract

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// skew estimates how far the server's clock is ahead of ours. A Date header
// has whole seconds, so each answer bounds the difference from both sides, and
// the bounds of all answers together are narrow.
type skew struct {
	mu     sync.Mutex
	lo, hi time.Duration
	known  bool
}

// observe takes the Date of an answer and when its request was sent and its
// headers received, by our clock.
func (s *skew) observe(date string, sent, received time.Time) {
	server, ok := parseDate(date)
	if !ok {
		return
	}
	lo, hi := server.Sub(received), server.Add(time.Second).Sub(sent)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known && lo <= s.hi && hi >= s.lo {
		lo, hi = max(lo, s.lo), min(hi, s.hi)
	} // else a clock was set: begin again
	s.lo, s.hi, s.known = lo, hi, true
}

// offset is the server's time minus ours: 0 as long as the clocks may agree,
// else the bound that makes us wait longer.
func (s *skew) offset() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known || s.lo <= 0 && s.hi >= 0 {
		return 0
	}
	return s.lo
}

// maxSkew is how far a clock may be off without harm.
const maxSkew = 2 * time.Minute

// correction is offset where our clock is off by more than maxSkew, else 0.
func (s *skew) correction() time.Duration {
	if by := s.offset(); by.Abs() > maxSkew {
		return by
	}
	return 0
}

// local is a reset by our clock. The header has whole seconds, so the window
// may end up to one later.
func (s *skew) local(reset int64) time.Time {
	return time.Unix(reset+1, 0).Add(-s.offset())
}

// parseDate reads a Date header. The API writes the zone as UTC, which
// http.ParseTime does not take.
func parseDate(date string) (time.Time, bool) {
	date = strings.TrimSpace(date)
	if head, ok := strings.CutSuffix(date, " UTC"); ok {
		date = head + " GMT"
	}
	if !strings.HasSuffix(date, " GMT") {
		return time.Time{}, false
	}
	t, err := http.ParseTime(date)
	return t.UTC(), err == nil
}
