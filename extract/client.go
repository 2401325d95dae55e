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
	"time"

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
	naming  chan struct{} // held by who asks whose the tokens are
}

// New checks the configuration and returns a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	c := &Client{
		keys:   newKeyring(cfg.all()),
		scrub:  newScrubber(),
		http:   &http.Client{Transport: cfg.Transport, Timeout: cfg.Timeout, CheckRedirect: stay},
		fields: newFields(cfg), clock: &skew{}, bodies: &bodies{}, stats: &counters{},
		naming: make(chan struct{}, 1),
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

// Dropped returns the fields and expansions that the server refused so far.
func (c *Client) Dropped() []Dropped { return c.fields.list() }

// Stats returns what the client did so far.
func (c *Client) Stats() Stats { return c.stats.snapshot() }

// Fetch gets one page. It makes a single attempt and never sleeps; it may send
// again at once without a field that the server refused, with a token renewed,
// or with another one. Where every rate window is spent it sends nothing and
// returns a *RateLimitError. A refusal that is an answer about the resource is a page
// with Status 400, 403 or 404. Page.Params is shared: read only.
func (c *Client) Fetch(ctx context.Context, r schemas.Request) (schemas.Page, error) {
	var sent int
	return c.fetch(ctx, r, nil, &sent)
}

// fetch counts the requests it sends. With pin it uses that key only.
func (c *Client) fetch(ctx context.Context, r schemas.Request, pin *key, sent *int) (schemas.Page, error) {
	if err := check(r); err != nil {
		return schemas.Page{}, err
	}
	t := &attempt{creator: c.creator(r), pin: pin}
	if t.creator != "" && !c.keys.known(t.creator) {
		if err := c.identify(ctx, sent); err != nil {
			return schemas.Page{}, err
		}
	}
	return c.try(ctx, r, t, sent)
}

// attempt is what one fetch knows of the tokens it can use.
type attempt struct {
	creator string // of the Space whose buyers are asked for
	pin     *key   // the only key to use
	renewed *key   // the key to use next, because its token is new
	not     []*key // keys whose users are not the Space's creator
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
func (c *Client) try(ctx context.Context, r schemas.Request, t *attempt, sent *int) (schemas.Page, error) {
	for {
		x := &exchange{request: r, params: c.fields.params(r.Endpoint), try: t}
		var err error
		if x.keys, err = c.choose(r.Endpoint, t); err != nil {
			return schemas.Page{}, err
		}
		if err := c.send(ctx, x, sent); errors.Is(err, errAside) {
			continue
		} else if err != nil {
			return schemas.Page{}, err
		}
		if x.status == http.StatusUnauthorized {
			x.tell(false) // before the wait for another token
		}
		page, again, err := c.answer(ctx, x)
		x.tell(err == nil && !again)
		if again {
			continue
		}
		if err == nil {
			page.Attempts = *sent
			c.stats.add(r.Endpoint, x.key.label, func(t *Tally) { t.Pages++ })
		}
		return page, err
	}
}

// exchange is one request sent and its answer.
type exchange struct {
	request schemas.Request
	params  schemas.Params
	try     *attempt
	keys    []*key // that it may go out with
	key     *key   // that it went out with
	token   string
	told    func(status int, page bool) // answered of Config.Sending; may be nil

	status  int
	header  http.Header
	body    []byte
	limited *RateLimitError // of a 429
}

// send makes the exchange, inside a reservation of a rate window.
func (c *Client) send(ctx context.Context, x *exchange, sent *int) (err error) {
	e := x.request.Endpoint
	if x.key, err = c.windows.acquire(ctx, e, x.keys); err != nil {
		return err
	}
	b := bucket{x.key, e}
	sending, done := graceful(ctx, c.cfg.Grace)
	defer done()
	req, err := c.prepare(ctx, sending, x)
	if err != nil {
		c.windows.release(b, Unsent, nil)
		return err
	}
	*sent++
	start := c.cfg.Now()
	defer c.notifySent(x, start)
	res, err := c.http.Do(req)
	if err != nil {
		x.status = lostStatus(err)
		c.windows.release(b, x.status, nil)
		c.stats.add(e, x.key.label, func(t *Tally) { t.Requests++; t.Status[0]++ })
		x.tell(false)
		return c.failure(ctx, e, err)
	}
	defer func() { _ = res.Body.Close() }()
	c.clock.observe(res.Header.Get("Date"), start, c.cfg.Now())
	x.status, x.header = res.StatusCode, res.Header
	x.limited = c.windows.release(b, res.StatusCode, res.Header)
	if err = c.receive(ctx, x, res); err != nil {
		x.tell(false)
	}
	return err
}

// prepare gets the token, makes the request and says that it is about to be
// sent, unless ctx has ended.
func (c *Client) prepare(ctx, sending context.Context, x *exchange) (req *http.Request, err error) {
	e := x.request.Endpoint
	if x.token, err = c.token(ctx, x); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", e, ctx.Err())
	}
	if req, err = c.newRequest(sending, x.request, x.params, x.token); err != nil {
		return nil, fmt.Errorf("%s: %w", e, err)
	}
	if x.told, err = c.cfg.Sending(ctx, x.request); err != nil {
		return nil, err
	}
	return req, nil
}

// receive reads the body.
func (c *Client) receive(ctx context.Context, x *exchange, res *http.Response) error {
	e, limit := x.request.Endpoint, int64(maxRefusal)
	if x.status == http.StatusOK {
		limit = maxBody
	}
	body, wire, err := c.bodies.read(res, limit)
	x.body = body
	c.stats.add(e, x.key.label, func(t *Tally) {
		t.Requests++
		t.Status[x.status]++
		t.Bytes += int64(len(body))
		t.Wire += wire
	})
	switch {
	case errors.Is(err, errTooLarge) && x.status == http.StatusOK:
		return &TooLargeError{Endpoint: e, Limit: limit}
	case err != nil && !errors.Is(err, errTooLarge):
		return c.failure(ctx, e, fmt.Errorf("reading the answer (status %d): %w", x.status, err))
	}
	return nil
}

// failure is what went wrong on the network, or the end of ctx.
func (c *Client) failure(ctx context.Context, e schemas.Endpoint, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", e, ctx.Err())
	}
	var outer *url.Error // repeats the URL, with its hundred ids
	if errors.As(err, &outer) {
		if outer.Timeout() {
			err = fmt.Errorf("no answer within %s: %w", c.cfg.Timeout.Round(time.Millisecond), outer.Err)
		} else {
			err = outer.Err
		}
	}
	return c.temporary(e, err)
}

func (c *Client) temporary(e schemas.Endpoint, err error) *TemporaryError {
	return &TemporaryError{Endpoint: e, Server: c.server(), Err: err}
}

// server is the base URL's scheme and host, for messages.
func (c *Client) server() string {
	u, err := url.Parse(c.cfg.BaseURL)
	if err != nil {
		return c.cfg.BaseURL
	}
	return u.Scheme + "://" + u.Host
}
