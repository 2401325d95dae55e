package pipeline

import (
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// expansions are the plan's, as the command sets them.
func (t *till) expansions() map[schemas.Endpoint][]string {
	if !t.plan.NoExpand {
		return nil
	}
	all := map[schemas.Endpoint][]string{}
	for _, spec := range schemas.Specs() {
		all[spec.Endpoint] = t.plan.Expansions(spec.Endpoint)
	}
	return all
}

// charged is the simulator's bill.
func (w *world) charged() schemas.Money {
	return schemas.Money(math.Round(w.Billing().Dollars*1000)) * schemas.Dollar / 1000
}

func models() []money.Model {
	var all []money.Model
	for i := range 4 {
		all = append(all, money.Model{Expansions: i&1 != 0, Repeats: i&2 != 0, Lost: true})
	}
	return all
}

// Over days of runs that die and go on, the ledger is the bill to the cent,
// however X bills.
func TestLedgerIsTheBill(t *testing.T) {
	all := models()
	if testing.Short() {
		all = all[:1]
	}
	for _, m := range all {
		t.Run(fmt.Sprintf("expansions %v, repeats %v", m.Expansions, m.Repeats), func(t *testing.T) {
			t.Parallel()
			till := newTill(t, simulator.Config{
				Spaces: 150, Paging: simulator.PagingQuirks, Quirks: true,
				Billing: simulator.Billing{ExpansionsBilled: m.Expansions, NoDedup: m.Repeats},
				Faults:  simulator.Faults{Rate: 0.05, Kinds: []simulator.Fault{simulator.FaultUnavailable, simulator.FaultInternal, simulator.FaultRateLimited}},
			})
			till.plan, till.lossy = full(till.world), 9
			deaths := 0
			for day := range int64(3) {
				for _, till.death = range []death{{landing: 7 + day}, {request: 5 + day}, {wait: 1}, {landing: 11}, {}, {}} {
					_, err := till.crawl()
					if err != nil {
						deaths++
					}
					till.same(m, err == nil)
					till.clock.advance(3 * time.Hour)
				}
				till.clock.advance(6 * time.Hour)
			}
			if deaths < 6 {
				t.Errorf("%d deaths: too few for this test", deaths)
			}
			till.rebuilt()
		})
	}
}

// same compares the ledger with the bill. What an answer held that is lost and
// not repeated yet only the bill knows.
func (t *till) same(m money.Model, whole bool) {
	t.Helper()
	l, err := money.Update(t.Context(), t.locked)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := l.Cost(m, schemas.DefaultPrices(), nil), t.charged(); whole && got != want || want == 0 {
		t.Errorf("the ledger says %s, the bill %s", got, want)
	}
	low, high := l.Cost(money.Optimistic, schemas.DefaultPrices(), nil), l.Cost(money.Pessimistic, schemas.DefaultPrices(), nil)
	if bill := t.charged(); low > bill || bill > high {
		t.Errorf("the bill %s is not from %s to %s", bill, low, high)
	}
}

// rebuilt deletes the ledger's file, which changes nothing.
func (t *till) rebuilt() {
	t.Helper()
	kept, err := money.Update(t.Context(), t.locked)
	if err == nil {
		err = os.Remove(t.locked.File("ledger.json"))
	}
	if err != nil {
		t.Fatal(err)
	}
	again, err := money.Read(t.Context(), t.locked.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept, again, cmp.AllowUnexported(money.Ledger{}), cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("made again (-kept +again):\n%s", diff)
	}
}

// An older run that goes on is not missed.
func TestLedgerFollowsAnOlderRun(t *testing.T) {
	t.Parallel()
	slow(t)
	till := newTill(t, simulator.Config{Spaces: 200})
	older := store.Plan{Job: "test", Tweets: true, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: till.SpaceIDs(20)}}}
	newer := store.Plan{Job: "test", Seeds: []schemas.Request{{Endpoint: schemas.Search, Query: till.SearchWord()}}}
	till.plan, till.death.landing = older, 5
	if _, err := till.crawl(); err == nil {
		t.Fatal("the run did not die")
	}
	till.clock.advance(time.Hour)
	till.death = death{}
	for _, till.plan = range []store.Plan{newer, older, newer, older} {
		if _, err := till.crawl(); err != nil {
			t.Fatal(err)
		}
		till.clock.advance(time.Hour)
		till.same(money.Model{Lost: true}, till.plan.Tweets)
	}
	till.rebuilt()
}
