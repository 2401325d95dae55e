package pipeline

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// reported is what the world's API says it has counted.
func (t *till) reported(days int) money.Reported {
	t.Helper()
	client, err := extract.New(extract.Config{BaseURL: t.url, AppToken: appToken, Now: t.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	u, err := extract.NewRetry(client).Usage(t.Context(), days)
	if err != nil {
		t.Fatal(err)
	}
	r := money.Reported{Object: schemas.Tweet, Days: map[string]int64{}, Cycle: u.Posts, ResetDay: u.ResetDay}
	for _, d := range u.Days {
		r.Days[d.Day] = d.Posts
	}
	return r
}

func (t *till) reconcile(days int) money.Reconciliation {
	t.Helper()
	l, err := money.Read(t.Context(), t.locked.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return money.Reconcile(l, t.reported(days), schemas.DefaultPrices(), t.clock.now())
}

// However X bills, its count of every day is within the ledger's range, and
// shows how it bills.
func TestReconciliationShowsHowXBills(t *testing.T) {
	t.Parallel()
	slow(t)
	scratchtest.SkipRacing(t)
	for _, b := range []money.Billing{{}, {Repeats: true}, {Expansions: true}, {Expansions: true, Repeats: true}} {
		till := newTill(t, simulator.Config{Spaces: 200, Billing: simulator.Billing{ExpansionsBilled: b.Expansions, NoDedup: b.Repeats}})
		till.plan = store.Plan{Job: "test", Tweets: true, Dialect: schemas.TweetDialect, Seeds: store.Lookups(till.SpaceIDs(12))}
		for _, rest := range []time.Duration{time.Hour, 24 * time.Hour, 0} { // two runs on one day
			if _, err := till.crawl(); err != nil {
				t.Fatal(err)
			}
			till.clock.advance(rest)
		}
		r := till.reconcile(7)
		if len(r.Days) != 7 || r.Total.Difference != 0 || r.Total.API == 0 || slices.ContainsFunc(r.Days, func(d money.Reconciled) bool { return d.Difference != 0 }) {
			t.Errorf("%+v: got %+v, want no difference", b, r)
		}
		if diff := cmp.Diff([]money.Billing{b}, r.Fits); diff != "" {
			t.Errorf("%+v: fits (-want +got):\n%s", b, diff)
		}
		if want := (money.Reconciled{Name: "2026-11-01", Low: r.Total.Low, High: r.Total.High, API: r.Total.API}); r.Cycle == nil || *r.Cycle != want {
			t.Errorf("%+v: cycle %+v, want %+v", b, r.Cycle, want)
		}
	}
}

// What another program read with the same app is more than the ledger knows.
func TestReconciliationShowsWhatOthersRead(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 200})
	till.plan = store.Plan{Job: "test", Tweets: true, Dialect: schemas.TweetDialect, Seeds: store.Lookups(till.SpaceIDs(10))}
	if _, err := till.crawl(); err != nil {
		t.Fatal(err)
	}
	till.clock.advance(24 * time.Hour)
	own, before := till.locked, till.Billing().Counts["tweet"]
	till.locked = newStore(t)
	till.plan.Seeds = store.Lookups(till.TweetedSpaceIDs(5))
	if _, err := till.crawl(); err != nil {
		t.Fatal(err)
	}
	others := int64(till.Billing().Counts["tweet"] - before)
	till.locked = own
	r := till.reconcile(2)
	if len(r.Days) != 2 || r.Days[0].Difference != 0 || r.Days[1].Difference != others || others == 0 || r.Days[1].High != 0 || len(r.Fits) != 0 {
		t.Errorf("got %+v, want %d more on the second day", r, others)
	}
	if r = till.reconcile(1); len(r.Days) != 1 || r.Older == nil || r.Older.Low == 0 || r.Total.Low != 0 {
		t.Errorf("of one day: got %+v, want the other as older", r)
	}
}
