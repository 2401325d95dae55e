// Package extract asks the X API v2 for Spaces: one client for all endpoints,
// which keeps to the rate windows, and a decorator that tries again.
package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Client fetches pages. It is safe for use by several goroutines, which then
// share the rate windows and what was learned about fields and tokens.
type Client struct {
	cfg     Config // without the tokens
	keys    *keyring
	scrub   scrubber
	http    *http.Client
	fields  *fields
	clock   *skew
	windows *windows
	bodies  *bodies
	stats   *counters
}

// New checks the configuration and returns a client. It sends nothing.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	c := &Client{
		keys:   &keyring{app: cfg.AppToken, user: cfg.UserToken},
		scrub:  newScrubber(cfg.AppToken, cfg.UserToken),
		http:   &http.Client{Transport: cfg.Transport, Timeout: cfg.Timeout, CheckRedirect: stay},
		fields: newFields(cfg), clock: &skew{}, bodies: &bodies{}, stats: &counters{},
	}
	cfg.AppToken, cfg.UserToken = "", ""
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
// again at once without a field that the server refused, or with the other
// token. In a spent rate window it sends nothing and returns a
// *RateLimitError. A refusal that is an answer about the resource is a page
// with Status 400, 403 or 404. Page.Params is shared: read only.
func (c *Client) Fetch(ctx context.Context, r schemas.Request) (schemas.Page, error) {
	var sent int
	return c.fetch(ctx, r, &sent)
}

// fetch counts the requests it sends.
func (c *Client) fetch(ctx context.Context, r schemas.Request, sent *int) (schemas.Page, error) {
	if err := check(r); err != nil {
		return schemas.Page{}, err
	}
	for {
		x := &exchange{request: r, params: c.fields.params(r.Endpoint)}
		var err error
		if x.key, err = c.keys.choose(r.Endpoint); err != nil {
			return schemas.Page{}, err
		}
		if err := c.send(ctx, x, sent); err != nil {
			return schemas.Page{}, err
		}
		page, again, err := c.answer(x)
		if again {
			continue
		}
		if err == nil {
			page.Attempts = *sent
			c.stats.add(r.Endpoint, func(t *Tally) { t.Pages++ })
		}
		return page, err
	}
}

// exchange is one request sent and its answer.
type exchange struct {
	request schemas.Request
	params  schemas.Params
	key     key

	status  int
	header  http.Header
	body    []byte
	limited *RateLimitError // of a 429
}

// send makes the exchange, inside a reservation of the rate window.
func (c *Client) send(ctx context.Context, x *exchange, sent *int) error {
	e := x.request.Endpoint
	sending, done := graceful(ctx, c.cfg.Grace)
	defer done()
	req, err := c.newRequest(sending, x.request, x.params, x.key)
	if err != nil {
		return fmt.Errorf("%s: %w", e, err)
	}
	b := bucket{x.key, e}
	if err := c.windows.acquire(ctx, b); err != nil {
		return err
	}
	if ctx.Err() != nil {
		c.windows.release(b, 0, nil)
		return fmt.Errorf("%s: %w", e, ctx.Err())
	}
	*sent++
	start := c.cfg.Now()
	res, err := c.http.Do(req)
	if err != nil {
		c.windows.release(b, 0, nil)
		c.stats.add(e, func(t *Tally) { t.Requests++; t.Status[0]++ })
		return c.failure(ctx, e, err)
	}
	defer func() { _ = res.Body.Close() }()
	c.clock.observe(res.Header.Get("Date"), start, c.cfg.Now())
	x.status, x.header = res.StatusCode, res.Header
	x.limited = c.windows.release(b, res.StatusCode, res.Header)
	return c.receive(ctx, x, res)
}

// graceful returns a context that outlives ctx by grace: what was asked for is
// billed, so its answer is taken in even if the run ends meanwhile.
func graceful(ctx context.Context, grace time.Duration) (context.Context, func()) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// receive reads the body.
func (c *Client) receive(ctx context.Context, x *exchange, res *http.Response) error {
	e, limit := x.request.Endpoint, int64(maxRefusal)
	if x.status == http.StatusOK {
		limit = maxBody
	}
	body, wire, err := c.bodies.read(res, limit)
	x.body = body
	c.stats.add(e, func(t *Tally) {
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
