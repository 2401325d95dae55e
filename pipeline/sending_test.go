package pipeline

import (
	"context"
	"errors"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// costs are what the ledger says at least and at most.
func (t *till) costs() (low, high schemas.Money) {
	t.Helper()
	l, err := t.store.Ledger(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	return l.Cost(Model{Expansions: true, Repeats: true}, schemas.DefaultPrices(), nil), l.Cost(Pessimistic, schemas.DefaultPrices(), nil)
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
			till.plan = Plan{Job: "test", Tweets: true, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: till.TweetedSpaceIDs(8)}}}
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
	for fault, want := range map[simulator.Fault]bool{
		simulator.FaultInternal: false, simulator.FaultUnavailable: false, simulator.FaultRateLimited: false, simulator.FaultBurst: false,
		simulator.FaultCredits: false, simulator.FaultUnsupportedAuth: false, simulator.FaultEmptyNotFound: false,
		simulator.FaultBadGateway: true, simulator.FaultReset: true, simulator.FaultShortBody: true, simulator.FaultTruncated: true, simulator.FaultOversized: true,
	} {
		till := newTill(t, simulator.Config{Spaces: 100, Faults: simulator.Faults{Script: map[string][]simulator.Fault{"space": {fault}}}})
		till.plan = Plan{Job: "test", Seeds: []schemas.Request{{Endpoint: schemas.SpaceByID, IDs: till.SpaceIDs(1)}}}
		_, _ = till.crawl() // some of them end the run
		if low, high := till.costs(); (high > low) != want {
			t.Errorf("%s: from %s to %s", fault, low, high)
		}
	}
}

// asksWho asks whose the token is, and comes no further.
type asksWho struct{ p *Pipeline }

func (f asksWho) Fetch(ctx context.Context, _ schemas.Request) (schemas.Page, error) {
	for _, status := range []int{200, 429, 0} {
		answered, err := f.p.Sending(ctx, schemas.Request{Endpoint: schemas.Me})
		if err != nil {
			return schemas.Page{}, err
		}
		answered(status, status == 200)
	}
	return schemas.Page{}, errDead
}

// A user asked for to find out whose a token is is charged, too, though the
// answer lands nowhere.
func TestRequestsForTheTokensSakeAreNoted(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 100, Billing: simulator.Billing{NoDedup: true}})
	planned, err := till.store.Start(Plan{Job: "test"}, nil, "test", till.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	p := &Pipeline{Store: till.store, Now: till.clock.now, Run: planned.Run, Tells: true}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Fetcher = asksWho{p}
	p.slots = make(chan struct{}, 1)
	if _, err := p.Extract(t.Context(), schemas.Request{Endpoint: schemas.Buyers, IDs: []string{"1abc"}}); !errors.Is(err, errDead) {
		t.Fatal(err)
	}
	lost, err := till.store.unanswered(p.Run.RunID, nil)
	if err != nil || len(lost) != 2 || lost[0].Endpoint != schemas.Me {
		t.Errorf("%v, %v: want the answered one and the one without an answer", lost, err)
	}
}
