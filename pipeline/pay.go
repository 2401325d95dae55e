package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// pay fetches and lands a page within the budget, and says what it leads to.
func (c *crawl) pay(ctx context.Context, r schemas.Request) (*facts.Facts, error) {
	paid, err := c.newPayment(ctx, r)
	if err != nil {
		return nil, err
	}
	page, err := c.fetch(ctx, paid)
	if err != nil {
		paid.lose(c.purse.Time())
		return nil, err
	}
	page.RunID, page.ID, page.Request = c.p.Run.RunID, r.ID(), r // they name its place, whatever a Fetcher says
	if page.FetchedAt.IsZero() {
		page.FetchedAt = c.p.Now().UTC().Truncate(time.Microsecond)
	}
	if err := c.p.writer.Put(page); err != nil {
		paid.lose(facts.BilledAt(page)) // the answer is lost, not the bill
		return nil, &LandingError{err}
	}
	c.p.fetched.Add(1)
	f, err := facts.Examine(ctx, page)
	c.bookPage(paid, f)
	if err != nil {
		return nil, err
	}
	c.p.known.Add(&page, f)
	c.p.gauge.fetched(&page, f, c.p.Prices)
	return f, nil
}

// newPayment sets aside what one answer to r can cost. After nil the caller must
// call end.
func (c *crawl) newPayment(ctx context.Context, r schemas.Request) (*payment, error) {
	most := c.purse.Most(r, c.p.Plan.Expansions(r.Endpoint))
	p := &payment{crawl: c, request: r, most: most, aside: most, spare: true}
	if err := c.purse.Reserve(ctx, p.want()); err != nil {
		return nil, err
	}
	return p, nil
}

// fetch gets the page. Of a Fetcher that has not passed the gate it is assumed
// that it sent one request.
func (c *crawl) fetch(ctx context.Context, paid *payment) (schemas.Page, error) {
	page, err := c.p.Fetcher.Fetch(ctx, paid.request, paid)
	if err != nil || paid.open > 0 {
		return page, err
	}
	if _, err := paid.Sending(ctx, paid.request); err != nil {
		return page, err
	}
	return page, nil
}

// bookPage books what a page cost, and that answers lost before it held the same.
// Of an answer that was too large to be taken nobody knows what it held.
func (c *crawl) bookPage(paid *payment, f *facts.Facts) {
	charged := f.Cost(c.p.Prices)
	if f.TooLarge() {
		charged = paid.most
	}
	paid.end(money.Charge{Each: charged, At: f.BilledAt, OK: f.OK})
	if e := paid.request.Endpoint; c.purse != nil && charged > paid.most {
		c.purse.Exceed(e)
		c.p.Notify(Notice{"budget", fmt.Sprintf("%s: an answer held more than was taken to be possible, and can have cost %s instead of %s; setting aside more from now on", e, charged, paid.most)})
	}
}
