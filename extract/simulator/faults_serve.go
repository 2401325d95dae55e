package simulator

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	gatewayPage = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
	loginPage   = "<!DOCTYPE html><html><body>Sign in to continue</body></html>\n"
	cutJSON     = `{"data":[{"id":"1abcdefghijkl","state":"live","title":"This answer ends in the mid`
	oversize    = 17 << 20 // bytes
)

// serveFault answers instead of the endpoint.
func (s *Simulator) serveFault(w http.ResponseWriter, req *http.Request, record *RequestRecord, e *endpoint) {
	if fail := s.problem(w, record, e); fail != nil {
		record.Status = fail.status
		s.log.add(*record)
		s.write(w, req, fail.status, s.encode(fail.body, &quirk{}))
		return
	}
	record.Status = http.StatusOK
	switch record.Fault {
	case FaultBadGateway:
		record.Status = http.StatusBadGateway
		s.log.add(*record)
		page(w, record.Status, "text/html", gatewayPage)
	case FaultEmptyNotFound:
		record.Status = http.StatusNotFound
		s.log.add(*record)
		w.WriteHeader(record.Status)
	case FaultHTML:
		s.log.add(*record)
		page(w, record.Status, "text/html; charset=utf-8", loginPage)
	case FaultReset:
		record.Status = 0
		s.log.add(*record)
		resetConnection(w)
	default:
		s.log.add(*record)
		brokenBody(w, req, record.Fault, s.config.Trickle)
	}
}

// problem returns the faults that are well-formed errors.
func (s *Simulator) problem(w http.ResponseWriter, record *RequestRecord, e *endpoint) *failure {
	now, limit := s.config.Now(), s.limiter.limit(e, identity{})
	switch record.Fault {
	case FaultRateLimited:
		reset := now.Add(min(s.config.Window, time.Second))
		verdict{limit: limit, reset: reset}.header(w.Header())
		return blank(http.StatusTooManyRequests)
	case FaultRateLimitedSilent:
		return &failure{http.StatusTooManyRequests, obj("errors", []object{obj("code", 88, "message", "Rate limit exceeded")})}
	case FaultBurst:
		verdict{limit: limit, remaining: max(limit-1, 1), reset: now.Add(s.config.Window)}.header(w.Header())
		return blank(http.StatusTooManyRequests)
	case FaultUsageCapped:
		return usageCapped()
	case FaultCredits:
		return creditsDepleted(s.ledger.alternate())
	case FaultSpendCap:
		return spendCapReached(nextCycle(now))
	case FaultUnsupportedAuth:
		return unsupportedAuthentication("OAuth 2.0 Application-Only", "OAuth 2.0 User Context")
	case FaultClientForbidden:
		return clientForbidden()
	case FaultInternal:
		return blank(http.StatusInternalServerError)
	case FaultUnavailable:
		return blank(http.StatusServiceUnavailable)
	}
	return nil
}

// brokenBody starts a good answer and does not end it well; a slow one goes on
// for over.
func brokenBody(w http.ResponseWriter, req *http.Request, fault Fault, over time.Duration) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	switch fault {
	case FaultTruncated:
		page(w, http.StatusOK, h.Get("Content-Type"), cutJSON)
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
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
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
