package money

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Budget bounds what a store's runs may cost, in the pessimistic model; zero
// is no bound. Days and months are those of UTC.
type Budget struct {
	Run   schemas.Money `json:"usd_per_run,omitempty"` // a resumed run is one run
	Day   schemas.Money `json:"usd_per_day,omitempty"`
	Month schemas.Money `json:"usd_per_month,omitempty"`
}

// BudgetError is a request that was not sent because the budget may not have
// covered it.
type BudgetError struct {
	Endpoint schemas.Endpoint
	Period   string        // run, day or month
	Budget   schemas.Money // of the period
	Spent    schemas.Money // in the period, by the pessimistic model
	Most     schemas.Money // what the request can cost
	Resume   time.Time     // when the next period begins; zero for a run
}

func (e *BudgetError) Error() string {
	text := fmt.Sprintf("%s: stopped by the budget: a request that can cost %s does not fit into usd_per_%s %s, of which %s are spent",
		e.Endpoint, e.Most, e.Period, e.Budget, e.Spent)
	switch {
	case e.Never():
		return text + ": raise the budget, or ask for less: users: batch, or without tweets or buyers"
	case e.Resume.IsZero():
		return text + ": raise the budget"
	}
	return text + ": raise the budget or run again on or after " + Day(e.Resume)
}

// Never reports whether the request costs more than the whole budget.
func (e *BudgetError) Never() bool { return e.Most > e.Budget }

// Stop ends the endpoint: requests of another may cost less and still fit.
func (e *BudgetError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Capped, schemas.EndpointScope
}

// Purse keeps a run within its budget: the most a request can cost is set
// aside before it is sent, and what it did cost is booked instead afterwards.
// A nil Purse has no bounds: all that a payment calls does nothing then.
type Purse struct {
	budget Budget
	prices schemas.Prices
	now    func() time.Time

	mu      sync.Mutex
	skew    time.Duration // the server's clock less ours
	run     schemas.Money
	days    map[string]schemas.Money
	aside   schemas.Money
	growth  map[schemas.Endpoint]int64 // over schemas.Most, where answers were larger
	changed chan struct{}              // closed when something is booked
}

// NewPurse returns the purse of a run, with what the ledger says was spent; now
// is the clock of its days.
func NewPurse(budget Budget, prices schemas.Prices, now func() time.Time, l *Ledger, runID string) *Purse {
	p := &Purse{
		budget: budget, prices: prices, now: now, growth: map[schemas.Endpoint]int64{},
		days: map[string]schemas.Money{}, changed: make(chan struct{}),
	}
	p.run = l.Cost(Pessimistic, prices, func(line *Line) bool { return line.RunID == runID })
	for _, line := range l.Lines {
		p.days[line.Day] += prices[line.Object] * schemas.Money(line.Billed(Pessimistic))
	}
	return p
}

// Reserve sets aside what a request can cost. While others' answers are out,
// which may cost less than was set aside for them, it waits for those. The error
// is a *BudgetError, or ctx's. After nil the caller must call Book.
func (p *Purse) Reserve(ctx context.Context, e schemas.Endpoint, most schemas.Money) error {
	if p == nil {
		return nil
	}
	for {
		changed, err := p.try(e, most)
		if err != nil || changed == nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// try reserves, or returns what to wait for.
func (p *Purse) try(e schemas.Endpoint, most schemas.Money) (<-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	over := p.over(e, most)
	switch {
	case over == nil:
		p.aside += most
		return nil, nil
	case p.aside > 0 && !over.Never():
		return p.changed, nil
	}
	return nil, over
}

// over returns the first bound that the request might pass. What is set aside
// counts for every day: answers may come after midnight.
func (p *Purse) over(e schemas.Endpoint, most schemas.Money) *BudgetError {
	for _, b := range p.bounds() {
		if b.spent+p.aside+most > b.budget {
			return &BudgetError{e, b.period, b.budget, b.spent, most, b.resume}
		}
	}
	return nil
}

// bound is a period that the budget bounds.
type bound struct {
	period        string
	budget, spent schemas.Money
	resume        time.Time // when the next begins; zero for a run
}

// bounds are those that the budget has.
func (p *Purse) bounds() []bound {
	today := p.now().Add(p.skew).UTC()
	month := today.Format("2006-01")
	var spent schemas.Money
	for day, m := range p.days {
		if strings.HasPrefix(day, month) {
			spent += m
		}
	}
	all := []bound{
		{"run", p.budget.Run, p.run, time.Time{}},
		{"month", p.budget.Month, spent, time.Date(today.Year(), today.Month()+1, 1, 0, 0, 0, 0, time.UTC)},
		{"day", p.budget.Day, p.days[Day(today)], time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, time.UTC)},
	}
	return slices.DeleteFunc(all, func(b bound) bool { return b.budget == 0 })
}

// Left is what the bounds have room for, by period: run, day, month.
func (p *Purse) Left() map[string]schemas.Money {
	left := map[string]schemas.Money{}
	if p == nil {
		return left
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.bounds() {
		left[b.period] = max(b.budget-b.spent, 0)
	}
	return left
}

// Booked is what the run has cost so far, and what is set aside beside that.
func (p *Purse) Booked() (run, aside schemas.Money) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.run, p.aside
}

// Repeat sets aside what one more request for a page can cost, at once or not at
// all: then it returns a *BudgetError. Book gives it back, too.
func (p *Purse) Repeat(e schemas.Endpoint, most schemas.Money) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if over := p.over(e, most); over != nil {
		return over
	}
	p.aside += most
	return nil
}

// Time is now by the server's clock, as far as booked answers told it; zero of a
// nil Purse, for which Book takes nothing in.
func (p *Purse) Time() time.Time {
	if p == nil {
		return time.Time{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now().Add(p.skew)
}

// Book replaces what was set aside by what was charged, at a time by the
// server's clock.
func (p *Purse) Book(most, charged schemas.Money, at time.Time) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aside -= most
	if !at.IsZero() {
		p.skew = at.Sub(p.now())
		p.run += charged
		p.days[Day(at)] += charged
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// Most is what a request can cost.
func (p *Purse) Most(r schemas.Request, expansions []string) schemas.Money {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prices.Cost(schemas.Most(r.Endpoint, len(r.IDs), expansions)) * schemas.Money(1+p.growth[r.Endpoint])
}

// Exceed doubles what is set aside for an endpoint whose answer cost more
// than was taken to be possible.
func (p *Purse) Exceed(e schemas.Endpoint) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.growth[e] = 2*p.growth[e] + 1
}
