package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
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
	clock  *clock
	locked *store.Locked
	plan   store.Plan

	workers int
	budget  money.Budget
	death   death
	lossy   int64 // of so many answers one is lost on its way; 0 is none
}

// death is where a process dies, counted from 1; 0 is nowhere.
type death struct {
	landing int64 // before a page lands
	request int64 // during a request that is charged
	wait    int64 // during a wait
}

func newTill(t *testing.T, cfg simulator.Config) *till {
	c := newClock()
	cfg.Now, cfg.NoRateLimits = c.now, true
	return &till{T: t, world: newWorld(t, cfg), clock: c, locked: newStore(t), workers: 4}
}

// mortal is a fetcher and its way to the server, whose process dies.
type mortal struct {
	Fetcher
	*till
	landings, requests, waits, answers atomic.Int64
	dead                               atomic.Bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) Fetch(ctx context.Context, r schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	if m.dead.Load() {
		return schemas.Page{}, errDead
	}
	page, err := m.Fetcher.Fetch(ctx, r, mortalGate{gate, m})
	if err == nil && m.landings.Add(1) == m.death.landing {
		m.dead.Store(true)
	}
	return page, err
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusOK {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	if m.requests.Add(1) == m.death.request {
		m.dead.Store(true)
	}
	if m.dead.Load() {
		return nil, errDead
	}
	if m.lossy > 0 && m.answers.Add(1)%m.lossy == 0 {
		return nil, errors.New("the line is cut")
	}
	return res, nil
}

func (m *mortal) sleep(_ context.Context, d time.Duration) error {
	if m.waits.Add(1) == m.death.wait {
		m.dead.Store(true)
	}
	m.clock.advance(d)
	return nil
}

// mortalGate is passed by nothing that a dead process would send or write.
type mortalGate struct {
	schemas.Gate
	*mortal
}

func (g mortalGate) Sending(ctx context.Context, r schemas.Request) (func(int, bool), error) {
	if g.dead.Load() {
		return nil, errDead
	}
	answered, err := g.Gate.Sending(ctx, r)
	if err != nil {
		return nil, err
	}
	return func(status int, page bool) {
		if !g.dead.Load() {
			answered(status, page)
		}
	}, nil
}

// crawl runs the plan, or goes on with the run that has not come to its end.
// finish writes the receipt of one that has.
func (t *till) crawl() (*Pipeline, error) {
	t.Helper()
	m := &mortal{till: t}
	client, err := extract.New(extract.Config{
		BaseURL: t.url, AppToken: appToken, UserToken: userToken, CreatorSpacing: time.Nanosecond, Now: t.clock.now,
		Expansions: t.expansions(), Transport: m, Sleep: m.sleep,
	})
	if err != nil {
		t.Fatal(err)
	}
	planned := resumed(t.T, t.locked, t.plan, false, t.clock.now())
	m.Fetcher = extract.NewRetry(client)
	p := &Pipeline{
		Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: t.locked, Fetcher: m,
		Workers: t.workers, Budget: t.budget, Now: t.clock.now,
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
		if err := store.WriteJSON(t.locked.RunFile(p.Run.RunID, "manifest.json"), store.Manifest{Run: p.Run, Plan: p.Plan}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return p, err
}
