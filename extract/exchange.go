package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// errAside says that a key is not to be used, for now or for good; the request
// goes out with another.
var errAside = errors.New("the token was set aside")

// exchange is one request sent and its answer.
type exchange struct {
	request schemas.Request
	params  schemas.Params
	try     *attempt
	keys    []*key // that it may go out with
	key     *key   // that it went out with
	token   string
	told    func(status int, page bool) // answered of the gate; may be nil

	status  int
	header  http.Header
	body    []byte
	removed int             // members taken out of the body
	large   bool            // the body is over the limit, and cut there
	limited *RateLimitError // of a 429
}

// send makes the exchange, inside a reservation of a rate window.
func (c *Client) send(ctx context.Context, x *exchange) (err error) {
	e := x.request.Endpoint
	if x.key, err = c.windows.acquire(ctx, e, x.keys); err != nil {
		return err
	}
	b := bucket{x.key, e}
	sending, done := graceful(ctx, c.cfg.Grace)
	defer done()
	req, err := c.prepare(ctx, sending, x)
	if err != nil {
		c.windows.release(b, schemas.Unsent, nil)
		return err
	}
	x.try.sent++
	start := c.cfg.Now()
	defer func() { c.cfg.Notify(x.event(c.cfg.Now().Sub(start))) }()
	res, err := c.http.Do(req)
	if err != nil {
		x.status = lostStatus(err)
		c.windows.release(b, x.status, nil)
		c.stats.add(e, x.key.label, func(t *Tally) { t.Requests++; t.Status[0]++ })
		x.tell(false)
		return c.failure(ctx, e, 0, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusProxyAuthRequired {
		c.weather.answer()
	}
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
	if req, err = newRequest(sending, &c.cfg, x); err != nil {
		return nil, fmt.Errorf("%s: %w", e, err)
	}
	if x.told, err = x.try.sending(ctx, x.request); err != nil {
		return nil, err
	}
	return req, nil
}

// token asks the key's source for the token to send.
func (c *Client) token(ctx context.Context, x *exchange) (string, error) {
	e, k := x.request.Endpoint, x.key
	token, err := k.from.Token(ctx)
	if err == nil {
		c.scrub.learn(token)
		if err = Token(token).check(k.label); err == nil && token == "" {
			err = fmt.Errorf("the source of the %s has none", k.label)
		}
	}
	switch {
	case err == nil:
		return token, nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s: %w", e, ctx.Err())
	case passing(err):
		return "", c.postpone(x, err)
	}
	c.setAside(k, &AuthError{Endpoint: e, Kind: AuthUnavailable, Token: k.label, Detail: c.scrub.line(err), Next: orWithout})
	return "", errAside
}

// postpone is a source that has no token just now: others go on meanwhile, and
// where there is none the request is tried again.
func (c *Client) postpone(x *exchange, cause error) error {
	e, reason := x.request.Endpoint, fmt.Sprintf("the %s: %s", x.key.label, c.scrub.line(cause))
	if len(x.keys) < 2 {
		if lasting := c.lasting(e, cause); lasting != nil {
			return lasting
		}
		return c.temporary(e, 0, errors.New(reason))
	}
	until := c.cfg.Now().Add(c.cfg.UnknownDelay)
	c.windows.hold(bucket{x.key, e}, until)
	c.cfg.Notify(Event{Kind: EventRetry, Endpoint: e, Token: x.key.label, Until: until, Wait: c.cfg.UnknownDelay, Reason: reason})
	return errAside
}

// setAside takes a key out of use and says so if others go on; if not, the
// error of the request will say it.
func (c *Client) setAside(k *key, err *AuthError) {
	if c.keys.setAside(k, err) {
		c.cfg.Notify(Event{Kind: EventSetAside, Endpoint: err.Endpoint, Token: k.label, Reason: err.Error()})
	}
}

// receive reads the body.
func (c *Client) receive(ctx context.Context, x *exchange, res *http.Response) error {
	e, limit := x.request.Endpoint, int64(maxRefusal)
	if x.status == http.StatusOK {
		limit = maxBody
	}
	body, wire, err := c.bodies.read(res, limit)
	body, x.removed = schemas.WithoutPrivate(body)    // before any of it is kept or shown
	x.body = bytes.TrimPrefix(body, []byte("\uFEFF")) // some servers write a byte order mark, which JSON has not
	c.stats.add(e, x.key.label, func(t *Tally) {
		t.Requests++
		t.Status[x.status]++
		t.Bytes += int64(len(body))
		t.Wire += wire
	})
	if x.large = errors.Is(err, errTooLarge); err != nil && !x.large {
		return c.failure(ctx, e, x.status, fmt.Errorf("reading the answer (status %d): %w", x.status, err))
	}
	return nil
}

// failure is what went wrong on the network, maybe after the status of an answer,
// or the end of ctx.
func (c *Client) failure(ctx context.Context, e schemas.Endpoint, status int, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", e, ctx.Err())
	}
	if lasting := c.lasting(e, err); lasting != nil {
		return lasting
	}
	var outer *url.Error // repeats the URL, with its hundred ids
	if errors.As(err, &outer) {
		if outer.Timeout() {
			err = fmt.Errorf("no answer within %s: %w", c.cfg.Timeout.Round(time.Millisecond), outer.Err)
		} else {
			err = outer.Err
		}
	}
	return c.temporary(e, status, c.scrub.error(err))
}

// lasting is an error of the network as one that ends the run, or nil if it may be
// over on the next try.
func (c *Client) lasting(e schemas.Endpoint, err error) *ConnectionError {
	reason, next := explain(err)
	if reason == "" || c.weather.hasAnswered() {
		return nil
	}
	return &ConnectionError{Endpoint: e, Server: c.server(), Reason: c.scrub.text(reason), Next: next, Err: c.scrub.error(err)}
}

func (c *Client) temporary(e schemas.Endpoint, status int, err error) *TemporaryError {
	return &TemporaryError{Endpoint: e, Server: c.server(), Status: status, Scope: schemas.LaterScope, Err: err}
}

// tell tells what came of the request, once: page or no page. Of a 200 that is none
// nobody knows.
func (x *exchange) tell(page bool) {
	told := x.told
	x.told = nil
	switch {
	case told == nil:
	case x.status == http.StatusOK && !page:
		told(schemas.Unanswered, false)
	default:
		told(x.status, page)
	}
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
