package pipeline

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// hall is a server without a network, whose answers take a second, so that a
// bubble of synctest can hold it.
type hall struct {
	*simulator.Simulator
	mu         sync.Mutex
	inside     int
	most       int // requests at a time
	start, end time.Time
}

func (h *hall) enter(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inside += n
	h.most, h.end = max(h.most, h.inside), time.Now()
}

func (h *hall) RoundTrip(r *http.Request) (*http.Response, error) {
	h.enter(1)
	defer h.enter(-1)
	time.Sleep(time.Second)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// waits is a job whose searches and lookups each fill three windows.
func waits(sim *simulator.Simulator) store.Plan {
	plan := store.Plan{Job: "test"}
	for i := range 12 {
		plan.Seeds = append(plan.Seeds, schemas.Request{Endpoint: schemas.Search, Query: fmt.Sprint("word", i)})
	}
	for _, id := range sim.SpaceIDs(12) {
		plan.Seeds = append(plan.Seeds, schemas.Request{Endpoint: schemas.SpaceByID, IDs: []string{id}})
	}
	return plan
}

// play crawls with a real client, in time that does not pass.
func (h *hall) play(t *testing.T, workers int, wrap func(Fetcher) Fetcher) {
	synctest.Test(t, func(t *testing.T) {
		h.Simulator = simulator.New(simulator.Config{Spaces: 100, CreatorSpacing: -1, Limits: map[string]int{"*": 4}})
		h.start = time.Now()
		client, err := extract.New(extract.Config{AppToken: appToken, Transport: h})
		if err != nil {
			t.Fatal(err)
		}
		locked := newStore(t)
		planned := resumed(t, locked, waits(h.Simulator), false, time.Now())
		p := &Pipeline{Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: locked, Workers: workers, Fetcher: wrap(extract.NewRetry(client))}
		if err := p.Open(); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.Crawl(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := p.Fetched(); n != 24 {
			t.Errorf("%d pages, want 24", n)
		}
	})
}

// Twelve searches and twelve lookups, four of each a window, take two waits,
// and one after the other four. No more than the workers are under way.
func TestOneLaneDoesNotWaitForAnother(t *testing.T) {
	same := func(f Fetcher) Fetcher { return f }
	for _, workers := range []int{1, 2, 4} {
		h := &hall{}
		h.play(t, workers, same)
		if took := h.end.Sub(h.start); took < 30*time.Minute || took > 31*time.Minute {
			t.Errorf("%d workers: took %s, want two windows of 15 minutes and a little", workers, took)
		}
		if h.most > workers || h.most < min(workers, 2) {
			t.Errorf("%d workers: %d requests were under way at a time", workers, h.most)
		}
	}
	h := &hall{}
	h.play(t, 2, func(f Fetcher) Fetcher { return struct{ Fetcher }{f} })
	if took := h.end.Sub(h.start); took < time.Hour {
		t.Errorf("in one lane it took %s: not the test it was meant to be", took)
	}
}

// stuck is a fetcher one of whose lanes never gets anywhere.
type stuck struct {
	Fetcher
	mu   sync.Mutex
	done int
	rest int // pages of the other lanes
	all  chan struct{}
}

func (f *stuck) Lane(r schemas.Request) string { return string(r.Endpoint) }

// Fetch of a search waits for the pages of all other lanes, then fails.
func (f *stuck) Fetch(ctx context.Context, r schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	if r.Endpoint != schemas.Search {
		page, err := f.Fetcher.Fetch(ctx, r, gate)
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.done++; f.done == f.rest {
			close(f.all)
		}
		return page, err
	}
	select {
	case <-f.all:
		return schemas.Page{}, errDead
	case <-ctx.Done():
		return schemas.Page{}, ctx.Err()
	}
}

func TestOtherLanesFinishBesideOneThatIsStuck(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 100, NoRateLimits: true})
	p := crawler(t, w, newStore(t), waits(w.Simulator), nil)
	p.Workers, p.Fetcher = 2, &stuck{Fetcher: p.Fetcher, rest: 12, all: make(chan struct{})}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.Crawl(ctx); err == nil || ctx.Err() != nil || p.Fetched() != 12 {
		t.Errorf("error %v, %d pages: want the lookups' twelve and an error", err, p.Fetched())
	}
}

// What ends the run ends the waits of every lane, too.
func TestTheEndOfARunEndsItsWaits(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 100, NoRateLimits: true, Faults: simulator.Faults{Script: map[string][]simulator.Fault{"space": {simulator.FaultCredits}}}})
	p := crawler(t, w, newStore(t), waits(w.Simulator), nil)
	p.Fetcher = &stuck{Fetcher: p.Fetcher, rest: -1}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err := p.Crawl(ctx)
	if stopped, ok := err.(*StoppedError); !ok || stopped.Outcome != schemas.Capped || ctx.Err() != nil {
		t.Errorf("error %v, want the end of the credits at once", err)
	}
}
