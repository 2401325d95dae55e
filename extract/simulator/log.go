package simulator

import (
	"slices"
	"sync"
	"time"
)

// keptRequests bounds the log; older records make room.
const keptRequests = 100_000

// Kinds of tokens in a RequestRecord.
const (
	TokenNone = "none" // missing, expired or unknown
	TokenApp  = "app"
	TokenUser = "user"
)

// RequestRecord is one request as the server saw it. Status is 0 when the
// connection was reset.
type RequestRecord struct {
	Seq       uint64    `json:"seq"`
	Time      time.Time `json:"time"`
	Endpoint  string    `json:"endpoint"`
	URL       string    `json:"url"` // path and query
	TokenKind string    `json:"token_kind"`
	Status    int       `json:"status"`
	Fault     Fault     `json:"fault,omitempty"`
	Bytes     int       `json:"bytes,omitempty"` // of the body of an answer with status 200, unpacked
}

// requestLog is a ring of the last records.
type requestLog struct {
	mu   sync.Mutex
	ring []RequestRecord
	head int // the oldest record, once the ring is full
	all  map[string]int
}

func newRequestLog() *requestLog {
	l := &requestLog{}
	l.reset()
	return l
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring, l.head, l.all = nil, 0, map[string]int{}
}

func (l *requestLog) add(r RequestRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[r.Endpoint]++
	if len(l.ring) < keptRequests {
		l.ring = append(l.ring, r)
		return
	}
	l.ring[l.head] = r
	l.head = (l.head + 1) % keptRequests
}

func (l *requestLog) requests() []RequestRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.ring[l.head:], l.ring[:l.head])
}

func (l *requestLog) counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[string]int, len(l.all))
	for k, v := range l.all {
		out[k] = v
	}
	return out
}
