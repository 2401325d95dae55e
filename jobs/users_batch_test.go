package jobs_test

import (
	"database/sql"
	"fmt"
	"math"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// days is a clock that moves by days only, and a little with each look, as
// pages are in the order of their times.
type days struct{ micros atomic.Int64 }

func (d *days) now() time.Time {
	return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC).Add(time.Duration(d.micros.Add(10)) * time.Microsecond)
}

func (d *days) next() { d.micros.Add((24 * time.Hour).Microseconds()) }

// A job in which the same people are in many answers: once the store has a run,
// plan recommends to look them up. Both ways cost what plan said of them,
// whether X bills least or most; where it bills most, looking up saves about
// what plan promised, and the users are the same in every column.
func TestLookingUsersUpIsRecommendedWhereItSaves(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	for _, most := range inFull([]bool{false, true}, []bool{true}) {
		clock := &days{}
		world := simulator.New(simulator.Config{Spaces: 300, NoRateLimits: true, CreatorSpacing: -1, Now: clock.now,
			Billing: simulator.Billing{ExpansionsBilled: most, NoDedup: most}})
		server := httptest.NewServer(world)
		defer server.Close()
		spec := jobs.Spec{Name: "people", BaseURL: server.URL, IDs: world.SpaceIDs(120), Creators: world.CreatorIDs(60), With: []string{"tweets"}, Store: t.TempDir()}
		spec.Defaults()
		history := spec
		history.To = []string{"parquet"}
		costOf(t, history, world, clock)
		clock.next()
		p := forecastOf(t, spec, clock)
		if p.Batch == nil {
			t.Fatalf("forecast %+v; want users: batch recommended", p.Forecast)
		}
		expanded := costOf(t, spec, world, clock)
		other := spec
		other.Users, other.Store = jobfile.UsersBatch, t.TempDir()
		looked := costOf(t, other, world, clock)
		t.Logf("bills most %v: expanded %s of %s to %s, looked up %s of %s to %s, saving %d %%",
			most, expanded, p.Cost.Low, p.Cost.High, looked, p.Batch.Cost.Low, p.Batch.Cost.High, p.Batch.Saving)
		if expanded < p.Cost.Low || expanded > p.Cost.High || looked < p.Batch.Cost.Low || looked > p.Batch.Cost.High {
			t.Error("a bill is not within its forecast")
		}
		if saved := int(100 - 100*looked/expanded); most && (saved < 20 || saved < p.Batch.Saving/2 || saved > p.Batch.Saving*2) {
			t.Errorf("it saves %d %%, plan said %d %%", saved, p.Batch.Saving)
		}
		sameUsers(t, spec.Store, other.Store)
	}
}

// forecastOf is what plan says of a job.
func forecastOf(t *testing.T, spec jobs.Spec, clock *days) jobs.Forecast {
	t.Helper()
	f, err := jobs.Open(spec, jobs.Options{Now: clock.now}).Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// costOf runs a job and returns what the simulator bills for it.
func costOf(t *testing.T, spec jobs.Spec, world *simulator.Simulator, clock *days) schemas.Money {
	t.Helper()
	world.Reset()
	ran(t, spec, jobs.Options{
		Tokens: jobs.Tokens{App: "token-of-the-users-test"}, Now: clock.now,
		Client: func(cfg *extract.Config) { cfg.Now, cfg.CreatorSpacing = clock.now, time.Nanosecond },
	})
	return schemas.Money(math.Round(world.Billing().Dollars*1000)) * schemas.Dollar / 1000
}

// sameUsers compares the users of two stores, in every column that the API
// fills.
func sameUsers(t *testing.T, a, b string) {
	t.Helper()
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for alias, dir := range map[string]string{"a": a, "b": b} {
		if _, err := db.Exec(fmt.Sprintf("ATTACH %s AS %s (READ_ONLY)", schemas.QuoteText(store.Dir(dir).DuckDB()), alias)); err != nil {
			t.Fatal(err)
		}
	}
	// When a user was seen depends on the pages.
	const users = "SELECT * EXCLUDE (_run_id, _page_id, _fetched_at, first_seen_at, last_seen_at) FROM %s.users"
	of := func(x, y string) string {
		return fmt.Sprintf("SELECT count(*) FROM ("+users+" EXCEPT ALL "+users+")", x, y)
	}
	var all, missing, extra int
	query := "SELECT (SELECT count(*) FROM a.users), (" + of("a", "b") + "), (" + of("b", "a") + ")"
	if err := db.QueryRow(query).Scan(&all, &missing, &extra); err != nil {
		t.Fatal(err)
	}
	if all < 100 || missing+extra > 0 {
		t.Errorf("of %d users looked up, %d are missing or differ, %d are too many or differ", all, missing, extra)
	}
}
