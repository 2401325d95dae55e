package forecast

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Narrower says what makes a forecast wide, and how to narrow it.
type Narrower struct {
	Assumption string        `json:"assumption"`
	Width      schemas.Money `json:"usd"` // of the range that goes with it
	Advice     string        `json:"advice"`
}

// Wide lists what makes a forecast wide, the most first.
func (f Forecaster) Wide(plan store.Plan, forecast Forecast) []Narrower {
	var expanded, unknown schemas.Money
	for _, part := range forecast.Endpoints {
		for kind, n := range part.included {
			expanded += f.Prices[kind] * schemas.Money(n.High)
		}
		unknown += f.Prices[part.Endpoint.Spec().Data] * schemas.Money(part.Objects.High-part.Objects.Low)
	}
	var split Split
	if forecast.Split != nil {
		split = *forecast.Split
		expanded -= split.Cost
	}
	repeats := forecast.Cost.High - forecast.Cost.Low - expanded - unknown - split.Cost
	all := []Narrower{
		{"whether X bills expanded users and tweets", expanded, "look users up by the hundred, once a day: users: batch"},
		{"how much the seeds lead to", unknown, "run a part first: a forecast learns from the store's runs"},
		{"whether X bills an object once a day only", repeats, "run once a UTC day"},
		{"how often the budget splits a request, in each part of which people are billed again", split.Cost, "users: batch, or a budget of " + split.Enough.Cents()},
	}
	if plan.NoExpand {
		all[0].Advice = "leave out " + schemas.FollowUpNames(" or ") + ": their expansions hold tweets"
	}
	if forecast.Runs > 0 {
		all[1].Advice = "the seeds vary: more runs narrow it, a budget bounds it"
	}
	all = slices.DeleteFunc(all, func(n Narrower) bool { return n.Width <= 0 })
	slices.SortStableFunc(all, func(a, b Narrower) int { return cmp.Compare(b.Width, a.Width) })
	return all
}

// worthwhile is the saving, in percent, from which a cheaper shape is
// recommended.
const worthwhile = 20

// Cheaper is another shape of a job that is recommended.
type Cheaper struct {
	Forecast
	// Saving is how much less it costs on average, in percent, if X bills
	// expansions.
	Saving int `json:"saving_percent"`
}

// Cheaper recommends to look users up instead of expanding them where that
// saves much in the pessimistic model: on average, since how many people there
// are is as unknown of one shape as of the other. In the optimistic model
// expanded users are free and looked-up ones are not. It returns nil where it
// recommends nothing.
func (f Forecaster) Cheaper(plan store.Plan, seeds []schemas.Request) *Cheaper {
	if plan.NoExpand || plan.Dialect == schemas.PostDialect {
		return nil // there people are named only where they are expanded
	}
	now := f.Forecast(plan, seeds)
	plan.NoExpand = true
	other := f.Forecast(plan, seeds)
	if now.Likely.High == 0 || other.Cost.High >= now.Cost.High {
		return nil
	}
	saving := int(100 - 100*other.Likely.High/now.Likely.High)
	if saving < worthwhile {
		return nil
	}
	return &Cheaper{other, saving}
}

// Price says in one line what a plan can cost, by its first requests and by what
// the store's runs got, and what a budget sets aside.
func (f Forecaster) Price(p store.Plan, of Forecast) string {
	requests := len(p.Seeds)
	if n := len(p.Creators); n > 0 {
		requests += (n + schemas.MaxIDs - 1) / schemas.MaxIDs
	}
	from := "without history, a guess"
	if of.Runs > 0 {
		from = fmt.Sprintf("by %d earlier runs", of.Runs)
	}
	if of.Runs == 1 {
		from = "by one earlier run"
	}
	line := fmt.Sprintf("price: %d first requests and what they lead to, %d to %d requests in all, cost %s to %s, likely %s to %s (%s); each Space %s, each user %s",
		requests, of.Requests.Low, of.Requests.High, of.Cost.Low.Cents(), of.Cost.High.Cents(), of.Likely.Low.Cents(), of.Likely.High.Cents(), from, f.Prices[schemas.Space], f.Prices[schemas.User])
	if slices.ContainsFunc(schemas.FollowUps(), func(s schemas.Spec) bool { return p.Follows(s.Endpoint) }) {
		line += fmt.Sprintf(", each tweet %s", f.Prices[schemas.Tweet])
	}
	if f.Budget != (money.Budget{}) {
		line += fmt.Sprintf("; the budget sets up to %s aside for one request, or asks for less where that does not fit", Aside(p, f.Prices).Cents())
	}
	return line
}

// Guessed is a rate that a forecast guesses, since the store has not seen it often
// enough.
type Guessed struct {
	Rate   string  `json:"rate"` // such as tweets per space
	Likely float64 `json:"likely"`
}

// Guessed lists what a plan's likely cost takes for what is not known.
func (f Forecaster) Guessed(plan store.Plan) (all []Guessed) {
	rates := []string{facts.RateFound, facts.RateHits, facts.RateLive, facts.RatePeople}
	asks := map[string]bool{facts.RatePeople: plan.Users, facts.RateLive: len(plan.Creators) > 0}
	for _, spec := range schemas.FollowUps() {
		if plan.Follows(spec.Endpoint) {
			of := facts.RatesOf(spec)
			rates = append(rates, of.Some, of.Objects)
			asks[of.Some], asks[of.Objects] = of.Some != "", true
		}
	}
	for _, r := range plan.Seeds {
		switch r.Endpoint {
		case schemas.Spaces, schemas.SpaceByID:
			asks[facts.RateFound] = true
		case schemas.Search:
			asks[facts.RateHits] = true
		case schemas.Usernames:
			asks[facts.RateLive] = true
		}
	}
	var history facts.History
	if f.Ledger != nil {
		history = f.Ledger.History
	}
	for _, rate := range rates {
		if asks[rate] && !knows(history, rate) {
			all = append(all, Guessed{rate, of(history, rate, known(1)).likely})
		}
	}
	return all
}
