package forecast

import (
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestBudgetLeftIsThePeriodsWithLeast(t *testing.T) {
	l := money.NewLedger()
	l.Lines = []*money.Line{
		{Day: "2026-11-01", Object: schemas.User, Returned: 300}, // $3
		{Day: "2026-11-22", Object: schemas.User, Returned: 100},
		{Day: "2026-10-31", Object: schemas.User, Returned: 900},
	}
	f := Forecaster{Prices: schemas.DefaultPrices(), Ledger: l, Today: "2026-11-22"}
	for budget, want := range map[money.Budget]schemas.Money{
		{Run: 5 * schemas.Dollar}:                             5 * schemas.Dollar,
		{Day: 5 * schemas.Dollar}:                             4 * schemas.Dollar,
		{Month: 5 * schemas.Dollar}:                           1 * schemas.Dollar,
		{Month: 3 * schemas.Dollar, Run: 1}:                   0,
		{Run: 2, Day: 5 * schemas.Dollar, Month: 1000_000000}: 2,
	} {
		f.Budget = budget
		if got, ok := f.left(); got != want || !ok {
			t.Errorf("%+v: got %s, %v, want %s", budget, got, ok, want)
		}
	}
	f.Budget = money.Budget{}
	if _, ok := f.left(); ok {
		t.Error("without a budget: there is one")
	}
}

// The posts of a month are those of the store's runs in it, in data and includes, and
// those that the run may add.
func TestPostsAreTheMonths(t *testing.T) {
	l := money.NewLedger()
	l.Lines = []*money.Line{
		{Day: "2026-11-01", Object: schemas.Tweet, Returned: 2_000_000, Included: 999_900},
		{Day: "2026-10-31", Object: schemas.Tweet, Returned: 7},
		{Day: "2026-11-02", Object: schemas.User, Returned: 5},
	}
	f := Forecaster{Prices: schemas.DefaultPrices(), Ledger: l, Today: "2026-11-22"}
	plan := store.Plan{Dialect: schemas.TweetDialect, Seeds: store.Lookups([]string{"1a", "1b", "1c", "1d"})}
	without := f.Posts(f.Forecast(plan, plan.Seeds))
	if without != (Range{2_999_900, 2_999_900}) || CapText(without) != "" {
		t.Errorf("without tweets: %v, %q", without, CapText(without))
	}
	plan.Tweets = true
	with := f.Posts(f.Forecast(plan, plan.Seeds))
	if with.Low != without.Low || with.High <= schemas.PostCap || CapText(with) == "" {
		t.Errorf("with tweets: %v, %q; want more than the cap", with, CapText(with))
	}
}
