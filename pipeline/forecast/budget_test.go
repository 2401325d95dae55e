package forecast

import (
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/money"
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
