package extract

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spacesetl/spacesetl/extract/address"
)

// Probe is what one free request says of the API, a token and the clock.
type Probe struct {
	Status int
	Detail string // the problem as the API words it; no secret
	// Kind is what the token turns out to be; empty when the answer does not
	// say.
	Kind CredentialKind
	// Ahead is the server's time less ours: the least that the answer allows.
	Ahead time.Duration
	Dated bool // the answer has a Date header
	Took  time.Duration
}

// probePath is answered for app-only tokens, refused for users' tokens as the
// wrong kind, and refused altogether for tokens that are not good. It returns
// no object that X charges for, and refusals are never charged.
const probePath = "/2/usage/tweets"

// Ask sends one free request with a token, or with none if it is empty: then
// the API refuses it, which is to say that it can be reached. It makes a single
// attempt. An error is one of the network.
func Ask(ctx context.Context, cfg Config, token Token) (Probe, error) {
	return ask(ctx, cfg.withDefaults(), token, &skew{})
}

func ask(ctx context.Context, cfg Config, token Token, clock *skew) (Probe, error) {
	if err := errors.Join(checkBase(cfg.BaseURL, cfg.Insecure), token.check("the token")); err != nil {
		return Probe{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, cfg.BaseURL+probePath, nil)
	if err != nil {
		return Probe{}, err
	}
	req.Header.Set("User-Agent", cfg.UserAgent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+string(token))
	}
	scrub := newScrubber(string(token))
	client := &http.Client{Transport: address.Unswitched{RoundTripper: cfg.Transport}, Timeout: cfg.Timeout, CheckRedirect: stay}
	sent := cfg.Now()
	res, err := client.Do(req)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) && !outer.Timeout() {
			err = outer.Err
		}
		err = scrub.error(err)
		if reason, next := explain(err); reason != "" {
			err = &ConnectionError{Server: req.URL.Scheme + "://" + req.URL.Host, Reason: scrub.text(reason), Next: next, Err: err}
		}
		return Probe{}, err
	}
	defer func() { _ = res.Body.Close() }()
	received := cfg.Now()
	p := Probe{Status: res.StatusCode, Took: received.Sub(sent)}
	clock.observe(res.Header.Get("Date"), sent, received)
	p.Ahead, p.Dated = clock.least(), clock.known
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxKept)) // what cannot be read says nothing
	problem := parseProblem(body)
	p.Detail = shorten(scrub.text(problem.Detail), 200)
	switch {
	case token == "":
	case p.Status == http.StatusOK:
		p.Kind = AppCredential
	case p.Status == http.StatusForbidden && problem.Type == "unsupported-authentication":
		p.Kind = UserCredential
	}
	return p, nil
}

// least is the difference that is certain, whichever clock is ahead.
func (s *skew) least() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.lo > 0:
		return s.lo
	case s.hi < 0:
		return s.hi
	}
	return 0
}
