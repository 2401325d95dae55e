package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	callbackPath = "/callback"
	consentWait  = 10 * time.Minute // for a user to agree
)

// callback is the address on this machine that the browser brings the answer to.
type callback struct {
	listener net.Listener
	server   *http.Server
	state    string
	answers  chan url.Values // holds the first
	done     chan struct{}
}

// listen takes a port of this machine that no other machine can reach.
func listen(port int, state string) (*callback, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", max(port, 0)))
	if err != nil {
		return nil, fmt.Errorf("waiting for the browser: %w: choose another --port (and register its address), or --no-browser", err)
	}
	c := &callback{listener: l, state: state, answers: make(chan url.Values, 1), done: make(chan struct{})}
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	go func() {
		defer close(c.done)
		_ = c.server.Serve(l) // ends by close
	}()
	return c, nil
}

func (c *callback) url() string { return RedirectURL(c.listener.Addr().(*net.TCPAddr).Port) }

// wait returns the first answer that belongs to this login.
func (c *callback) wait(ctx context.Context) (url.Values, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, consentWait, errors.New("nobody has agreed in the browser within "+consentWait.String()))
	defer cancel()
	select {
	case answer := <-c.answers:
		return answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// close lets the last page get to the browser.
func (c *callback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c.server.Shutdown(ctx) != nil {
		_ = c.server.Close()
	}
	<-c.done
}

// ServeHTTP takes the answer. One with another state is not ours: a page that
// the user has open could send it. It is refused, and the login goes on waiting.
func (c *callback) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	switch {
	case req.URL.Path != callbackPath || req.Method != http.MethodGet:
		show(w, http.StatusNotFound, "There is nothing here.")
		return
	case !same(q.Get("state"), c.state):
		show(w, http.StatusBadRequest, "This answer belongs to another login. Open the address that spacesetl shows now.")
		return
	case q.Get("code") == "" && q.Get("error") == "":
		show(w, http.StatusBadRequest, "This answer has no code.")
		return
	}
	select {
	case c.answers <- q:
	default: // the page was loaded again
	}
	if q.Get("code") == "" {
		show(w, http.StatusOK, "The login was not agreed to. This window can be closed.")
		return
	}
	show(w, http.StatusOK, "spacesetl has the answer. This window can be closed; the terminal says how it went on.")
}

// show writes a page that loads nothing and sends its address, which has the
// code in it, nowhere.
func show(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Connection", "close")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!DOCTYPE html><title>spacesetl</title><p>%s</p>\n", text)
}
