package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

const appToken, userToken = "app-token-of-a-test", "user-token-of-a-test"

// world is a simulator that is being served.
type world struct {
	*simulator.Simulator
	url     string
	creator string
	buyable []string // the creator's ticketed Spaces
}

func newWorld(t *testing.T, cfg simulator.Config) *world {
	t.Helper()
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{userToken: creator}
	if cfg.CreatorSpacing == 0 {
		cfg.CreatorSpacing = -1
	}
	sim := simulator.New(cfg)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &world{sim, server.URL, creator, ticketed}
}

// newStore is a new store, locked until the test ends.
func newStore(t testing.TB) *store.Locked {
	t.Helper()
	locked, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(locked.Unlock)
	return locked
}

// resumed is the run of a plan that is gone on with, or a new one.
func resumed(t *testing.T, locked *store.Locked, plan store.Plan, finished bool, now time.Time) store.Planned {
	t.Helper()
	begun, err := locked.Unended(plan, finished)
	if err == nil && len(begun) > 0 {
		return begun[0].Planned
	}
	planned, startErr := locked.Begin(store.Planned{Plan: plan, Seeds: plan.Seeds}, "test", now)
	if err := errors.Join(err, startErr); err != nil {
		t.Fatal(err)
	}
	return planned
}

// crawler is a pipeline over a store that asks the world.
func crawler(t *testing.T, w *world, locked *store.Locked, plan store.Plan, notices *[]string) *Pipeline {
	t.Helper()
	client, err := extract.New(extract.Config{
		BaseURL: w.url, AppToken: appToken, UserToken: userToken, CreatorSpacing: time.Millisecond,
		BaseDelay: time.Millisecond, BurstDelay: time.Millisecond, UnknownDelay: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	planned := resumed(t, locked, plan, true, time.Now())
	p := &Pipeline{Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: locked, Fetcher: extract.NewRetry(client)}
	if notices != nil {
		p.Notify = func(n Notice) { *notices = append(*notices, n.Text) }
	}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func sum(counts map[string]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// full asks for something of everything.
func full(w *world) store.Plan {
	return store.Plan{
		Job: "test", Dialect: schemas.TweetDialect, Buyers: true, Tweets: true, Users: true, Self: true,
		Seeds: []schemas.Request{
			{Endpoint: schemas.Spaces, IDs: append(w.SpaceIDs(60), w.MissingSpaceIDs(2)...)},
			{Endpoint: schemas.SpaceByID, IDs: w.TweetedSpaceIDs(1)},
			{Endpoint: schemas.Usernames, IDs: w.Usernames(5)},
			{Endpoint: schemas.Search, Query: w.SearchWord(), State: "all"},
		},
		Creators: append(w.CreatorIDs(20), w.creator),
	}
}

func TestSecondCrawlAsksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true, Paging: simulator.PagingQuirks})
	locked := newStore(t)
	first := crawler(t, w, locked, full(w), nil)
	if err := first.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked, landed := sum(w.RequestCounts()), len(first.pages.Entries())
	first.Close()
	second := crawler(t, w, locked, full(w), nil)
	if err := second.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := sum(w.RequestCounts()); now != asked || asked != landed || second.Fetched() != 0 {
		t.Errorf("%d requests for %d pages, then %d more: want one each, then none", asked, landed, now-asked)
	}
}

// What is asked depends on the world only, not on the order of answers.
func TestEveryCrawlAsksTheSame(t *testing.T) {
	t.Parallel()
	slow(t)
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true})
	var want []string
	for _, workers := range []int{1, 2, 8} {
		p := crawler(t, w, newStore(t), full(w), nil)
		p.Workers = workers
		if err := p.Crawl(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range p.pages.Entries() {
			got = append(got, e.PageID)
		}
		slices.Sort(got)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: %d pages, want the same %d as with one", workers, len(got), len(want))
		}
	}
}

func TestCrawlAsksOnlyWhatCanBeAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true})
	var notices []string
	p := crawler(t, w, newStore(t), full(w), &notices)
	if err := p.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, r := range w.Requests() {
		path, _, _ := strings.Cut(r.URL, "?")
		if r.Endpoint == "buyers" && r.Status != 200 {
			t.Errorf("%s: status %d; buyers of other people's Spaces were asked for", path, r.Status)
		}
		if first := !strings.Contains(r.URL, "pagination_token"); first && (r.Endpoint == "buyers" || r.Endpoint == "tweets") {
			if asked[path] {
				t.Errorf("%s was asked for twice", path)
			}
			asked[path] = true
		}
	}
	if !asked["/2/spaces/"+w.buyable[0]+"/buyers"] {
		t.Errorf("the buyers of %s were not asked for", w.buyable[0])
	}
	if !slices.ContainsFunc(notices, func(n string) bool { return strings.Contains(n, "only their creator") }) {
		t.Errorf("nothing said about the buyers left out: %q", notices)
	}
}

func TestUsersAreLookedUpOnce(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true})
	p := crawler(t, w, newStore(t), full(w), nil)
	if err := p.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range p.pages.Entries() {
		if e.Endpoint != schemas.Users {
			continue
		}
		page, err := p.pages.Read(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range page.Request.IDs {
			if seen[id] {
				t.Errorf("user %s was looked up twice", id)
			}
			seen[id] = true
		}
	}
	if len(seen) == 0 {
		t.Error("no user was missing from every answer: the world is too kind for this test")
	}
}

func TestTokenThatRepeatsEndsTheCollection(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true, Paging: simulator.PagingRepeat})
	var notices []string
	p := crawler(t, w, newStore(t), store.Plan{Job: "test", Buyers: true, Self: true, Seeds: []schemas.Request{{Endpoint: schemas.Buyers, IDs: w.buyable[:1]}}}, &notices)
	if err := p.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.RequestCounts()["buyers"]; n > 6 || len(notices) == 0 {
		t.Errorf("%d requests and notices %q; want a few and a word about it", n, notices)
	}
}

// An old token gets 400; the collection is read again from its first page.
func TestExpiredTokenStartsTheCollectionAgain(t *testing.T) {
	now := time.Now()
	cfg := simulator.Config{Spaces: 500, NoRateLimits: true, Paging: simulator.PagingExpired, TokenTTL: time.Minute, Now: func() time.Time { return now }}
	w := newWorld(t, cfg)
	locked, plan := newStore(t), store.Plan{Job: "test", Seeds: []schemas.Request{{Endpoint: schemas.Buyers, IDs: w.buyable[:1]}}}
	first := crawler(t, w, locked, plan, nil)
	got, err := first.Extract(t.Context(), plan.Seeds[0])
	if err != nil || got.Next == nil {
		t.Fatalf("next %v, %v: want a second page", got.Next, err)
	}
	first.Close()
	now = now.Add(time.Hour)
	second := crawler(t, w, locked, plan, nil)
	if err := second.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	if served, all := len(w.Served().Buyers), len(w.Buyers(w.buyable[0])); served != all {
		t.Errorf("%d of %d buyers", served, all)
	}
	if n := w.RequestCounts()["buyers"]; n < 4 || n > 5 {
		t.Errorf("%d requests: want the first page, the refusal, and every page once more", n)
	}
}

func TestStopsSayHowTheRunEnded(t *testing.T) {
	for fault, want := range map[simulator.Fault]schemas.Outcome{
		simulator.FaultCredits: schemas.Capped, simulator.FaultSpendCap: schemas.Capped,
		simulator.FaultUsageCapped: schemas.Capped, simulator.FaultClientForbidden: schemas.Unauthorised,
	} {
		w := newWorld(t, simulator.Config{Spaces: 100, NoRateLimits: true, Faults: simulator.Faults{Script: map[string][]simulator.Fault{"search": {fault}}}})
		plan := store.Plan{Job: "test", Seeds: []schemas.Request{{Endpoint: schemas.Search, Query: w.SearchWord()}}}
		locked := newStore(t)
		first := crawler(t, w, locked, plan, nil)
		err := first.Crawl(t.Context())
		first.Close()
		var stopped *StoppedError
		if !errors.As(err, &stopped) || stopped.Outcome != want {
			t.Errorf("%s: error %v, want outcome %s", fault, err, want)
		}
		if err := crawler(t, w, locked, plan, nil).Crawl(t.Context()); err != nil {
			t.Errorf("%s: resumed: %v", fault, err)
		}
	}
}

// One Space at which the server always fails does not keep the rest from being
// fetched, is named, and is not done.
func TestOneBadSpaceDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	scratchtest.SkipRacing(t)
	for bad := range 3 { // the first, one in between, and the last in the order of asking
		t.Run(fmt.Sprint(bad), func(t *testing.T) {
			t.Parallel() // each waits for seconds
			sim := simulator.Config{Spaces: 500, NoRateLimits: true}
			w := newWorld(t, sim)
			ids := w.TweetedSpaceIDs(10)
			plan := store.Plan{Job: "test", Tweets: true, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: ids}}}
			poison := slices.Sorted(slices.Values(ids))[bad*9/2]
			w.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Fault: simulator.FaultUnavailable, Endpoints: []string{"tweets"}, IDs: []string{poison}}}})
			p := crawler(t, w, newStore(t), plan, nil)
			p.Workers = 1
			if err := p.Crawl(t.Context()); err != nil || !p.crawl.walk.incomplete() {
				t.Fatalf("error %v, want gaps", err)
			}
			spaces := map[string]bool{}
			for _, pair := range w.Served().SpaceTweets {
				spaces[pair[0]] = true
			}
			var m store.Manifest
			p.crawl.walk.tell(&m)
			if len(m.Missing) != 1 || m.Missing[0].Member != poison || m.Missing[0].Kind != schemas.GapTemporary || m.Came[schemas.Tweets] != len(ids)-1 {
				t.Errorf("tweets of %d Spaces, missing %+v; want all but %s", len(spaces), m.Missing, poison)
			}
		})
	}
}

// A server that is down ends the run when an outage is no weather any more, and
// what was asked in vain is asked again by the next start.
func TestServerThatIsDownEndsTheRun(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 100, NoRateLimits: true, Faults: simulator.Faults{Rate: 1, Kinds: []simulator.Fault{simulator.FaultUnavailable}}})
	plan := store.Plan{Job: "test"}
	for i := range 50 {
		plan.Seeds = append(plan.Seeds, schemas.Request{Endpoint: schemas.Search, Query: fmt.Sprint("word", i)})
	}
	p := crawler(t, w, newStore(t), plan, nil)
	p.Workers = 2
	client, err := extract.New(extract.Config{
		BaseURL: w.url, AppToken: appToken, BaseDelay: time.Millisecond, RetryFor: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Fetcher = extract.NewRetry(client)
	var stopped *StoppedError
	if err := p.Crawl(t.Context()); !errors.As(err, &stopped) || stopped.Outcome != schemas.Waiting {
		t.Fatalf("error %v, want outcome waiting", err)
	}
	if p.crawl.walk.incomplete() {
		t.Error("an outage is taken for gaps")
	}
}

func TestCancelledCrawlIsAnInterruption(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true, Latency: 5 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	p := crawler(t, w, newStore(t), full(w), nil)
	time.AfterFunc(30*time.Millisecond, cancel)
	var stopped *StoppedError
	if err := p.Crawl(ctx); !errors.As(err, &stopped) || stopped.Outcome != schemas.Interrupted {
		t.Errorf("error %v, want outcome interrupted", err)
	}
}

// slow skips a test that takes seconds where a quick answer is wanted.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }
