package extract

import (
	"context"
	"fmt"
	"strings"

	"github.com/cenkalti/backoff/v4"

	"github.com/spacesetl/spacesetl/schemas"
)

// Retry fetches pages until they come: it waits for rate windows and tries
// temporary failures again.
type Retry struct{ client *Client }

var _ schemas.Laned = (*Retry)(nil)

// NewRetry returns c with retries.
func NewRetry(c *Client) *Retry { return &Retry{client: c} }

// Fetch gets one page and fills in how many requests and how much waiting it
// took. It returns what Client.Fetch returns, but a *RateLimitError only inside
// a *DeadlineError, and a *TemporaryError only after Config.MaxTries of them, or
// three that may have been charged for. What an error puts an end to, it says
// itself: each is a schemas.Stopper. A failure is the request's where others got
// pages meanwhile; where nobody did, the request is one for later, and the run
// waits for another day once that has lasted for Config.RetryFor. A 200 that is no
// page twice is returned as if it were one.
// When ctx ends it returns at once, with ctx's error wrapped.
func (r *Retry) Fetch(ctx context.Context, req schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	return r.fetch(ctx, req, attempt{gate: gate})
}

// fetch is Fetch; each try begins as the attempt given.
func (r *Retry) fetch(ctx context.Context, req schemas.Request, first attempt) (schemas.Page, error) {
	r.client.weather.begin(r.client.cfg.Now())
	p := newPacer(ctx, r.client, req)
	p.first = first
	page, err := backoff.RetryNotifyWithTimerAndData(p.try, backoff.WithContext(p, ctx), p.notify, p)
	switch {
	case err == nil:
		r.client.weather.settle(page.ID)
		page.Attempts, page.WaitedMS = p.sent, p.waited.Milliseconds()
		return page, nil
	case ctx.Err() != nil:
		return schemas.Page{}, fmt.Errorf("%s: %w", req.Endpoint, ctx.Err())
	case p.end != nil:
		return schemas.Page{}, p.end
	}
	return schemas.Page{}, err
}

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
