// Package extract asks the X API v2 for Spaces: one client for all endpoints,
// which keeps to the rate windows of any number of tokens, and a decorator that
// tries again.
package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spacesetl/spacesetl/extract/address"
	"github.com/spacesetl/spacesetl/schemas"
)

// Client fetches pages. It is safe for use by several goroutines, which then
// share the rate windows and what was learned about fields and tokens.
type Client struct {
	cfg     Config // without the tokens
	keys    *keyring
	scrub   *scrubber
	http    *http.Client
	fields  *fields
	clock   *skew
	windows *windows
	bodies  *bodies
	stats   *counters
	weather *weather
	under   atomic.Int64  // requests under way that may be the first to show the API
	off     sync.Once     // that the clock is off is said
	naming  chan struct{} // held by who asks whose the tokens are
	own     bool          // the transport is nobody else's
}

// Close closes the connections that are not in use, unless they are of a transport
// that was given. A client that is used afterwards opens others.
func (c *Client) Close() {
	if c.own {
		c.http.CloseIdleConnections()
	}
}

// New checks the configuration and returns a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	own := cfg.Transport == nil
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	c := &Client{
		keys:   newKeyring(cfg.all()),
		scrub:  newScrubber(),
		http:   &http.Client{Transport: address.Unswitched{RoundTripper: cfg.Transport}, Timeout: cfg.Timeout, CheckRedirect: stay},
		fields: newFields(cfg), clock: &skew{}, bodies: &bodies{}, stats: &counters{}, weather: newWeather(cfg.Now(), cfg.Met),
		naming: make(chan struct{}, 1), own: own,
	}
	for _, source := range cfg.all() {
		if t, ok := source.Source.(Token); ok {
			c.scrub.learn(string(t))
		}
	}
	cfg.AppToken, cfg.UserToken, cfg.Credentials = "", "", nil
	c.cfg = cfg
	c.windows = newWindows(&c.cfg, c.clock)
	return c, nil
}

// stay keeps the client from following a redirect, which would take the token
// to wherever it leads.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// String says which server the client asks, and no more.
func (c *Client) String() string { return "extract.Client(" + c.server() + ")" }

// Dropped returns the fields and expansions that the server refused so far,
// Config.Refused included.
func (c *Client) Dropped() []Dropped { return c.fields.list() }

// Capacity says what the client's tokens may send to an endpoint. It asks
// nobody: a token whose owner is not known is taken to be the only one of its
// owner.
func (c *Client) Capacity(e schemas.Endpoint) Capacity { return c.keys.capacity(e) }

// TryAgain takes tokens into use that were refused: a server can have been wrong, and who
// asks for years is not to lose them by that.
func (c *Client) TryAgain() { c.keys.again() }

// Windows returns the rate windows met so far, by endpoint and token. One that
// is over has all its requests left and no reset.
func (c *Client) Windows() []Window { return c.windows.list() }

// Sleep waits as the client does.
func (c *Client) Sleep(ctx context.Context, d time.Duration) error { return c.cfg.Sleep(ctx, d) }

// Stats returns what the client did so far.
func (c *Client) Stats() Stats { return c.stats.snapshot() }

// Fetch gets one page. It makes a single attempt and never sleeps; it may send
// again at once without a field that the server refused, with a token renewed,
// or with another one. Where every rate window is spent it sends nothing and
// returns a *RateLimitError. A refusal of what was asked for is a page: Status 400, 403,
// 404, 413, 414 or 431, with the body as Text where it is no JSON. An answer over
// 16 MiB is a page with Status schemas.NotTaken; a 200 that is no page is a
// *TemporaryError. Page.Params is shared: read only.
//
// Each request passes the gate; nil lets all pass.
func (c *Client) Fetch(ctx context.Context, r schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	return c.fetch(ctx, r, &attempt{gate: gate})
}

func (c *Client) fetch(ctx context.Context, r schemas.Request, t *attempt) (schemas.Page, error) {
	if err := check(r); err != nil {
		return schemas.Page{}, err
	}
	t.creator = creator(r)
	if t.creator != "" && !c.keys.known(t.creator) {
		if err := c.identify(ctx, t); err != nil {
			return schemas.Page{}, err
		}
	}
	return c.try(ctx, r, t)
}

// identify finds out for a fetch whose the user tokens are of which that is not
// known, one caller at a time.
func (c *Client) identify(ctx context.Context, t *attempt) error {
	select {
	case c.naming <- struct{}{}:
		defer func() { <-c.naming }()
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", schemas.Me, ctx.Err())
	}
	for key := c.keys.nameless(); key != nil; key = c.keys.nameless() {
		who := attempt{gate: t.gate, pin: key}
		_, err := c.try(ctx, schemas.Request{Endpoint: schemas.Me}, &who)
		t.sent += who.sent
		if err != nil && c.keys.usable(key) {
			return err
		}
		c.keys.setOwner(key, "")
	}
	return nil
}

// attempt is one fetch: what it was told, what it has sent, and what it knows of
// the tokens it can use.
type attempt struct {
	gate    schemas.Gate  // may be nil
	pin     *key          // the only key to use, or nil
	sent    int           // requests
	limited int           // of those, with a 429
	odd     *schemas.Page // a good answer that is no page
	away    bool          // what it asks has answered, and not like the API
	creator string        // of the Space whose buyers are asked for
	renewed *key          // the key to use next, because its token is new
	not     []*key        // keys whose users are not the Space's creator
}

// sending passes the gate.
func (t *attempt) sending(ctx context.Context, r schemas.Request) (answered func(status int, page bool), err error) {
	if t.gate == nil {
		return nil, nil
	}
	return t.gate.Sending(ctx, r)
}

// choose returns the keys the request may go out with next.
func (c *Client) choose(e schemas.Endpoint, t *attempt) ([]*key, error) {
	next := t.renewed
	t.renewed = nil
	switch {
	case next != nil && c.keys.usable(next):
		return []*key{next}, nil
	case t.pin != nil:
		return c.keys.only(e, t.pin)
	}
	keys, err := c.keys.choose(e, t.creator)
	if rest := t.others(keys); len(rest) > 0 {
		return rest, err
	}
	return keys, err
}

// others are the keys that have not been found to be another user's.
func (t *attempt) others(keys []*key) (rest []*key) {
	for _, k := range keys {
		if !slices.Contains(t.not, k) {
			rest = append(rest, k)
		}
	}
	return rest
}

// try sends the request until there is an answer that another token or another
// list of fields would not change.
func (c *Client) try(ctx context.Context, r schemas.Request, t *attempt) (page schemas.Page, err error) {
	for again := true; again; {
		if page, again, err = c.once(ctx, r, t); errors.Is(err, errAside) {
			again = true
		}
	}
	return page, err
}

// once sends the request; again asks to send it once more.
func (c *Client) once(ctx context.Context, r schemas.Request, t *attempt) (page schemas.Page, again bool, err error) {
	x := &exchange{request: r, try: t}
	var done func(proven bool)
	if x.params, done, err = c.fields.lead(ctx, r); err != nil {
		return schemas.Page{}, false, err
	}
	defer func() { done(err == nil && x.status == http.StatusOK) }()
	if x.keys, err = c.choose(r.Endpoint, t); err != nil {
		return schemas.Page{}, false, err
	}
	if !t.away {
		c.under.Add(1) // until it is known whether the answer is like the API's
		defer c.under.Add(-1)
	}
	if err := c.send(ctx, x); err != nil {
		return schemas.Page{}, false, err
	}
	if x.status == http.StatusUnauthorized {
		x.tell(false) // before the wait for another token
	}
	page, again, err = c.answer(ctx, x)
	x.tell(err == nil && !again)
	if again || err != nil {
		return schemas.Page{}, again, err
	}
	if page.Attempts = t.sent; genuine(page) {
		c.weather.meet()
		c.weather.page(r.Endpoint, c.cfg.Now())
	}
	c.stats.add(r.Endpoint, x.key.label, func(t *Tally) { t.Pages++ })
	return page, false, nil
}

// server is the base URL's scheme and host, for messages.
func (c *Client) server() string {
	u, err := url.Parse(c.cfg.BaseURL)
	if err != nil {
		return c.cfg.BaseURL
	}
	return u.Scheme + "://" + u.Host
}

// gap is how far a clock can have gone on without being asked about.
const gap = 48 * time.Hour

// askTime is how long the server may take to tell the time.
const askTime = 10 * time.Second

// Clock is a clock that the Date of the server's answers corrects where it is off by
// more than two minutes. If it has gone back since last, or on by days, the server is
// asked at once, with one free request; without an answer it is taken as it is.
func (c *Client) Clock(ctx context.Context, now func() time.Time, last time.Time) func() time.Time {
	if since := now().Sub(last); since < 0 || since > gap && !last.IsZero() {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		_, _ = ask(ctx, c.cfg, "", c.clock)
	}
	return func() time.Time { return now().Add(c.clock.correction()) }
}
