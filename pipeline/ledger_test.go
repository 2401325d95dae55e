package pipeline

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"context"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// clock is a time that only tests move.
type clock struct{ micros atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.micros.Store(time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

// now moves a little with each look, as pages are in the order of their times.
func (c *clock) now() time.Time { return time.UnixMicro(c.micros.Add(10)).UTC() }

func (c *clock) advance(d time.Duration) { c.micros.Add(d.Microseconds()) }

// till is a store in a world, and what its runs are charged.
type till struct {
	*testing.T
	*world
	clock *clock
	store Store
	plan  Plan

	workers int
	budget  Budget
	crashAt int64 // the answer after which the process dies; 0 is never
}

func newTill(t *testing.T, cfg simulator.Config) *till {
	c := newClock()
	cfg.Now, cfg.NoRateLimits = c.now, true
	return &till{T: t, world: newWorld(t, cfg), clock: c, store: Store(t.TempDir()), workers: 4}
}

// mortal is a fetcher whose process dies after some answers.
type mortal struct {
	Fetcher
	left atomic.Int64
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) Fetch(ctx context.Context, r schemas.Request) (schemas.Page, error) {
	if m.dead.Load() {
		return schemas.Page{}, errDead
	}
	page, err := m.Fetcher.Fetch(ctx, r)
	if err == nil && m.left.Add(-1) == 0 {
		m.dead.Store(true)
	}
	return page, err
}

// crawl runs the plan, or goes on with the run that has not come to its end.
// finish writes the receipt of one that has.
func (t *till) crawl() (*Pipeline, error) {
	t.Helper()
	client, err := extract.New(extract.Config{
		BaseURL: t.url, AppToken: appToken, UserToken: userToken, CreatorSpacing: time.Nanosecond, Now: t.clock.now,
		Expansions: t.expansions(), BaseDelay: time.Millisecond, BurstDelay: time.Millisecond, UnknownDelay: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	planned, ok, err := t.store.Resumable(t.plan, false)
	if err == nil && !ok {
		planned, err = t.store.Start(t.plan, nil, "test", t.clock.now())
	}
	if err != nil {
		t.Fatal(err)
	}
	m := &mortal{Fetcher: extract.NewRetry(client)}
	m.left.Store(t.crashAt)
	p := &Pipeline{
		Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Store: t.store, Fetcher: m, Workers: t.workers, Budget: t.budget, Now: t.clock.now,
		Step: func(string, string) error {
			if m.dead.Load() {
				return errDead
			}
			return nil
		},
	}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err = p.Crawl(t.Context()); err == nil {
		p.Run.Outcome = schemas.Done
		if err := writeJSON(t.store.RunFile(p.Run.RunID, "manifest.json"), Manifest{Run: p.Run, Plan: p.Plan}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return p, err
}

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

func models() []Model {
	var all []Model
	for i := range 4 {
		all = append(all, Model{Expansions: i&1 != 0, Repeats: i&2 != 0, Lost: true})
	}
	return all
}

// Over days of runs that die and go on, the ledger is the bill to the cent,
// however X bills.
func TestLedgerIsTheBill(t *testing.T) {
	for _, m := range models() {
		t.Run(fmt.Sprintf("expansions %v, repeats %v", m.Expansions, m.Repeats), func(t *testing.T) {
			t.Parallel()
			till := newTill(t, simulator.Config{
				Spaces: 150, Paging: simulator.PagingQuirks, Quirks: true,
				Billing: simulator.Billing{ExpansionsBilled: m.Expansions, NoDedup: m.Repeats},
				Faults:  simulator.Faults{Rate: 0.05, Kinds: []simulator.Fault{simulator.FaultUnavailable, simulator.FaultBadGateway}},
			})
			till.plan = full(till.world)
			deaths := 0
			for day := range 3 {
				for _, till.crashAt = range []int64{int64(7 + day), 11, 0, 0} {
					_, err := till.crawl()
					if err != nil {
						deaths++
					}
					till.same(m, err == nil)
					till.clock.advance(5 * time.Hour)
				}
				till.clock.advance(4 * time.Hour)
			}
			if deaths < 3 {
				t.Errorf("%d deaths: too few for this test", deaths)
			}
			till.rebuilt()
		})
	}
}

// same compares the ledger with the bill. What an answer held that is lost and
// not repeated yet only the bill knows.
func (t *till) same(m Model, whole bool) {
	t.Helper()
	l, err := t.store.Ledger(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := l.Cost(m, schemas.DefaultPrices(), nil), t.charged(); whole && got != want || want == 0 {
		t.Errorf("the ledger says %s, the bill %s", got, want)
	}
	low, high := l.Cost(Optimistic, schemas.DefaultPrices(), nil), l.Cost(Pessimistic, schemas.DefaultPrices(), nil)
	if bill := t.charged(); low > bill || bill > high {
		t.Errorf("the bill %s is not from %s to %s", bill, low, high)
	}
}

// rebuilt deletes the ledger's file, which changes nothing.
func (t *till) rebuilt() {
	t.Helper()
	kept, err := t.store.Ledger(t.Context(), true)
	if err == nil {
		err = os.Remove(t.store.ledgerPath())
	}
	if err != nil {
		t.Fatal(err)
	}
	again, err := t.store.Ledger(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept, again, cmp.AllowUnexported(Ledger{}, ledgerRun{}), cmpopts.EquateApprox(1e-9, 0)); diff != "" {
		t.Errorf("made again (-kept +again):\n%s", diff)
	}
}

// An older run that goes on is not missed.
func TestLedgerFollowsAnOlderRun(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 200})
	older := Plan{Job: "test", Tweets: true, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: till.SpaceIDs(20)}}}
	newer := Plan{Job: "test", Seeds: []schemas.Request{{Endpoint: schemas.Search, Query: till.SearchWord()}}}
	till.plan, till.crashAt = older, 5
	if _, err := till.crawl(); err == nil {
		t.Fatal("the run did not die")
	}
	till.clock.advance(time.Hour)
	till.crashAt = 0
	for _, till.plan = range []Plan{newer, older, newer, older} {
		if _, err := till.crawl(); err != nil {
			t.Fatal(err)
		}
		till.clock.advance(time.Hour)
		till.same(Model{Lost: true}, till.plan.Tweets)
	}
	till.rebuilt()
}
