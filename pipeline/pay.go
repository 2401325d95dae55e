package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// money reads what was spent and paid for, as far as the run needs to know.
func (p *Pipeline) money(ctx context.Context) error {
	if p.Budget != (Budget{}) {
		l, err := p.Store.Ledger(ctx, true)
		if err != nil {
			return err
		}
		p.purse = newPurse(p, l)
	}
	if p.Plan.NoExpand && p.Plan.Users {
		users, err := p.Store.usersPaid(ctx, p.Run)
		if err != nil {
			return err
		}
		p.walk.present = users
	}
	return nil
}

// pay fetches and lands a page within the budget, and says what it leads to.
func (p *Pipeline) pay(ctx context.Context, r schemas.Request) (Extracted, error) {
	c, err := p.newCall(ctx, r)
	if err != nil {
		return Extracted{}, err
	}
	page, err := p.fetch(ctx, c)
	if err != nil {
		c.lose()
		return Extracted{}, err
	}
	page.RunID = p.Run.RunID
	if err := p.landing.Put(page); err != nil {
		c.end(c.most, billedAt(page)) // the answer is lost, not the bill
		return Extracted{}, &LandingError{err}
	}
	p.fetched.Add(1)
	found, err := examine(page)
	p.settle(c, found.cost(p.Prices), billedAt(page))
	p.gauge.fetched(&page, &found, p.Prices)
	return found, err
}

// fetch gets the page. Of a Fetcher that does not tell when it sends it is
// assumed that it sends once, at once, and that nothing is charged without a
// page.
func (p *Pipeline) fetch(ctx context.Context, c *call) (schemas.Page, error) {
	if p.Tells {
		return p.Fetcher.Fetch(context.WithValue(ctx, callKey{}, c), c.request)
	}
	note := p.note(c.request)
	if err := p.write(note); err != nil {
		return schemas.Page{}, err
	}
	c.open, c.spare = 1, false
	page, err := p.Fetcher.Fetch(ctx, c.request)
	if err != nil {
		c.open, note.Failed = 0, true
		return page, errors.Join(err, p.write(note))
	}
	return page, nil
}

// settle books what a page cost, and that answers lost before it held the same.
func (p *Pipeline) settle(c *call, charged schemas.Money, at time.Time) {
	c.end(charged, at)
	if e := c.request.Endpoint; p.purse != nil && charged > c.most {
		p.purse.exceeded(e)
		p.Notify(Notice{"budget", fmt.Sprintf("%s: an answer held more than was taken to be possible, and can have cost %s instead of %s; setting aside more from now on", e, charged, c.most)})
	}
}

// cost is what the page costs in the pessimistic model.
func (e *Extracted) cost(prices schemas.Prices) schemas.Money {
	n := schemas.ByKind{}
	for kind, ids := range e.objects {
		n[kind] = int64(len(ids))
	}
	return prices.Cost(n)
}

// batch is collection, in halves where the budget does not allow the whole at
// once. A request that was halved before a crash stays so: its parts have
// landed and are paid for.
func (p *Pipeline) batch(ctx context.Context, r schemas.Request) error {
	if len(r.IDs) < 2 || r.Endpoint.Spec().IDParam == "" {
		return p.collection(ctx, r)
	}
	if p.landing.Has(r.ID()) || !p.resumed || !p.halved(r) {
		err := p.collection(ctx, r)
		var over *BudgetError
		if !errors.As(err, &over) {
			return err
		}
	}
	first, second := halves(r)
	if err := p.batch(ctx, first); err != nil {
		return err
	}
	return p.batch(ctx, second)
}

func halves(r schemas.Request) (first, second schemas.Request) {
	first, second = r, r
	middle := (len(r.IDs) + 1) / 2
	first.IDs, second.IDs = r.IDs[:middle], r.IDs[middle:]
	return first, second
}

// halved reports whether a part of the request has landed.
func (p *Pipeline) halved(r schemas.Request) bool {
	if len(r.IDs) < 2 {
		return false
	}
	first, second := halves(r)
	return p.landing.Has(first.ID()) || p.landing.Has(second.ID()) || p.halved(first) || p.halved(second)
}
