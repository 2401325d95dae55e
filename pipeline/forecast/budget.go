package forecast

import (
	"fmt"
	"slices"
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

// Text says where a budget will end a run.
func (s Stop) Text() string {
	return fmt.Sprintf("the budget will stop the run at %s: one request there can cost %s and %s is left; %s would do", s.Endpoint, s.Most.Cents(), s.Left.Cents(), s.Enough.Cents())
}

// stops lists the endpoints of a forecast that the budget rules out, whose
// smallest request can cost more than is left.
func (f Forecaster) stops(plan store.Plan, out Forecast) []Stop {
	left, ok := f.left()
	if !ok {
		return nil
	}
	var stops []Stop
	for _, part := range out.Endpoints {
		most := f.Prices.Cost(schemas.LeastOf(part.Endpoint, plan.Expansions(part.Endpoint)))
		if part.Requests.High > 0 && most > left {
			stops = append(stops, Stop{part.Endpoint, most, left, out.Cost.High + most})
		}
	}
	return stops
}

// Posts are those of the store's runs of the month so far, and with what a forecast
// adds.
func (f Forecaster) Posts(run Forecast) (n Range) {
	month := f.Today[:len("2006-01")]
	if f.Ledger == nil {
		f.Ledger = money.NewLedger()
	}
	for _, line := range f.Ledger.Lines {
		if line.Object == schemas.Tweet && strings.HasPrefix(line.Day, month) {
			n.Low += line.Returned + line.Included
		}
	}
	n.High = n.Low
	for _, part := range run.Endpoints {
		if part.Endpoint.Spec().Data == schemas.Tweet {
			n.High += part.Objects.High
		}
		n.High += part.included[schemas.Tweet].High
	}
	return n
}

// CapText says that the month's posts may pass X's cap; empty if they do not.
func CapText(n Range) string {
	if n.High <= schemas.PostCap {
		return ""
	}
	return fmt.Sprintf("X lets a project read 3,000,000 posts a month: the store's runs have read %d of them, and this run may bring that to %d; what comes after the cap ends with exit code 4", n.Low, n.High)
}

// Aside is the most that a budget sets aside for one request of a plan, until its
// answer has come.
func Aside(plan store.Plan, prices schemas.Prices) (most schemas.Money) {
	for _, r := range first(plan) {
		most = max(most, prices.Cost(schemas.MostOf(r, plan.Expansions(r.Endpoint))))
	}
	for _, spec := range schemas.FollowUps() {
		if e := spec.Endpoint; plan.Follows(e) {
			most = max(most, prices.Cost(schemas.Most(e, 1, plan.Expansions(e))))
		}
	}
	return most
}

// Least is the endpoint of the dearest among the smallest first requests of a plan,
// and what that can cost: with less to spend none is sent there.
func Least(plan store.Plan, prices schemas.Prices) (e schemas.Endpoint, least schemas.Money) {
	for _, r := range first(plan) {
		if cost := prices.Cost(schemas.LeastOf(r.Endpoint, plan.Expansions(r.Endpoint))); cost > least {
			e, least = r.Endpoint, cost
		}
	}
	return e, least
}

// first are a plan's first requests, and those for its creators.
func first(plan store.Plan) []schemas.Request {
	all := slices.Clone(plan.Seeds)
	if len(plan.Creators) > 0 {
		all = append(all, schemas.Request{Endpoint: schemas.Creators, IDs: plan.Creators[:min(len(plan.Creators), schemas.MaxIDs)]})
	}
	if plan.PostsMissing {
		all = append(all, store.Batches(schemas.Posts, []string{""})...)
	}
	for _, r := range plan.Seeds {
		if r.Endpoint == schemas.Usernames {
			all = append(all, schemas.Request{Endpoint: schemas.Creators, IDs: r.IDs})
		}
	}
	return all
}
