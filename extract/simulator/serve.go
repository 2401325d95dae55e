package simulator

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

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

// api answers a request to an API endpoint.
func (s *Simulator) api(w http.ResponseWriter, req *http.Request, e *endpoint, param string, seq uint64) {
	auth := s.oauth.identify(req)
	record := RequestRecord{Seq: seq, Time: s.config.Now(), Endpoint: e.name, URL: req.URL.RequestURI(), TokenKind: auth.kind}
	asked := s.asked(e, param, req.URL, auth.token)
	if hit := s.faults.take(asked, seq); hit.fault != FaultNone {
		s.serveFault(w, req, &record, hit)
		return
	}
	c, fail := s.admit(w, req, e, param, auth, asked)
	var body object
	if fail == nil {
		body, fail = answer(c)
	}
	if fail != nil {
		record.Status = fail.status
		s.log.add(record)
		s.write(w, req, fail.status, s.encode(fail.body, &quirk{}))
		return
	}
	out := s.encode(body, &c.q)
	record.Status, record.Bytes = http.StatusOK, len(out)
	if req.Context().Err() != nil { // the reader left: nothing was served
		return
	}
	s.log.add(record)
	// Before its bytes go out: who has read the answer must find it counted.
	s.ledger.charge(slices.Concat(c.sightings, c.badSpaces), c.extras)
	s.seen.note(c, record.Time)
	s.write(w, req, http.StatusOK, out)
}

// asked reads a request.
func (s *Simulator) asked(e *endpoint, path string, target *url.URL, token string) *ask {
	a := &ask{endpoint: e.name, param: "id", members: []string{path}, size: 1, token: token,
		request: hashText(e.name + " " + target.RequestURI()), at: s.elapsed()}
	if strings.HasPrefix(e.name, "username") {
		a.param = "username"
	}
	query := target.Query()
	for _, param := range []string{"ids", "user_ids", "usernames"} {
		if slices.Contains(e.params, param) {
			a.param, a.members = param, strings.Split(query.Get(param), ",")
			a.size = len(a.members)
		}
	}
	if e.name == "search" {
		a.param, a.members = "query", []string{query.Get("query")}
	}
	if slices.Contains(e.params, "max_results") {
		a.size = 100
		if n, err := strconv.Atoi(query.Get("max_results")); err == nil {
			a.size = n
		}
	}
	if a.members[0] == "" {
		a.members = nil
	}
	return a
}

// tokenPaths are the endpoints that deal in tokens, with their names.
var tokenPaths = map[string]string{
	"/oauth2/token":            "app_token",
	"/oauth2/invalidate_token": "invalidate_token",
	"/2/oauth2/token":          "user_token",
	"/2/oauth2/revoke":         "revoke",
	"/2/oauth2/authorize":      "authorize",
	"/i/oauth2/authorize":      "authorize",
}

// oauthEndpoint serves the token endpoints; false if the path is none.
func (s *Simulator) oauthEndpoint(w http.ResponseWriter, req *http.Request, seq uint64) bool {
	name, ok := tokenPaths[req.URL.Path]
	if !ok {
		return false
	}
	record := RequestRecord{Seq: seq, Time: s.config.Now(), Endpoint: name, URL: req.URL.Path, TokenKind: TokenNone}
	a := &ask{endpoint: name, request: hashText(name), at: s.elapsed(), login: true}
	if hit := s.faults.take(a, seq); hit.fault != FaultNone {
		s.serveFault(w, req, &record, hit)
		return true
	}
	if name == "authorize" {
		creator, _ := s.TicketedCreator()
		record.Status = s.oauth.authorize(w, req, creator)
		s.log.add(record)
		return true
	}
	out := s.oauth.tokenReply(name, w, req)
	record.Status = out.status
	s.log.add(record)
	s.write(w, req, out.status, s.encode(out.body, &quirk{}))
	return true
}

// admit checks all that can be checked without looking at the world.
func (s *Simulator) admit(w http.ResponseWriter, req *http.Request, e *endpoint, param string, auth identity, asked *ask) (*call, *failure) {
	if auth.kind == TokenNone {
		return nil, blank(http.StatusUnauthorized)
	}
	if fail := e.allows(auth, s.config.TweetsUserOnly); fail != nil {
		return nil, fail
	}
	verdict := s.limiter.admit(e, auth)
	verdict.header(w.Header())
	if !verdict.ok {
		return nil, blank(http.StatusTooManyRequests)
	}
	if fail := s.ledger.stop(e); fail != nil {
		return nil, fail
	}
	query, fail := checkQuery(req.URL.RawQuery, e, s.config.UnknownFields)
	if fail != nil {
		return nil, fail
	}
	sel, fail := s.config.choose(e, query, asked.twists)
	if fail != nil {
		return nil, fail
	}
	r := &renderer{view: view{sel: sel, viewer: auth.user, userAuth: auth.kind == TokenUser}, s: s, w: s.world, ask: asked}
	if s.config.Quirks {
		r.q = quirk{on: true, d: newDice(s.config.Seed, forQuirks, hashText(req.URL.RequestURI()))}
	}
	return &call{renderer: r, endpoint: e, path: param, query: query, auth: auth}, nil
}

// answer runs the endpoint.
func answer(c *call) (object, *failure) {
	data, meta, fail := c.endpoint.serve(c)
	if fail != nil {
		return nil, fail
	}
	return c.envelope(data, meta), nil
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
