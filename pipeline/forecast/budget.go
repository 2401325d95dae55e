package forecast

import (
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Split is what a budget adds to a forecast. A request that could cost more
// than is left is sent in parts, down to one id each, and where X bills
// expansions a person in several parts is billed in each.
type Split struct {
	Requests int64         `json:"requests"` // more than otherwise, at most
	Cost     schemas.Money `json:"usd"`      // part of the forecast's high cost
	// Enough is a budget that splits nothing.
	Enough schemas.Money `json:"usd_enough"`
}

// left is what the period with least left may still cost; ok is false without
// a budget.
func (f Forecaster) left() (left schemas.Money, ok bool) {
	spent := func(period string) schemas.Money {
		return f.Ledger.Cost(money.Pessimistic, f.Prices, func(line *money.Line) bool { return strings.HasPrefix(line.Day, period) })
	}
	take := func(bound, spent schemas.Money) {
		if bound > 0 && (!ok || max(bound-spent, 0) < left) {
			left, ok = max(bound-spent, 0), true
		}
	}
	take(f.Budget.Run, 0)
	if f.Budget.Day > 0 {
		take(f.Budget.Day, spent(f.Today))
	}
	if f.Budget.Month > 0 && len(f.Today) >= len("2006-01") {
		take(f.Budget.Month, spent(f.Today[:len("2006-01")]))
	}
	return left, ok
}

// tight marks the endpoints whose requests the budget may split: those of
// which the largest may not fit into what is left when the rest is spent. It
// returns what would be enough for all.
func (e *estimate) tight(high schemas.Money) (enough schemas.Money) {
	left, ok := e.left()
	if !ok {
		return 0
	}
	enough = high
	for name, part := range e.all {
		if part.batch < 2 || name.Spec().IDParam == "" {
			continue
		}
		most := e.Prices.Cost(schemas.Most(name, part.batch, e.plan.Expansions(name)))
		if high+most > left {
			e.split[name] = true
		}
		enough = max(enough, high+most)
	}
	return enough
}

// Stop is an endpoint whose smallest request could cost more than the budget
// has left: a run that comes to it ends there.
type Stop struct {
	Endpoint schemas.Endpoint `json:"endpoint"`
	Most     schemas.Money    `json:"usd_request"` // what one request can cost
	Left     schemas.Money    `json:"usd_left"`
	Enough   schemas.Money    `json:"usd_enough"` // a budget that the forecast fits into
}

// stops lists the endpoints of a forecast that the budget rules out. A request
// for several ids can be as small as one id, any other is a whole page.
func (f Forecaster) stops(plan store.Plan, out Forecast) []Stop {
	left, ok := f.left()
	if !ok {
		return nil
	}
	var stops []Stop
	for _, part := range out.Endpoints {
		most := f.Prices.Cost(schemas.Most(part.Endpoint, 1, plan.Expansions(part.Endpoint)))
		if part.Requests.High > 0 && most > left {
			stops = append(stops, Stop{part.Endpoint, most, left, out.Cost.High + most})
		}
	}
	return stops
}
