package pipeline

import (
	"errors"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// A tight budget splits requests, which makes a job with expansions dearer:
// the forecast says by how much at most, and the bill is within it.
func TestForecastCountsWhatABudgetSplits(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	slow(t)
	till := dear(t)
	till.plan.Tweets = false
	till.workers = 1
	if _, err := till.crawl(); err != nil { // history, and what it costs whole
		t.Fatal(err)
	}
	whole := till.charged()
	till.clock.advance(24 * time.Hour)
	l, err := money.Update(t.Context(), till.locked)
	if err != nil {
		t.Fatal(err)
	}
	till.budget.Day = 7 * schemas.Dollar
	f := forecast.Forecaster{Prices: schemas.DefaultPrices(), Ledger: l, Today: money.Day(till.clock.now())}
	free := f.Forecast(till.plan, till.plan.Seeds)
	f.Budget = till.budget
	tight := f.Forecast(till.plan, till.plan.Seeds)
	asked := sum(till.RequestCounts())
	for till.stop() != nil {
		till.clock.advance(24 * time.Hour)
	}
	bill, requests := till.charged()-whole, int64(sum(till.RequestCounts())-asked)
	t.Logf("whole %s, in parts %s in %d requests; forecast %s to %s without the budget, with it to %s in %d to %d requests",
		whole, bill, requests, free.Cost.Low, free.Cost.High, tight.Cost.High, tight.Requests.Low, tight.Requests.High)
	if bill < whole*11/10 {
		t.Fatalf("the budget made %s of %s: too little for this test", bill, whole)
	}
	if whole > free.Cost.High || bill < tight.Cost.Low || bill > tight.Cost.High || requests > tight.Requests.High {
		t.Error("the bill is not within the forecast")
	}
	split := tight.Split
	if free.Split != nil || split == nil || split.Cost < bill-free.Cost.High || split.Cost != tight.Cost.High-free.Cost.High || split.Requests <= 0 {
		t.Fatalf("split %+v, want the %s between the forecasts", split, tight.Cost.High-free.Cost.High)
	}
	if other := f.Cheaper(till.plan, till.plan.Seeds); other == nil || other.Split != nil && other.Split.Cost > 0 {
		t.Errorf("cheaper: %+v; want users looked up, which a budget makes no dearer", other)
	}
	named := false
	for _, n := range f.Wide(till.plan, tight) {
		named = named || n.Width == split.Cost
	}
	if !named {
		t.Errorf("%+v does not name the %s", f.Wide(till.plan, tight), split.Cost)
	}
	f.Budget.Day = split.Enough
	if enough := f.Forecast(till.plan, till.plan.Seeds); enough.Split != nil || enough.Cost != free.Cost {
		t.Errorf("with %s: split %+v, want none", split.Enough, enough.Split)
	}
}

// Nothing is recommended where nothing is known of how often the same people
// return, where users are looked up already, and where they cannot be.
func TestNothingIsRecommendedWithoutReason(t *testing.T) {
	till := dear(t)
	for name, change := range map[string]func(*store.Plan){
		"a store without history": func(*store.Plan) {},
		"users: batch":            func(p *store.Plan) { p.NoExpand = true },
		"the post dialect":        func(p *store.Plan) { p.Dialect = schemas.PostDialect },
	} {
		plan := till.plan
		change(&plan)
		f := forecast.Forecaster{Prices: schemas.DefaultPrices(), Today: money.Day(till.clock.now())}
		if got := f.Cheaper(plan, plan.Seeds); got != nil {
			t.Errorf("%s: recommends %+v", name, got)
		}
	}
}

// A page of tweets can only be so small: a budget below what that can cost ends
// each run there, and the forecast says so before.
func TestForecastNamesWhereABudgetStops(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	till := dear(t)
	till.plan.Tweets = true
	least := schemas.DefaultPrices().Cost(schemas.LeastOf(schemas.Tweets, till.plan.Expansions(schemas.Tweets)))
	till.budget.Day = least - 1
	f := forecast.Forecaster{Prices: schemas.DefaultPrices(), Today: money.Day(till.clock.now()), Budget: till.budget}
	stops := f.Forecast(till.plan, till.plan.Seeds).Stops
	if len(stops) != 1 || stops[0].Endpoint != schemas.Tweets || stops[0].Left != till.budget.Day {
		t.Fatalf("got stops %+v, want tweets with %s left", stops, till.budget.Day)
	}
	_, err := till.crawl()
	var over *money.BudgetError
	if !errors.As(err, &over) {
		t.Fatalf("got %v, want a budget error", err)
	}
	till.clock.advance(24 * time.Hour)
	till.budget.Day, f.Budget.Day = stops[0].Enough, stops[0].Enough
	if stops := f.Forecast(till.plan, till.plan.Seeds).Stops; len(stops) > 0 {
		t.Errorf("with %s: got stops %+v, want none", f.Budget.Day, stops)
	}
	if _, err := till.crawl(); err != nil {
		t.Errorf("with %s: %v", f.Budget.Day, err)
	}
}
