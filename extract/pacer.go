package extract

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/spacesetl/spacesetl/schemas"
)

const (
	maxBackoff   = time.Minute // bounds the wait after a temporary failure
	maxRefused   = 10          // 429s in a row of one fetch
	triesAway    = 3           // 404s that name nothing, of what has never answered like the API
	triesCharged = 3           // answers of one fetch that cannot be used and may have been charged for
)

// pacer drives one Fetch: it is the operation, the BackOff and the Timer of
// the retry loop.
type pacer struct {
	ctx    context.Context // of the one call that the pacer serves
	client *Client
	req    schemas.Request
	first  attempt // as each try begins
	growth *backoff.ExponentialBackOff

	sent    int           // requests
	tries   int           // temporary failures
	lost    int           // of those, 404s that name nothing
	charged int           // of those, answers that may have been charged for
	seen    int           // pages of the client when the request began to fail
	refused int           // 429s in a row
	odd     bool          // a good answer was no page
	waited  time.Duration // all waits
	last    error         // of the latest try
	end     error         // why NextBackOff said stop
	fired   chan time.Time
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
	t.away = p.lost > 0
	page, err := p.client.fetch(p.ctx, p.req, &t)
	p.sent += t.sent
	p.last = err
	var limit *RateLimitError
	var temporary *TemporaryError
	switch {
	case err == nil:
	case errors.As(err, &limit):
		if t.limited > 0 {
			p.refused++
		}
	case t.odd != nil && (p.odd || p.tries+1 >= p.client.cfg.MaxTries || p.charged+1 >= triesCharged):
		p.client.weather.page(p.req.Endpoint, p.client.cfg.Now())
		return *t.odd, nil
	case errors.As(err, &temporary):
		p.odd = p.odd || t.odd != nil
		p.failed(temporary)
	default:
		err = backoff.Permanent(err)
	}
	return page, err
}

// failed counts a temporary failure.
func (p *pacer) failed(e *TemporaryError) {
	w := p.client.weather
	w.fail(p.client.cfg.Now())
	// Not at the first failure: answers that were under way when an outage began
	// are no sign that it is over.
	if p.tries++; p.tries <= 2 {
		p.seen = w.before(p.req.ID())
	}
	switch e.Status {
	case http.StatusNotFound:
		p.lost++
	case http.StatusOK:
		p.charged++
	}
	if e.Status != 0 {
		p.refused = 0
	}
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
	cfg, w := &p.client.cfg, p.client.weather
	// While others are under way one of them may be answered like the API, unless it was
	// answered otherwise before.
	alone := p.client.under.Load() == 0 || p.tries >= cfg.MaxTries
	if p.lost >= min(triesAway, cfg.MaxTries) && alone && !w.hasMet() {
		p.end = &StatusError{Endpoint: p.req.Endpoint, Server: temporary.Server, Status: temporary.Status, NoAPI: true}
		return backoff.Stop
	}
	left := cfg.RetryFor
	if down := w.downSince(); !down.IsZero() { // no page has come since the failure
		left -= cfg.Now().Sub(down)
	}
	if enough := p.tries >= cfg.MaxTries || p.charged >= triesCharged; enough || left <= 0 {
		return p.giveUp(temporary, enough && w.seen() > p.seen, cfg.RetryFor-left)
	}
	wait := max(p.growth.NextBackOff(), min(temporary.RetryAfter, maxBackoff))
	return p.bounded(min(wait, left))
}

// giveUp ends the fetch: as the endpoint's failure, where a gateway has no way to it
// and to others, as the request's own, since others got pages meanwhile, as the run's,
// since nobody got a page for too long, or as one for later.
func (p *pacer) giveUp(last *TemporaryError, own bool, down time.Duration) time.Duration {
	final := *last
	switch final.Tries = p.tries; {
	case last.Status == http.StatusNotFound && p.client.weather.lacks(p.req.Endpoint):
		final.Scope, final.Down = schemas.EndpointScope, max(down, 1)
	case own:
		final.Scope = schemas.RequestScope
		p.client.weather.settle(p.req.ID())
	case down >= p.client.cfg.RetryFor:
		final.Scope, final.Down = schemas.RunScope, down
	default:
		final.Scope = schemas.LaterScope
		p.client.weather.putOff(p.req.ID(), p.seen)
	}
	p.end = &final
	return backoff.Stop
}

// untilReset waits for a rate limit, a little longer than necessary so that
// several programs with one token do not return at once.
func (p *pacer) untilReset(limit *RateLimitError) time.Duration {
	cfg := &p.client.cfg
	wait := max(limit.Reset.Sub(cfg.Now()), 0)
	if p.refused >= maxRefused {
		return p.tooLong(limit.Reset, fmt.Sprintf("%d refusals in a row for which it waited", maxRefused))
	}
	if limit.Kind == LimitWindow && wait <= windowLength+time.Minute || limit.Kind == LimitDay && wait <= dayLength+time.Minute {
		p.client.weather.announce(limit.Reset)
	}
	if wait > cfg.MaxWait {
		return p.tooLong(limit.Reset, "longest wait allowed, "+cfg.MaxWait.String())
	}
	if limit.Kind != LimitSpacing {
		wait += rand.N(cfg.BaseDelay)
	}
	return p.bounded(wait)
}

// bounded refuses a wait past the deadline, or past what all waiting together may
// take.
func (p *pacer) bounded(wait time.Duration) time.Duration {
	cfg := &p.client.cfg
	now := cfg.Now()
	until, dry := now.Add(wait), max(drought, cfg.RetryFor)
	switch {
	case !cfg.Deadline.IsZero() && until.After(cfg.Deadline):
		return p.tooLong(until, "deadline "+cfg.Deadline.UTC().Format(time.RFC3339))
	case p.spaced() || !until.After(p.client.weather.patience(now, cfg.MaxTotalWait, dry)):
		return wait
	case cfg.MaxTotalWait > 0:
		return p.tooLong(until, "longest wait allowed in all, "+cfg.MaxTotalWait.String())
	}
	return p.tooLong(until, "longest time without a page, "+dry.String())
}

// spaced reports whether the wait is for the spacing of by/creator_ids, which is
// how they go on.
func (p *pacer) spaced() bool {
	var limit *RateLimitError
	return errors.As(p.last, &limit) && limit.Kind == LimitSpacing
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
	start, token, done := c.cfg.Now(), "", func(time.Time) {}
	var limit *RateLimitError
	if errors.As(p.last, &limit) {
		token = limit.Token
	}
	if !p.spaced() {
		done = c.weather.wait(start, limit != nil)
	}
	err := c.cfg.Sleep(p.ctx, wait)
	end := c.cfg.Now()
	done(end)
	waited := max(end.Sub(start), 0)
	p.waited += waited
	c.stats.add(p.req.Endpoint, token, func(t *Tally) { t.Waited += waited })
	if err == nil || p.ctx.Err() == nil {
		p.fired <- time.Time{}
	}
}

// C fires when the wait is over.
func (p *pacer) C() <-chan time.Time { return p.fired }

// Stop does nothing: Start has returned.
func (p *pacer) Stop() {}
