package pipeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// someJob is a plan with some of everything.
func (t *till) someJob(r *rand.Rand) store.Plan {
	plan := store.Plan{Job: "test", Dialect: schemas.TweetDialect, Tweets: r.IntN(2) == 0, Users: r.IntN(3) > 0, NoExpand: r.IntN(3) == 0}
	if plan.Buyers = r.IntN(4) == 0; plan.Buyers {
		plan.Self = true
	}
	all := t.SpaceIDs(250)
	from := r.IntN(200)
	plan.Seeds = store.Lookups(append(slices.Clone(all[from:from+1+r.IntN(25)]), t.MissingSpaceIDs(r.IntN(3))...))
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
	seed     uint64
	runs     int // earlier ones of the store
	forecast forecast.Forecast
	charged  schemas.Money
	requests int64
	billing  simulator.Billing
}

// usual is what the forecast says is likely of how X bills here, if that is
// least or most.
func (o outlook) usual() schemas.Money {
	switch o.billing {
	case simulator.Billing{}:
		return o.forecast.Likely.Low
	case simulator.Billing{ExpansionsBilled: true, NoDedup: true}:
		return o.forecast.Likely.High
	}
	return 0
}

// holds reports whether the bill and the requests are within the forecast.
func (o outlook) holds() bool {
	c, n := o.forecast.Cost, o.forecast.Requests
	return c.Low <= o.charged && o.charged <= c.High && n.Low <= o.requests && o.requests <= n.High
}

// foresee makes a forecast for each of some random jobs, run one after the
// other in one store, and says what came of it.
func foresee(t *testing.T, seed uint64, jobs int) (all []outlook) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	billing := simulator.Billing{ExpansionsBilled: r.IntN(2) == 0, NoDedup: r.IntN(2) == 0}
	till := newTill(t, simulator.Config{Seed: seed + 1, Spaces: 300, Billing: billing})
	for runs := range jobs {
		till.plan = till.someJob(r)
		l, err := money.Update(t.Context(), till.locked)
		if err != nil {
			t.Fatal(err)
		}
		f := forecast.Forecaster{Prices: schemas.DefaultPrices(), Ledger: l, Today: money.Day(till.clock.now())}
		out := outlook{seed: seed, runs: runs, billing: billing, forecast: f.Forecast(till.plan, till.plan.Seeds)}
		before, asked := till.charged(), sum(till.RequestCounts())
		if _, err := till.crawl(); err != nil {
			t.Fatal(err)
		}
		out.charged, out.requests = till.charged()-before, int64(sum(till.RequestCounts())-asked)
		all = append(all, out)
		till.clock.advance(time.Duration(1+r.IntN(20)) * time.Hour)
	}
	return all
}

// The priors were set while looking at the jobs of seeds below 100, and how
// many deviations a range has at those from 70,000 to 70,099. Those from
// heldOut on are for measuring only: nothing is to be changed for what they
// show, or other seeds must take their place.
const heldOut = 80_000

// forecastSeeds is how many stores the test looks at: 6, with SPACESETL_LONG 40,
// or as many as SPACESETL_FORECAST_SEEDS says, from SPACESETL_FORECAST_FROM on.
func forecastSeeds(t *testing.T) (from uint64, n int) {
	t.Helper()
	number := func(name string, value int) int {
		text := os.Getenv(name)
		if text == "" {
			return value
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s=%q is not a number", name, text)
		}
		return n
	}
	usual := 6
	if os.Getenv("SPACESETL_LONG") != "" {
		usual = 40
	}
	return uint64(number("SPACESETL_FORECAST_FROM", heldOut)), number("SPACESETL_FORECAST_SEEDS", usual)
}

// At least 95 of 100 jobs cost what was forecast, after any number of runs; -v
// prints how wide that was.
func TestForecastContainsTheTruth(t *testing.T) {
	t.Parallel()
	slow(t)
	scratchtest.SkipRacing(t)
	const jobs = 3
	from, seeds := forecastSeeds(t)
	byRuns := make([][]outlook, jobs)
	for i := range seeds {
		for _, o := range foresee(t, from+uint64(i), jobs) {
			byRuns[o.runs] = append(byRuns[o.runs], o)
		}
	}
	table := "earlier runs  jobs  held  high/low median  90 %  high/bill median  90 %  bill/low median  90 %"
	hits := 0
	for runs, all := range byRuns {
		held := 0
		for _, o := range all {
			if o.holds() {
				held++
				continue
			}
			c, n := o.forecast.Cost, o.forecast.Requests
			t.Logf("seed %d after %d runs: %s in %d requests; forecast %s to %s in %d to %d", o.seed, runs, o.charged, o.requests, c.Low, c.High, n.Low, n.High)
		}
		hits += held
		usual := slices.DeleteFunc(slices.Clone(all), func(o outlook) bool { return o.usual() == 0 })
		t.Logf("after %d runs: likely/bill 10 %% under %s, median %s, 10 %% over %s", runs,
			wide(usual, 10, outlook.center), wide(usual, 50, outlook.center), wide(usual, 90, outlook.center))
		table += fmt.Sprintf("\n%12d  %4d  %4d  %15s %5s  %16s %5s  %15s %5s", runs, len(all), held,
			wide(all, 50, outlook.width), wide(all, 90, outlook.width), wide(all, 50, outlook.above), wide(all, 90, outlook.above),
			wide(all, 50, outlook.below), wide(all, 90, outlook.below))
	}
	t.Logf("%s\n%d of %d jobs cost what was forecast", table, hits, jobs*seeds)
	if hits < 95*jobs*seeds/100 {
		t.Errorf("%d of %d forecasts held the truth, want 95 %%", hits, jobs*seeds)
	}
}

func (o outlook) width() float64 { return ratio(o.forecast.Cost.High, o.forecast.Cost.Low) }
func (o outlook) above() float64 { return ratio(o.forecast.Cost.High, o.charged) }
func (o outlook) below() float64 { return ratio(o.charged, o.forecast.Cost.Low) }

// center is how far the likely cost is from the bill.
func (o outlook) center() float64 { return ratio(o.usual(), o.charged) }

func ratio(a, b schemas.Money) float64 {
	if a == b {
		return 1
	}
	return float64(a) / float64(b) // infinite where nothing is sure to be charged
}

// wide is a percentile of a ratio.
func wide(all []outlook, percent int, of func(outlook) float64) string {
	var values []float64
	for _, o := range all {
		values = append(values, of(o))
	}
	slices.Sort(values)
	return fmt.Sprintf("%.1f", values[(len(values)-1)*percent/100])
}
