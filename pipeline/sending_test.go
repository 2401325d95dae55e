package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// costs are what the ledger says at least and at most.
func (t *till) costs() (low, high schemas.Money) {
	t.Helper()
	l, err := money.Update(t.Context(), t.locked)
	if err != nil {
		t.Fatal(err)
	}
	return l.Cost(money.Model{Expansions: true, Repeats: true}, schemas.DefaultPrices(), nil), l.Cost(money.Pessimistic, schemas.DefaultPrices(), nil)
}

// A process that dies while it waits has sent nothing that could be charged; one
// that dies during a request may have. A fetcher that does not tell which it was
// is taken to have sent it.
func TestOnlyWhatWasSentCanBeCharged(t *testing.T) {
	limited := []simulator.Fault{simulator.FaultNone, simulator.FaultNone, simulator.FaultRateLimited}
	for _, c := range []struct {
		name    string
		death   death
		unsure  bool // more may be charged than what landed
		charged bool // more is
	}{
		{"during a wait", death{wait: 1}, false, false},
		{"during a request", death{request: 3}, true, true},
		{"before landing", death{landing: 3}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			till := newTill(t, simulator.Config{
				Spaces: 100, Billing: simulator.Billing{ExpansionsBilled: true, NoDedup: true},
				Faults: simulator.Faults{Script: map[string][]simulator.Fault{"tweets": limited}},
			})
			till.workers, till.death = 1, c.death
			till.plan = store.Plan{Job: "test", Tweets: true, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: till.TweetedSpaceIDs(8)}}}
			if _, err := till.crawl(); err == nil {
				t.Fatal("the process did not die")
			}
			low, high := till.costs()
			bill := till.charged()
			if low == 0 || low > bill || bill > high || (high > low) != c.unsure || (bill > low) != c.charged {
				t.Errorf("after the death: from %s to %s, the bill is %s", low, high, bill)
			}
			till.death = death{}
			if _, err := till.crawl(); err != nil {
				t.Fatal(err)
			}
			if _, high := till.costs(); high != till.charged() {
				t.Errorf("in the end: up to %s, the bill is %s", high, till.charged())
			}
		})
	}
}

// Of failures, those may be charged that do not say what the server did.
func TestAFailureIsChargedIfItMayHaveBeen(t *testing.T) {
	slow(t)
	for fault, want := range map[simulator.Fault]bool{
		simulator.FaultInternal: false, simulator.FaultUnavailable: false, simulator.FaultRateLimited: false, simulator.FaultBurst: false,
		simulator.FaultCredits: false, simulator.FaultUnsupportedAuth: false, simulator.FaultEmptyNotFound: false,
		simulator.FaultBadGateway: true, simulator.FaultReset: true, simulator.FaultShortBody: true, simulator.FaultTruncated: true, simulator.FaultOversized: true,
	} {
		till := newTill(t, simulator.Config{Spaces: 100, Faults: simulator.Faults{Script: map[string][]simulator.Fault{"space": {fault}}}})
		till.plan = store.Plan{Job: "test", Seeds: []schemas.Request{{Endpoint: schemas.SpaceByID, IDs: till.SpaceIDs(1)}}}
		_, _ = till.crawl() // some of them end the run
		if low, high := till.costs(); (high > low) != want {
			t.Errorf("%s: from %s to %s", fault, low, high)
		}
	}
}

// asksWho asks whose the token is, and comes no further.
type asksWho struct{}

func (asksWho) Fetch(ctx context.Context, _ schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	for _, status := range []int{200, 429, 0} {
		answered, err := gate.Sending(ctx, schemas.Request{Endpoint: schemas.Me})
		if err != nil {
			return schemas.Page{}, err
		}
		answered(status, status == 200)
	}
	return schemas.Page{}, errDead
}

// opened is a pipeline of a new run that asks a fetcher.
func (t *till) opened(f Fetcher) *Pipeline {
	t.Helper()
	planned := resumed(t.T, t.locked, store.Plan{Job: "test"}, false, t.clock.now())
	p := &Pipeline{Lock: t.locked, Now: t.clock.now, Run: planned.Run, Fetcher: f, Workers: 1}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// A user asked for to find out whose a token is is charged, too, though the
// answer lands nowhere.
func TestRequestsForTheTokensSakeAreNoted(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 100, Billing: simulator.Billing{NoDedup: true}})
	p := till.opened(asksWho{})
	if _, err := p.Extract(t.Context(), schemas.Request{Endpoint: schemas.Buyers, IDs: []string{"1abc"}}); !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	lost, err := landing.Unanswered(till.locked.Dir, p.Run.RunID, nil)
	if err != nil || len(lost) != 2 || lost[0].Endpoint != schemas.Me {
		t.Errorf("%v, %v: want the answered one and the one without an answer", lost, err)
	}
}

// gateless is a fetcher that knows nothing but pages.
type gateless struct{}

func (gateless) Fetch(_ context.Context, r schemas.Request, _ schemas.Gate) (schemas.Page, error) {
	return schemas.Page{ID: r.ID(), Request: r, Status: 200, Attempts: 1, FetchedAt: time.Now(), Body: json.RawMessage(`{"data":[]}`)}, nil
}

// A page that came without passing the gate was sent for all the same.
func TestAPageThatPassedNoGateWasSentFor(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 100})
	p := till.opened(gateless{})
	r := schemas.Request{Endpoint: schemas.Search, Query: "x"}
	if _, err := p.Extract(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	sent, err := landing.Unanswered(till.locked.Dir, p.Run.RunID, nil)
	if err != nil || len(sent) != 1 || sent[0].PageID != r.ID() {
		t.Errorf("%v, %v: want a note of the request", sent, err)
	}
}

// A pipeline that was not opened, or not to fetch, says so.
func TestWhatIsNotOpenSaysSo(t *testing.T) {
	locked := newStore(t)
	planned := resumed(t, locked, store.Plan{Job: "test"}, false, time.Now())
	p := &Pipeline{Lock: locked, Run: planned.Run, Fetcher: gateless{}}
	if _, err := p.Extract(t.Context(), schemas.Request{Endpoint: schemas.Search, Query: "x"}); !errors.Is(err, ErrNotOpen) {
		t.Errorf("Extract before Open: %v, want ErrNotOpen", err)
	}
	if err := p.Crawl(t.Context()); !errors.Is(err, ErrNotOpen) {
		t.Errorf("Crawl before Open: %v, want ErrNotOpen", err)
	}
	if _, err := p.Load(t.Context()); !errors.Is(err, ErrNotOpen) {
		t.Errorf("Load before Open: %v, want ErrNotOpen", err)
	}
	unlocked := &Pipeline{Store: locked.Dir, Run: planned.Run, Fetcher: gateless{}}
	if err := unlocked.Open(); err == nil || !strings.Contains(err.Error(), "lock") {
		t.Errorf("to fetch without the lock: %v, want an error about it", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// What is set aside for a request that was refused, and waits to be sent again, is
// there for others meanwhile.
func TestWhoWaitsSetsNothingAside(t *testing.T) {
	till := newTill(t, simulator.Config{})
	prices := schemas.DefaultPrices()
	search := schemas.Request{Endpoint: schemas.Search, Query: "x", State: "all"}
	most := prices.Cost(schemas.MostOf(search, nil))
	purse := money.NewPurse(money.Budget{Run: 2*most - 1}, prices, till.clock.now, money.NewLedger())
	planned, err := till.locked.Begin(store.Planned{Plan: store.Plan{Job: "test"}}, "test", till.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	c := &crawl{p: &Pipeline{Now: till.clock.now, Plan: store.Plan{NoExpand: true}}, purse: purse, sent: landing.NewSentLog(till.locked, planned.Run.RunID), slots: make(chan struct{}, 1)}
	paid, err := c.newPayment(t.Context(), search)
	for _, status := range []int{503, 429, 502, 503} {
		if err != nil {
			t.Fatalf("before %d: %v", status, err)
		}
		var answered func(int, bool)
		if answered, err = paid.Sending(t.Context(), search); err != nil {
			break
		}
		answered(status, false)
		if _, aside := purse.Booked(); (aside > 0) != chargeable(status) {
			t.Errorf("after %d: %s are set aside", status, aside)
		}
	}
	var over *money.BudgetError
	if !errors.As(err, &over) { // the 502 may have been charged
		t.Errorf("the budget was passed: %v", err)
	}
}
