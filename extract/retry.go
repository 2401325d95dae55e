package extract

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/spacesetl/spacesetl/schemas"
)

// maxBackoff bounds the wait after a temporary failure.
const maxBackoff = time.Minute

// Retry fetches pages until they come: it waits for rate windows and tries
// temporary failures again.
type Retry struct{ client *Client }

var _ schemas.Laned = (*Retry)(nil)

// NewRetry returns c with retries.
func NewRetry(c *Client) *Retry { return &Retry{client: c} }

// Fetch gets one page and fills in how many requests and how much waiting it
// took. It returns what Client.Fetch returns, but a *RateLimitError only inside
// a *DeadlineError, and a *TemporaryError only after Config.MaxTries of them.
// When ctx ends it returns at once, with ctx's error wrapped.
func (r *Retry) Fetch(ctx context.Context, req schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	return r.fetch(ctx, req, attempt{gate: gate})
}

// fetch is Fetch; each try begins as the attempt given.
func (r *Retry) fetch(ctx context.Context, req schemas.Request, first attempt) (schemas.Page, error) {
	p := newPacer(ctx, r.client, req)
	p.first = first
	page, err := backoff.RetryNotifyWithTimerAndData(p.try, backoff.WithContext(p, ctx), p.notify, p)
	switch {
	case err == nil:
		page.Attempts, page.WaitedMS = p.sent, p.waited.Milliseconds()
		return page, nil
	case ctx.Err() != nil:
		return schemas.Page{}, fmt.Errorf("%s: %w", req.Endpoint, ctx.Err())
	case p.end != nil:
		return schemas.Page{}, p.end
	}
	return schemas.Page{}, err
}

// pacer drives one Fetch: it is the operation, the BackOff and the Timer of
// the retry loop.
type pacer struct {
	ctx    context.Context // of the one call that the pacer serves
	client *Client
	req    schemas.Request
	first  attempt // as each try begins
	growth *backoff.ExponentialBackOff

	sent   int           // requests
	tries  int           // temporary failures
	waited time.Duration // all waits
	last   error         // of the latest try
	end    error         // why NextBackOff said stop
	fired  chan time.Time
}

var (
	_ backoff.BackOff = (*pacer)(nil)
	_ backoff.Timer   = (*pacer)(nil)
)

func newPacer(ctx context.Context, c *Client, req schemas.Request) *pacer {
	// Full jitter: from nothing to BaseDelay·2ⁿ, which backoff describes by
	// the middle and a factor of 1.
	growth := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(max(c.cfg.BaseDelay/2, 1)), backoff.WithRandomizationFactor(1), backoff.WithMultiplier(2),
		backoff.WithMaxInterval(max(maxBackoff/2, c.cfg.BaseDelay/2)), backoff.WithMaxElapsedTime(0),
	)
	return &pacer{ctx: ctx, client: c, req: req, growth: growth, fired: make(chan time.Time, 1)}
}

func (p *pacer) try() (schemas.Page, error) {
	t := p.first
	page, err := p.client.fetch(p.ctx, p.req, &t)
	p.sent += t.sent
	p.last = err
	var limit *RateLimitError
	var temporary *TemporaryError
	switch {
	case err == nil, errors.As(err, &limit):
	case errors.As(err, &temporary):
		p.tries++
	default:
		err = backoff.Permanent(err)
	}
	return page, err
}

// Reset does nothing: a pacer serves one call.
func (p *pacer) Reset() {}

// NextBackOff returns how long to wait after the latest failure.
func (p *pacer) NextBackOff() time.Duration {
	var limit *RateLimitError
	if errors.As(p.last, &limit) {
		return p.untilReset(limit)
	}
	var temporary *TemporaryError
	if !errors.As(p.last, &temporary) {
		return backoff.Stop
	}
	if p.tries >= p.client.cfg.MaxTries {
		final := *temporary
		final.Tries, p.end = p.tries, &final
		return backoff.Stop
	}
	wait := max(p.growth.NextBackOff(), min(temporary.RetryAfter, maxBackoff))
	return p.bounded(wait)
}

// untilReset waits for a rate limit, a little longer than necessary so that
// several programs with one token do not return at once.
func (p *pacer) untilReset(limit *RateLimitError) time.Duration {
	cfg := &p.client.cfg
	wait := max(limit.Reset.Sub(cfg.Now()), 0)
	if wait > cfg.MaxWait {
		return p.tooLong(limit.Reset, "longest wait allowed, "+cfg.MaxWait.String())
	}
	if limit.Kind != LimitSpacing {
		wait += rand.N(cfg.BaseDelay)
	}
	return p.bounded(wait)
}

// bounded refuses a wait past the deadline.
func (p *pacer) bounded(wait time.Duration) time.Duration {
	cfg := &p.client.cfg
	if until := cfg.Now().Add(wait); !cfg.Deadline.IsZero() && until.After(cfg.Deadline) {
		return p.tooLong(until, "deadline "+cfg.Deadline.UTC().Format(time.RFC3339))
	}
	return wait
}

func (p *pacer) tooLong(until time.Time, limit string) time.Duration {
	p.end = &DeadlineError{Endpoint: p.req.Endpoint, Until: until, Limit: limit, Err: p.last}
	return backoff.Stop
}

// notify tells of a wait, but for the one second between by/creator_ids
// requests.
func (p *pacer) notify(err error, wait time.Duration) {
	c := p.client
	event := Event{Kind: EventRetry, Endpoint: p.req.Endpoint, Until: c.cfg.Now().Add(wait), Wait: wait, Tries: p.tries, Reason: err.Error()}
	var limit *RateLimitError
	if !errors.As(err, &limit) {
		c.stats.add(p.req.Endpoint, "", func(t *Tally) { t.Retries++ })
	} else if event.Kind, event.Token, event.Limit = EventWait, limit.Token, limit.Kind; limit.Kind == LimitSpacing {
		return
	}
	c.cfg.Notify(event)
}

// Start waits. It returns early when the context ends.
func (p *pacer) Start(wait time.Duration) {
	c := p.client
	start := c.cfg.Now()
	err := c.cfg.Sleep(p.ctx, wait)
	waited := max(c.cfg.Now().Sub(start), 0)
	p.waited += waited
	token := ""
	var limit *RateLimitError
	if errors.As(p.last, &limit) {
		token = limit.Token
	}
	c.stats.add(p.req.Endpoint, token, func(t *Tally) { t.Waited += waited })
	if err == nil || p.ctx.Err() == nil {
		p.fired <- time.Time{}
	}
}

// C fires when the wait is over.
func (p *pacer) C() <-chan time.Time { return p.fired }

// Stop does nothing: Start has returned.
func (p *pacer) Stop() {}

// Lane names what a request waits for: requests of one lane wait for the same
// rate windows, those of different lanes do not wait for each other. Who sends
// many requests keeps every lane busy, so that none waits behind another.
func (r *Retry) Lane(req schemas.Request) string {
	user := creator(req)
	if !r.client.keys.owned(user) {
		user = "" // goes out with whatever token may be theirs
	}
	return strings.TrimSpace(string(req.Endpoint) + " " + user)
}
