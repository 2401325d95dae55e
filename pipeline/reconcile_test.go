package pipeline

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// reported is what the world's API says it has counted.
func (t *till) reported(days int) Reported {
	t.Helper()
	client, err := extract.New(extract.Config{BaseURL: t.url, AppToken: appToken, Now: t.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	u, err := extract.NewRetry(client).Usage(t.Context(), days)
	if err != nil {
		t.Fatal(err)
	}
	r := Reported{Object: schemas.Tweet, Days: map[string]int64{}, Cycle: u.Posts, ResetDay: u.ResetDay}
	for _, d := range u.Days {
		r.Days[d.Day] = d.Posts
	}
	return r
}

func (t *till) reconcile(days int) Reconciliation {
	t.Helper()
	l, err := t.store.Ledger(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	return l.Reconcile(t.reported(days), schemas.DefaultPrices(), t.clock.now())
}

// However X bills, its count of every day is within the ledger's range, and
// shows how it bills.
func TestReconciliationShowsHowXBills(t *testing.T) {
	for _, b := range []Billing{{}, {Repeats: true}, {Expansions: true}, {Expansions: true, Repeats: true}} {
		till := newTill(t, simulator.Config{Spaces: 200, Billing: simulator.Billing{ExpansionsBilled: b.Expansions, NoDedup: b.Repeats}})
		till.plan = Plan{Job: "test", Tweets: true, Dialect: schemas.TweetDialect, Seeds: Lookups(till.SpaceIDs(12))}
		for _, rest := range []time.Duration{time.Hour, 24 * time.Hour, 0} { // two runs on one day
			if _, err := till.crawl(); err != nil {
				t.Fatal(err)
			}
			till.clock.advance(rest)
		}
		r := till.reconcile(7)
		if len(r.Days) != 7 || r.Total.Difference != 0 || r.Total.API == 0 || slices.ContainsFunc(r.Days, func(d Reconciled) bool { return d.Difference != 0 }) {
			t.Errorf("%+v: got %+v, want no difference", b, r)
		}
		if diff := cmp.Diff([]Billing{b}, r.Fits); diff != "" {
			t.Errorf("%+v: fits (-want +got):\n%s", b, diff)
		}
		if want := reconciled("2026-11-01", r.Total.Low, r.Total.High, r.Total.API); r.Cycle == nil || *r.Cycle != want {
			t.Errorf("%+v: cycle %+v, want %+v", b, r.Cycle, want)
		}
	}
}

// What another program read with the same app is more than the ledger knows.
func TestReconciliationShowsWhatOthersRead(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 200})
	till.plan = Plan{Job: "test", Tweets: true, Dialect: schemas.TweetDialect, Seeds: Lookups(till.SpaceIDs(10))}
	if _, err := till.crawl(); err != nil {
		t.Fatal(err)
	}
	till.clock.advance(24 * time.Hour)
	own, before := till.store, till.Billing().Counts["tweet"]
	till.store = Store(t.TempDir())
	till.plan.Seeds = Lookups(till.TweetedSpaceIDs(5))
	if _, err := till.crawl(); err != nil {
		t.Fatal(err)
	}
	others := int64(till.Billing().Counts["tweet"] - before)
	till.store = own
	r := till.reconcile(2)
	if len(r.Days) != 2 || r.Days[0].Difference != 0 || r.Days[1].Difference != others || others == 0 || r.Days[1].High != 0 || len(r.Fits) != 0 {
		t.Errorf("got %+v, want %d more on the second day", r, others)
	}
	if r = till.reconcile(1); len(r.Days) != 1 || r.Older == nil || r.Older.Low == 0 || r.Total.Low != 0 {
		t.Errorf("of one day: got %+v, want the other as older", r)
	}
}

func TestDifferencesAreCountedFromTheRange(t *testing.T) {
	for api, want := range map[int64]int64{0: -10, 9: -1, 10: 0, 15: 0, 20: 0, 21: 1} {
		if got := reconciled("", 10, 20, api).Difference; got != want {
			t.Errorf("10 to 20 and %d: difference %d, want %d", api, got, want)
		}
	}
}

// A day that the API leaves out, or does not count yet, is not passed over.
func TestADayLeftOutIsCompared(t *testing.T) {
	l := newLedger()
	for _, day := range []string{"2026-11-19", "2026-11-21", "2026-11-22"} {
		line := &Line{Day: day, Object: schemas.Tweet, Returned: 5}
		for view := range line.New {
			line.New[view] = 5
		}
		l.Lines = append(l.Lines, line)
	}
	got := l.Reconcile(Reported{Object: schemas.Tweet, Days: map[string]int64{"2026-11-20": 0, "2026-11-21": 5}}, schemas.DefaultPrices(), time.Now())
	want := []Reconciled{{"2026-11-20", 0, 0, 0, 0}, {"2026-11-21", 5, 5, 5, 0}, {"2026-11-22", 5, 5, 0, -5}}
	if diff := cmp.Diff(want, got.Days); diff != "" || got.Total.Difference != -5 || got.Older == nil || got.Older.Low != 5 {
		t.Errorf("got %+v (-want +got):\n%s", got, diff)
	}
}

func TestCycleBeginsOnItsDay(t *testing.T) {
	for _, c := range []struct {
		today string
		reset int
		want  string
	}{
		{"2026-11-22", 1, "2026-11-01"}, {"2026-11-22", 22, "2026-11-22"}, {"2026-11-22", 23, "2026-10-23"},
		{"2026-03-01", 31, "2026-02-28"}, {"2026-01-05", 28, "2025-12-28"}, {"2026-02-28", 30, "2026-02-28"},
	} {
		today, _ := time.Parse(time.DateOnly, c.today)
		if got := cycleStart(today, c.reset); got != c.want {
			t.Errorf("%s, day %d: got %s, want %s", c.today, c.reset, got, c.want)
		}
	}
}
