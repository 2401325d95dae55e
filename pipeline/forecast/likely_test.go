package forecast

import (
	"cmp"
	"math"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

const ownersToken = "token-of-an-owner"

// kind is what of a world a job asks for first.
type kind struct {
	name  string
	first func(*simulator.Simulator) store.Plan
	// off is how many times the likely cost may be off without history: 0 is 5. More
	// stands where another kind, of which a plan cannot be told from this one, costs
	// over 25 times as much or as little: no number is within 5 of both.
	off    float64
	spaces int // of the world, 0 is 1,000
}

func lookups(ids []string) store.Plan { return store.Plan{Seeds: store.Lookups(ids)} }

func searches(words ...string) store.Plan {
	var plan store.Plan
	for _, word := range words {
		plan.Seeds = append(plan.Seeds, schemas.Request{Endpoint: schemas.Search, Query: word, State: "all"})
	}
	return plan
}

// kinds are worlds as different as the simulator makes them.
var kinds = []kind{
	{name: "ids of all sorts", first: func(s *simulator.Simulator) store.Plan { return lookups(s.SpaceIDs(60)) }},
	{name: "ids, no tweets", off: 18, first: func(s *simulator.Simulator) store.Plan { return lookups(without(s, 60)) }},
	{name: "ids, all with tweets", off: 14, first: func(s *simulator.Simulator) store.Plan { return lookups(s.TweetedSpaceIDs(20)) }},
	{name: "one id, many tweets", off: 75, first: func(s *simulator.Simulator) store.Plan { return lookups(s.SpaceIDs(2)[1:]) }},
	{name: "one id, many buyers", off: 75, first: func(s *simulator.Simulator) store.Plan { return lookups(s.SpaceIDs(1)) }},
	{name: "live ids", first: func(s *simulator.Simulator) store.Plan { return lookups(s.SpaceIDsByState("live", 40)) }},
	{name: "scheduled ids", first: func(s *simulator.Simulator) store.Plan { return lookups(s.SpaceIDsByState("scheduled", 40)) }},
	{name: "half missing", first: func(s *simulator.Simulator) store.Plan {
		return lookups(slices.Concat(s.SpaceIDs(30), s.MissingSpaceIDs(30)))
	}},
	{name: "most missing", off: 10, first: func(s *simulator.Simulator) store.Plan {
		return lookups(slices.Concat(s.SpaceIDs(10), s.MissingSpaceIDs(90)))
	}},
	{name: "all missing", first: func(s *simulator.Simulator) store.Plan { return lookups(s.MissingSpaceIDs(60)) }},
	{name: "creators", first: func(s *simulator.Simulator) store.Plan { return store.Plan{Creators: s.CreatorIDs(50)} }},
	{name: "creators by name", first: func(s *simulator.Simulator) store.Plan {
		return store.Plan{Seeds: []schemas.Request{{Endpoint: schemas.Usernames, IDs: s.Usernames(40)}}}
	}},
	{name: "busy creators", off: 8, first: func(s *simulator.Simulator) store.Plan { return store.Plan{Creators: s.CreatorIDs(10)} }},
	{name: "creators without Spaces", first: func(s *simulator.Simulator) store.Plan { return store.Plan{Creators: idle(s, 50)} }},
	{name: "a search", off: 6, first: func(s *simulator.Simulator) store.Plan { return searches(s.SearchWord()) }},
	{name: "a search, nothing", first: func(s *simulator.Simulator) store.Plan { return searches("zzz nothing") }},
	{name: "a search, few", first: func(s *simulator.Simulator) store.Plan { return searches("chess poetry") }},
	{name: "a search, most", off: 18, first: func(s *simulator.Simulator) store.Plan { return searches("the") }},
	{name: "a search, one found", off: 55, spaces: 10, first: func(s *simulator.Simulator) store.Plan { return searches(s.SearchWord()) }},
	{name: "a search, a hundred found", off: 14, spaces: 20_000, first: func(s *simulator.Simulator) store.Plan { return searches("chess") }},
	{name: "three searches", first: func(s *simulator.Simulator) store.Plan { return searches("bitcoin", "news", "jazz") }},
}

func without(s *simulator.Simulator, n int) (ids []string) {
	for _, id := range s.SpaceIDs(1000) {
		if len(s.SpaceTweets(id)) == 0 && len(ids) < n {
			ids = append(ids, id)
		}
	}
	return ids
}

func idle(s *simulator.Simulator, n int) (ids []string) {
	for _, id := range s.CreatorIDs(10000) {
		if len(s.Visible(simulator.Question{Creator: id}, time.Now())) == 0 && len(ids) < n {
			ids = append(ids, id)
		}
	}
	return ids
}

// shape is what a job asks for beside.
type shape struct {
	name string
	with func(*store.Plan)
}

var shapes = []shape{
	{"people", func(*store.Plan) {}},
	{"nobody, tweets", func(p *store.Plan) { p.NoExpand, p.Users, p.Tweets = true, false, true }},
	{"people, tweets", func(p *store.Plan) { p.Tweets = true }},
	{"batch, tweets", func(p *store.Plan) { p.NoExpand, p.Tweets = true, true }},
	{"people, tweets, buyers", func(p *store.Plan) { p.Tweets, p.Buyers, p.Self = true, true, true }},
}

// probe is a world and a job, with a server and a store.
type probe struct {
	*testing.T
	sim    *simulator.Simulator
	url    string
	locked *store.Locked
	plan   store.Plan
}

func newProbe(t *testing.T, cfg simulator.Config, k kind, s shape, dialect schemas.Dialect) *probe {
	t.Helper()
	cfg.Spaces = k.spaces
	owner, _ := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens, cfg.NoRateLimits = map[string]string{ownersToken: owner}, true
	sim := simulator.New(cfg)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	locked, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(locked.Unlock)
	plan := k.first(sim)
	plan.Job, plan.Dialect, plan.Users = "test", dialect, true
	s.with(&plan)
	return &probe{t, sim, server.URL, locked, plan}
}

// bill runs a plan and says what that was charged.
func (p *probe) bill(plan store.Plan) schemas.Money {
	p.Helper()
	expansions := map[schemas.Endpoint][]string{}
	for _, spec := range schemas.Specs() {
		expansions[spec.Endpoint] = plan.Expansions(spec.Endpoint)
	}
	client, err := extract.New(extract.Config{
		BaseURL: p.url, AppToken: "app-token-of-a-test", UserToken: ownersToken, CreatorSpacing: time.Nanosecond,
		Dialect: plan.Dialect, Expansions: expansions,
	})
	if err != nil {
		p.Fatal(err)
	}
	planned, err := p.locked.Begin(store.Planned{Plan: plan, Seeds: plan.Seeds}, "test", time.Now())
	if err != nil {
		p.Fatal(err)
	}
	run := &pipeline.Pipeline{Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: p.locked, Fetcher: extract.NewRetry(client)}
	if err := run.Open(); err != nil {
		p.Fatal(err)
	}
	defer run.Close()
	before := p.sim.Billing().Dollars
	if err := run.Crawl(p.Context()); err != nil {
		p.Fatal(err)
	}
	return schemas.Money(math.Round((p.sim.Billing().Dollars - before) * float64(schemas.Dollar)))
}

// likely is what the store's next run of the plan is likely to cost, a day later.
func (p *probe) likely(b simulator.Billing) schemas.Money {
	p.Helper()
	l, err := money.Read(p.Context(), p.locked.Dir)
	if err != nil {
		p.Fatal(err)
	}
	f := Forecaster{Prices: schemas.DefaultPrices(), Ledger: l, Today: "2000-01-01"}.Forecast(p.plan, p.plan.Seeds)
	if b.ExpansionsBilled {
		return f.Likely.High
	}
	return f.Likely.Low
}

// off is by how much the likely cost is too high, or below 1 too low. A bill of
// nothing has no such number, nor one of a few cents.
func off(likely, bill schemas.Money) (times float64, ok bool) {
	const few = schemas.Dollar / 50
	return float64(likely) / float64(max(bill, 1)), bill > few
}

// dealt are the kinds with some shapes, each with what is billed least or most, and
// with SPACESETL_LONG with both.
func dealt(shapes []shape, try func(k kind, s shape, b simulator.Billing, d schemas.Dialect)) {
	long := os.Getenv("SPACESETL_LONG") != ""
	for i, k := range kinds {
		for j, s := range shapes {
			if long || (i+j)%2 == 0 {
				try(k, s, simulator.Billing{}, schemas.TweetDialect)
			}
			if long || (i+j)%2 == 1 {
				try(k, s, simulator.Billing{ExpansionsBilled: true, NoDedup: true}, schemas.PostDialect)
			}
		}
	}
}

// Without history the likely cost is at most 5 times off, but where the truth is
// further apart than any number can be near to; -v prints by how much.
func TestLikelyWithoutHistory(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	dealt(shapes, func(k kind, s shape, b simulator.Billing, d schemas.Dialect) {
		p := newProbe(t, simulator.Config{Billing: b}, k, s, d)
		likely := p.likely(b)
		near(t, k, s, b, likely, p.bill(p.plan), cmp.Or(k.off, 5))
	})
}

// near holds a bill against what was likely.
func near(t *testing.T, k kind, s shape, b simulator.Billing, likely, bill schemas.Money, most float64) {
	t.Helper()
	times, ok := off(likely, bill)
	t.Logf("%-24s %-22s bills most %-5v likely %8s bill %8s: %.2f", k.name, s.name, b.NoDedup, likely.Cents(), bill.Cents(), times)
	if ok && (times > most || times < 1/most) {
		t.Errorf("%s, %s: likely %s, charged %s: over %g times off", k.name, s.name, likely, bill, most)
	}
}

// part is a plan for some of what another asks for.
func part(plan store.Plan) store.Plan {
	some := func(ids []string) (kept []string) {
		for i := 0; i < len(ids); i += max(len(ids)/8, 1) {
			kept = append(kept, ids[i])
		}
		return kept
	}
	plan.Creators, plan.Seeds = some(plan.Creators), slices.Clone(plan.Seeds)
	for i, r := range plan.Seeds {
		plan.Seeds[i].IDs = some(r.IDs)
	}
	return plan
}

// A run of a part of the job tells more, but not all: of a few Spaces one has most of
// the tweets, or none.
func TestLikelyAfterAPart(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	dealt(shapes[:2], func(k kind, s shape, b simulator.Billing, _ schemas.Dialect) {
		p := newProbe(t, simulator.Config{Billing: b}, k, s, schemas.TweetDialect)
		p.bill(part(p.plan))
		whole := newProbe(t, simulator.Config{Billing: b}, k, s, schemas.TweetDialect)
		near(t, k, s, b, p.likely(b), whole.bill(whole.plan), 10)
	})
}

// slow skips a test that takes more than a few seconds where a quick answer is
// wanted.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}
