package money

import (
	"context"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Purse keeps a run within its budget: the most a request can cost is set
// aside before it is sent, and what it did cost is booked instead afterwards.
// A nil Purse has no bounds: all that a payment calls does nothing then.
type Purse struct {
	budget Budget
	prices schemas.Prices
	now    func() time.Time

	mu      sync.Mutex
	skew    time.Duration // the server's clock less ours
	run     schemas.Money // since this start
	days    map[string]schemas.Money
	aside   schemas.Money
	lost    []*note                    // answers that were lost and not repeated yet, oldest first
	loans   map[string][]loan          // by page that is under way
	growth  map[schemas.Endpoint]int64 // over schemas.Most, where answers were larger
	changed chan struct{}              // closed when something is booked
}

// NewPurse returns the purse of a start, with what the ledger says was spent; now
// is the clock of its days.
func NewPurse(budget Budget, prices schemas.Prices, now func() time.Time, l *Ledger) *Purse {
	p := &Purse{
		budget: budget, prices: prices, now: now, growth: map[schemas.Endpoint]int64{},
		days: map[string]schemas.Money{}, loans: map[string][]loan{}, changed: make(chan struct{}),
	}
	for _, line := range l.Lines {
		p.days[line.Day] += prices[line.Object] * schemas.Money(line.Billed(Pessimistic))
	}
	for _, n := range l.Lost {
		if now().Sub(n.At) <= repeatable {
			p.lost = append(p.lost, noteOf(n, prices))
		}
	}
	return p
}

// Reserve sets aside what a request for a page can cost. Where there is no room for
// that, and an answer to the same request, or for its members, was lost, what is booked
// for the lost one covers it, once, with bounds that hold the lost one's day. While
// others' answers are out, which may cost less than was set aside for them, it waits
// for those. The error is a *BudgetError, or ctx's. After nil the caller must call Book.
func (p *Purse) Reserve(ctx context.Context, w Want) error {
	if p == nil {
		return nil
	}
	for {
		changed, err := p.try(w)
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
func (p *Purse) try(w Want) (<-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var loans []loan
	over := p.over(w, nil)
	if over != nil {
		loans = p.lenders(w)
		over = p.over(w, loans)
	}
	switch {
	case over == nil:
		p.aside += w.Most
		for _, l := range loans {
			l.lent += l.amount
		}
		if len(loans) > 0 {
			p.loans[w.PageID] = loans
		}
		return nil, nil
	case p.aside > 0 && !over.Never():
		return p.changed, nil
	}
	return nil, over
}

// over returns the first bound that the request might pass, less what lost answers
// lend it. What is set aside counts for every day: answers may come after midnight.
func (p *Purse) over(w Want, loans []loan) *BudgetError {
	for _, b := range p.bounds() {
		needs := w.Most
		for _, l := range loans {
			if b.holds(l.note) {
				needs -= l.amount
			}
		}
		if needs > 0 && b.spent+p.asideOf(b)+needs > b.budget {
			return &BudgetError{w.Endpoint, b.period, b.budget, b.spent, w.Most, b.resume}
		}
	}
	return nil
}

// asideOf is what is set aside and not booked in a bound's period as lost.
func (p *Purse) asideOf(b bound) schemas.Money {
	aside := p.aside
	for _, n := range p.lost {
		if b.holds(n) {
			aside -= n.lent
		}
	}
	return aside
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

// Booked is what the run has cost since this start, and what is set aside beside
// that.
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
	if over := p.over(Want{Endpoint: e, Most: most}, nil); over != nil {
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

// Charge is what came of the requests for a page.
type Charge struct {
	Want
	Aside   schemas.Money // was set aside for them
	Answers int           // that were charged, or may have been
	Each    schemas.Money // what each cost; of those lost, can have cost
	At      time.Time     // by the server's clock; the zero time books nothing
	Lost    bool          // no page came of them
	OK      bool          // the page holds data, as what was lost of it before did
}

// Book replaces what was set aside by what was charged. What was lost of the page
// before is taken to have cost the same.
func (p *Purse) Book(c Charge) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aside -= c.Aside
	lent := len(p.loans[c.PageID]) > 0
	for _, l := range p.loans[c.PageID] {
		l.lent -= l.amount
	}
	delete(p.loans, c.PageID)
	if !c.At.IsZero() {
		p.skew = c.At.Sub(p.now())
		p.spend(Day(c.At), c.Each*schemas.Money(c.Answers), true)
	}
	switch {
	case c.Lost:
		p.lose(c, lent)
	case c.OK:
		p.again(c)
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

// spend books an amount on a day, here where this start has spent it.
func (p *Purse) spend(day string, amount schemas.Money, here bool) {
	p.days[day] += amount
	if here {
		p.run += amount
	}
}

// Most is what a request can cost.
func (p *Purse) Most(r schemas.Request, expansions []string) schemas.Money {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.prices.Cost(schemas.MostOf(r, expansions)) * schemas.Money(1+p.growth[r.Endpoint])
}

// Exceed doubles what is set aside for an endpoint whose answer cost more
// than was taken to be possible.
func (p *Purse) Exceed(e schemas.Endpoint) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.growth[e] = 2*p.growth[e] + 1
}
