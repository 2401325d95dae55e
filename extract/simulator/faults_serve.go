package simulator

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	gatewayPage = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
	loginPage   = "<!DOCTYPE html><html><body>Sign in to continue</body></html>\n"
	cutJSON     = `{"data":[{"id":"1abcdefghijkl","state":"live","title":"This answer ends in the mid`
	oversize    = 17 << 20 // bytes
)

// faultKind is how a fault shows: by a fixed answer, a problem, a connection
// that goes wrong, or a change of a good answer.
type faultKind struct {
	status    int
	text      string // content type
	body      string
	problem   func(*Simulator, http.Header, befallen) *failure
	broken    bool
	twist     bool
	endpoints []string // that a rule befalls by default; none is all
	also      []string // that it can befall besides
}

// The content types of fixed answers.
const (
	jsonText    = "application/json; charset=utf-8"
	problemText = "application/problem+json; charset=utf-8"
	htmlText    = "text/html; charset=utf-8"
)

// faultKinds is every fault there is.
var faultKinds = map[Fault]faultKind{
	FaultRateLimited:       {problem: (*Simulator).window},
	FaultMovingReset:       {problem: (*Simulator).window},
	FaultBurst:             {problem: (*Simulator).window},
	FaultRateLimitedSilent: {status: 429, text: problemText, body: `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`},
	FaultUsageCapped:       {problem: (*Simulator).money},
	FaultCredits:           {problem: (*Simulator).money},
	FaultSpendCap:          {problem: (*Simulator).money},
	FaultCapInDetail: {status: 429, text: problemText,
		body: `{"title":"Too Many Requests","detail":"Usage cap exceeded: Monthly product cap","type":"about:blank","status":429}`},
	FaultSpendCapInDetail: {status: 403, text: problemText, body: `{"title":"Forbidden","detail":"Your enrolled account [` + accountID +
		`] has reached its billing cycle spend cap.","type":"about:blank","status":403}`},
	FaultUnsupportedAuth: {problem: (*Simulator).forbidden},
	FaultClientForbidden: {problem: (*Simulator).forbidden},
	FaultUnauthorized:    {problem: plain(http.StatusUnauthorized)},
	FaultDeadToken:       {status: 401, text: problemText, body: `{"errors":[{"code":89,"message":"Invalid or expired token"}]}`},
	FaultNamed:           {problem: (*Simulator).badMembers},
	FaultIndexed:         {problem: (*Simulator).badMembers},
	FaultUnnamed: {status: 400, text: problemText,
		body: `{"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"` + problemHost + `invalid-request"}`},
	FaultNotAuthorized: {status: 403, text: problemText,
		body: `{"title":"Authorization Error","detail":"Sorry, you are not authorized to see this.","type":"` + problemHost + `not-authorized-for-resource","status":403}`},
	FaultBodyTooLarge:   {status: 413, text: htmlText, body: "<html><head><title>413 Request Entity Too Large</title></head></html>\n"},
	FaultURITooLong:     {status: 414, text: htmlText, body: "<html><head><title>414 Request-URI Too Large</title></head></html>\n"},
	FaultHeaderTooLarge: {status: 431, text: htmlText, body: "<html><head><title>431 Request Header Fields Too Large</title></head></html>\n"},
	FaultInternal:       {problem: plain(http.StatusInternalServerError)},
	FaultBadGateway:     {status: 502, text: "text/html", body: gatewayPage},
	FaultUnavailable:    {problem: plain(http.StatusServiceUnavailable)},
	FaultEmptyNotFound:  {status: 404},
	FaultNoRoute:        {status: 404, text: jsonText, body: `{"message":"no Route matched with those values"}`},
	FaultHTML:           {status: 200, text: htmlText, body: loginPage},
	FaultDataText:       {status: 200, text: jsonText, body: `{"data":"oops"}`},
	FaultDataNull:       {status: 200, text: jsonText, body: `{"data":null}`},
	FaultDataMixed:      {status: 200, text: jsonText, body: `{"data":[1,"x"]}`},
	FaultEmptyObject:    {status: 200, text: jsonText, body: `{}`},
	FaultMessage:        {status: 200, text: jsonText, body: `{"message":"ok"}`},
	FaultTruncated:      {status: 200, text: jsonText, body: cutJSON},
	FaultShortBody:      {status: 200, broken: true},
	FaultSlow:           {status: 200, broken: true},
	FaultOversized:      {status: 200, broken: true},
	FaultReset:          {broken: true},
	FaultBadSpaceIDs:    {twist: true, endpoints: []string{"search", "creators"}, also: []string{"spaces", "space"}},
	FaultBadUserIDs:     {twist: true, endpoints: []string{"search", "creators", "spaces", "space"}},
	FaultLost:           {twist: true, endpoints: []string{"spaces"}, also: []string{"creators", "users", "usernames", "lookup_tweets"}},
	FaultRepeatedPages:  {twist: true, endpoints: []string{"buyers", "tweets"}},
	FaultEmptyPages:     {twist: true, endpoints: []string{"buyers", "tweets"}},
	FaultValuesForeign:  {twist: true},
	FaultValuesListed:   {twist: true},
	FaultValuesCut:      {twist: true},
	FaultValuesBare:     {twist: true},
}

// serveFault answers instead of the endpoint.
func (s *Simulator) serveFault(w http.ResponseWriter, req *http.Request, record *RequestRecord, hit befallen) {
	kind := faultKinds[hit.fault]
	record.Fault, record.Status = hit.fault, kind.status
	if kind.problem != nil {
		fail := kind.problem(s, w.Header(), hit)
		record.Status = fail.status
		s.log.add(*record)
		s.write(w, req, fail.status, s.encode(fail.body, &quirk{}))
		return
	}
	s.log.add(*record)
	switch {
	case hit.fault == FaultDeadToken:
		s.oauth.kill(hit.ask.token)
	case hit.fault == FaultReset:
		resetConnection(w)
		return
	case kind.broken:
		brokenBody(w, req, hit.fault, s.config.Trickle)
		return
	}
	page(w, kind.status, kind.text, kind.body)
}

// plain is a problem that says no more than its status.
func plain(status int) func(*Simulator, http.Header, befallen) *failure {
	return func(*Simulator, http.Header, befallen) *failure { return blank(status) }
}

func (s *Simulator) window(h http.Header, hit befallen) *failure {
	now, limit := s.config.Now(), 300
	for _, e := range s.endpoints {
		if e.name == hit.ask.endpoint {
			limit = s.limiter.limit(e, identity{})
		}
	}
	v := verdict{limit: limit, reset: now.Add(s.config.Window)}
	switch hit.fault {
	case FaultRateLimited:
		v.reset = now.Add(min(s.config.Window, time.Second))
	case FaultBurst:
		v.remaining = max(limit-1, 1)
	}
	v.header(h)
	return blank(http.StatusTooManyRequests)
}

func (s *Simulator) money(_ http.Header, hit befallen) *failure {
	switch hit.fault {
	case FaultCredits:
		return creditsDepleted(s.ledger.alternate())
	case FaultSpendCap:
		return spendCapReached(nextCycle(s.config.Now()))
	}
	return usageCapped()
}

func (s *Simulator) forbidden(_ http.Header, hit befallen) *failure {
	if hit.fault == FaultClientForbidden {
		return clientForbidden()
	}
	return unsupportedAuthentication("OAuth 2.0 Application-Only", "OAuth 2.0 User Context")
}

// badMembers names the members that a rule chose, in a script the first one.
func (s *Simulator) badMembers(_ http.Header, hit befallen) *failure {
	all, bad := hit.ask.members, hit.members
	if len(bad) == 0 {
		bad = all[:min(1, len(all))]
	}
	if len(bad) == 0 {
		return notValid(hit.ask.param, "")
	}
	if hit.fault == FaultIndexed {
		message := fmt.Sprintf("invalid value '%s' at index %d: value is not valid", bad[0], slices.Index(all, bad[0]))
		return invalid(hit.ask.param, strings.Join(all, ","), message)
	}
	var items []object
	for _, id := range bad {
		items = append(items, notValidItem(hit.ask.param, id))
	}
	return &failure{http.StatusBadRequest, invalidBody(items)}
}

// brokenBody starts a good answer and does not end it well; a slow one goes on
// for over.
func brokenBody(w http.ResponseWriter, req *http.Request, fault Fault, over time.Duration) {
	h := w.Header()
	h.Set("Content-Type", jsonText)
	switch fault {
	case FaultShortBody:
		h.Set("Content-Length", strconv.Itoa(4*len(cutJSON)))
		_, _ = w.Write([]byte(cutJSON))
		flush(w)
		panic(http.ErrAbortHandler) // closes the connection
	case FaultSlow:
		trickle(w, req, over)
	case FaultOversized:
		_, _ = w.Write([]byte(`{"data":[],"padding":"`))
		chunk := bytes.Repeat([]byte("x"), 1<<16)
		for sent := 0; sent < oversize; sent += len(chunk) {
			if _, err := w.Write(chunk); err != nil {
				return // the reader had enough
			}
		}
		_, _ = w.Write([]byte(`"}`))
	}
}

// trickle sends a byte at a time for so long, and never finishes.
func trickle(w http.ResponseWriter, req *http.Request, over time.Duration) {
	steps := len(cutJSON)
	for i := range steps {
		_, _ = w.Write([]byte{cutJSON[i]})
		flush(w)
		if !pause(req, over/time.Duration(steps)) {
			break
		}
	}
	panic(http.ErrAbortHandler)
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// page writes a body as it is.
func page(w http.ResponseWriter, status int, contentType, body string) {
	if body != "" {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// resetConnection drops the connection with a TCP reset where it can, and
// otherwise just drops it. Go's HTTP client sends a GET again by
// itself when this happens on a connection it had used before.
func resetConnection(w http.ResponseWriter) {
	h, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	inner := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		inner = t.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = inner.Close()
}
