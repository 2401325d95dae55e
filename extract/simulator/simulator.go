// Package simulator is the X API v2 for Spaces as an http.Handler: the
// endpoints, tokens, rate windows, billing, faults and data oddities that a
// client meets, over a world derived from a seed.
//
// It uses the standard library only and shares no code with the client, so
// that the two cannot share a mistake. What the world truly holds can be asked
// in Go and under /_sim/, beside the API.
package simulator

import (
	"bytes"
	"compress/gzip"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Simulator is the server. Its methods may be called from many goroutines.
type Simulator struct {
	*present
	*oauth
	config    Config
	endpoints []*endpoint
	sequence  atomic.Uint64

	limiter *limiter
	faults  *faultPlan
	ledger  *ledger
	log     *requestLog
	seen    *seenLog
	zippers sync.Pool
}

// New makes a server. It costs the same for every size of world.
func New(config Config) *Simulator {
	config = config.withDefaults()
	s := &Simulator{
		present:   newPresent(config),
		oauth:     newOAuth(config),
		config:    config,
		endpoints: endpointTable(),
		limiter:   newLimiter(config),
		faults:    newFaultPlan(config),
		ledger:    newLedger(config),
		log:       newRequestLog(),
		seen:      newSeenLog(!config.ForgetSeen),
	}
	s.zippers.New = func() any {
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
		return z
	}
	return s
}

// Reset forgets requests, bills, rate windows and what was served, and starts
// the fault script again. Issued tokens stay valid.
func (s *Simulator) Reset() {
	s.sequence.Store(0)
	s.limiter.reset()
	s.faults.reset()
	s.ledger.reset()
	s.log.reset()
	s.seen.reset()
}

// Requests lists the last 100,000 requests, oldest first, in the order of
// their answers.
func (s *Simulator) Requests() []RequestRecord { return s.log.requests() }

// RequestCounts counts all requests by endpoint name.
func (s *Simulator) RequestCounts() map[string]int { return s.log.counts() }

// Served reports what was served since the start or the last Reset.
func (s *Simulator) Served() Served { return s.seen.served() }

// Billing reports what the requests so far cost.
func (s *Simulator) Billing() BillingReport { return s.ledger.report() }

// ServeHTTP answers the API under /2/, the token endpoints and /_sim/.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	s.date(w)
	path := req.URL.Path
	if strings.HasPrefix(path, "/_sim/") {
		control(s, w, req)
		return
	}
	seq := s.sequence.Add(1)
	if s.config.Latency > 0 && !pause(req, s.config.Latency) {
		return
	}
	if s.oauthEndpoint(w, req, seq) {
		return
	}
	e, param := route(s.endpoints, path)
	switch {
	case e == nil:
		s.refuse(w, req, seq, http.StatusNotFound)
	case req.Method != http.MethodGet:
		s.refuse(w, req, seq, http.StatusMethodNotAllowed)
	default:
		s.api(w, req, e, param, seq)
	}
}

// refuse answers what is no endpoint at all.
func (s *Simulator) refuse(w http.ResponseWriter, req *http.Request, seq uint64, status int) {
	s.log.add(RequestRecord{Seq: seq, Time: s.config.Now(), Endpoint: "unknown", URL: req.URL.RequestURI(),
		TokenKind: s.oauth.identify(req).kind, Status: status})
	s.write(w, req, status, s.encode(blank(status).body, &quirk{}))
}

// date sets the Date header with the configured zone text.
func (s *Simulator) date(w http.ResponseWriter) {
	w.Header().Set("Date", s.config.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 ")+s.config.DateZone)
}

func (s *Simulator) encode(body object, q *quirk) []byte {
	e := encoder{out: make([]byte, 0, 16<<10), q: q}
	e.object(body)
	return e.out
}

// zipFrom is the size from which answers are compressed, as proxies do.
const zipFrom = 1 << 10 // bytes

func (s *Simulator) write(w http.ResponseWriter, req *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	if status >= 400 {
		h.Set("Content-Type", "application/problem+json; charset=utf-8")
	}
	if len(body) > zipFrom && strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
		body = s.zip(body)
		h.Set("Content-Encoding", "gzip")
		h.Set("Vary", "Accept-Encoding")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a reader who left needs no answer
}

func (s *Simulator) zip(body []byte) []byte {
	z := s.zippers.Get().(*gzip.Writer)
	defer s.zippers.Put(z)
	var out bytes.Buffer
	z.Reset(&out)
	_, _ = z.Write(body) // a buffer takes all
	_ = z.Close()
	return out.Bytes()
}

// pause waits, unless the reader leaves.
func pause(req *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-req.Context().Done():
		return false
	}
}

func hashText(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
