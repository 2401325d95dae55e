package pipeline

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// someJob is a plan with some of everything.
func (t *till) someJob(r *rand.Rand) Plan {
	plan := Plan{Job: "test", Dialect: schemas.TweetDialect, Tweets: r.IntN(2) == 0, Users: r.IntN(3) > 0, NoExpand: r.IntN(3) == 0}
	if plan.Buyers = r.IntN(4) == 0; plan.Buyers {
		plan.Self = true
	}
	all := t.SpaceIDs(250)
	from := r.IntN(200)
	plan.Seeds = Lookups(append(slices.Clone(all[from:from+1+r.IntN(25)]), t.MissingSpaceIDs(r.IntN(3))...))
	creators := t.CreatorIDs(70)
	from = r.IntN(40)
	plan.Creators = creators[from : from+r.IntN(15)]
	if r.IntN(2) == 0 {
		plan.Seeds = append(plan.Seeds, schemas.Request{Endpoint: schemas.Search, Query: t.SearchWord(), State: "all"})
	}
	if r.IntN(2) == 0 {
		plan.Seeds = append(plan.Seeds, schemas.Request{Endpoint: schemas.Usernames, IDs: t.Usernames(1 + r.IntN(10))})
	}
	return plan
}

// outlook is a forecast and what came of it.
type outlook struct {
	runs     int
	forecast Forecast
	charged  schemas.Money
	requests int64
}

// foresee makes a forecast for a random job in a store with so many runs, and
// runs the job.
func foresee(t *testing.T, seed uint64, runs int) outlook {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	till := newTill(t, simulator.Config{
		Seed: seed + 1, Spaces: 300, Billing: simulator.Billing{ExpansionsBilled: r.IntN(2) == 0, NoDedup: r.IntN(2) == 0},
	})
	for range runs {
		till.plan = till.someJob(r)
		till.plan.Tweets, till.plan.Buyers = true, true
		till.plan.Self = true
		if _, err := till.crawl(); err != nil {
			t.Fatal(err)
		}
		till.clock.advance(time.Duration(1+r.IntN(20)) * time.Hour)
	}
	till.plan = till.someJob(r)
	l, err := till.store.Ledger(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	f := Forecaster{Prices: schemas.DefaultPrices(), Ledger: l, Today: dayOf(till.clock.now())}
	out := outlook{runs: runs, forecast: f.Forecast(till.plan, till.plan.Seeds)}
	before, asked := till.charged(), sum(till.RequestCounts())
	if _, err := till.crawl(); err != nil {
		t.Fatal(err)
	}
	out.charged, out.requests = till.charged()-before, int64(sum(till.RequestCounts())-asked)
	return out
}

// At least 95 of 100 jobs cost what was forecast; -v prints how wide that was.
func TestForecastContainsTheTruth(t *testing.T) {
	const jobs = 100
	hits, widths := 0, map[int][]float64{}
	for i := range jobs {
		runs := i % 3
		o := foresee(t, uint64(i), runs)
		c, n := o.forecast.Cost, o.forecast.Requests
		if c.Low <= o.charged && o.charged <= c.High && n.Low <= o.requests && o.requests <= n.High {
			hits++
		} else {
			t.Logf("job %d after %d runs: %s in %d requests; forecast %s to %s in %d to %d", i, runs, o.charged, o.requests, c.Low, c.High, n.Low, n.High)
		}
		if o.charged > 0 {
			widths[runs] = append(widths[runs], float64(c.High-c.Low)/float64(o.charged))
		}
	}
	for runs := range 3 {
		if len(widths[runs]) == 0 {
			continue
		}
		slices.Sort(widths[runs])
		t.Logf("after %d runs: range as wide as %.1f times the cost (median; 10 %% under %.1f, 10 %% over %.1f)",
			runs, widths[runs][len(widths[runs])/2], widths[runs][len(widths[runs])/10], widths[runs][len(widths[runs])*9/10])
	}
	if t.Logf("%d of %d jobs cost what was forecast", hits, jobs); hits < 95*jobs/100 {
		t.Errorf("%d of %d forecasts held the truth, want 95 %%", hits, jobs)
	}
}
