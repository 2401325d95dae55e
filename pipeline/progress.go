package pipeline

import (
	"sync"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/keyset"
	"github.com/spacesetl/spacesetl/schemas"
)

// Phase is what a run is doing.
type Phase string

// The phases of a run, in their order.
const (
	FetchPhase   Phase = "fetch"   // requests, wave by wave
	LoadPhase    Phase = "load"    // landed pages into rows
	PublishPhase Phase = "publish" // files into the other destinations
)

// Progress is how far a run is. Its numbers are of this process: what an
// earlier one fetched counts as pages, not as bytes, objects or money.
type Progress struct {
	// Seq grows from report to report. Reports come from several goroutines, so
	// that an older one can arrive after a newer one.
	Seq   int64
	Phase Phase
	Wave  int // of requests, from 1; 0 where nothing was fetched
	// Done of Total: requests of the wave that came to an end, pages read, or
	// destinations prepared.
	Done, Total int
	Pages       int   // fetched, or found landed, so far
	Fetched     int   // of these, those fetched now
	Bytes       int64 // of the bodies fetched now
	Objects     int64 // in the data of the pages fetched now
	// Low and High bound what the pages fetched now cost: without and with what
	// expansions brought in and what came twice. Low takes no account of what an
	// earlier run paid for on the same day.
	Low, High schemas.Money
	Rows      int64 // loaded so far
}

// Ended reports whether the wave, or the phase, has come to its end.
func (p Progress) Ended() bool { return p.Done >= p.Total }

// gauge counts what Progress tells. Without a report it does nothing.
type gauge struct {
	report func(Progress)

	mu   sync.Mutex
	now  Progress
	paid map[schemas.Object]*keyset.Set // ids of the objects in Low
}

// change counts and reports, outside the lock.
func (g *gauge) change(count func(*Progress)) {
	if g.report == nil {
		return
	}
	g.mu.Lock()
	count(&g.now)
	g.now.Seq++
	now := g.now
	g.mu.Unlock()
	g.report(now)
}

// wave begins a wave of so many requests.
func (g *gauge) wave(requests int) {
	g.change(func(p *Progress) { p.Phase, p.Wave, p.Done, p.Total = FetchPhase, p.Wave+1, 0, requests })
}

// done counts a request, a page or a destination that is dealt with.
func (g *gauge) done() { g.change(func(p *Progress) { p.Done++ }) }

// page counts a page of the walk.
func (g *gauge) page() { g.change(func(p *Progress) { p.Pages++ }) }

// fetched counts a page that was fetched now.
func (g *gauge) fetched(page *schemas.Page, f *facts.Facts, prices schemas.Prices) {
	if g.report == nil {
		return
	}
	kind, ids := f.Data()
	g.change(func(p *Progress) {
		p.Fetched++
		p.Bytes += int64(len(page.Body))
		p.Objects += int64(f.Rows)
		p.Low += prices[kind] * schemas.Money(g.fresh(kind, ids))
		p.High += f.Cost(prices)
	})
}

// fresh is how many of the ids came for the first time.
func (g *gauge) fresh(kind schemas.Object, ids []string) (n int) {
	if g.paid == nil {
		g.paid = map[schemas.Object]*keyset.Set{}
	}
	if g.paid[kind] == nil {
		g.paid[kind] = &keyset.Set{}
	}
	for _, id := range ids {
		if g.paid[kind].Add([]byte(id)) {
			n++
		}
	}
	return n
}

// phase begins to load or to publish.
func (g *gauge) phase(phase Phase, total int) {
	g.change(func(p *Progress) { p.Phase, p.Done, p.Total = phase, 0, total })
}

// loaded counts rows.
func (g *gauge) loaded(batches []schemas.Batch) {
	if g.report == nil {
		return
	}
	var rows int64
	for _, b := range batches {
		rows += b.Record.NumRows()
	}
	g.change(func(p *Progress) { p.Rows += rows })
}
