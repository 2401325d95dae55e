package money

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Budget bounds what a store's runs may cost, in the pessimistic model; zero
// is no bound. Days and months are those of UTC.
type Budget struct {
	Run   schemas.Money `json:"usd_per_run,omitempty"` // of one start: a resumed run has it anew
	Day   schemas.Money `json:"usd_per_day,omitempty"`
	Month schemas.Money `json:"usd_per_month,omitempty"`
}

// Least is the tightest bound: a request that can cost more is never sent. Zero is
// no bound.
func (b Budget) Least() (least schemas.Money) {
	for _, bound := range []schemas.Money{b.Run, b.Day, b.Month} {
		if bound > 0 && (least == 0 || bound < least) {
			least = bound
		}
	}
	return least
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
		return text + ": raise the budget, or ask for less: users: batch, or without " + schemas.FollowUpNames(" or ")
	case e.Resume.IsZero():
		return text + ": raise the budget, or run again: it is of one start"
	}
	return text + ": raise the budget or run again on or after " + Day(e.Resume)
}

// Never reports whether the request costs more than the whole budget.
func (e *BudgetError) Never() bool { return e.Most > e.Budget }

// Stop ends the endpoint: requests of another may cost less and still fit.
func (e *BudgetError) Stop() (schemas.Outcome, schemas.Scope) {
	return schemas.Capped, schemas.EndpointScope
}

// bound is a period that the budget bounds.
type bound struct {
	period        string
	begins        string // what its days begin with; empty for a run
	budget, spent schemas.Money
	resume        time.Time // when the next begins; zero for a run
}

// holds reports whether a lost answer is booked in the period.
func (b bound) holds(n *note) bool {
	return n.here && b.begins == "" || b.begins != "" && strings.HasPrefix(n.day, b.begins)
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
		{"run", "", p.budget.Run, p.run, time.Time{}},
		{"month", month, p.budget.Month, spent, time.Date(today.Year(), today.Month()+1, 1, 0, 0, 0, 0, time.UTC)},
		{"day", Day(today), p.budget.Day, p.days[Day(today)], time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, time.UTC)},
	}
	return slices.DeleteFunc(all, func(b bound) bool { return b.budget == 0 })
}
