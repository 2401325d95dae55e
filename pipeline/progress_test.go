package pipeline

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// follow crawls and returns what was reported, in order.
func follow(t *testing.T, w *world, locked *store.Locked) (*Pipeline, []Progress) {
	t.Helper()
	p := crawler(t, w, locked, full(w), nil)
	var mu sync.Mutex
	var told []Progress
	p.gauge.report = func(now Progress) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, now)
	}
	if err := p.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(told, func(a, b Progress) int { return int(a.Seq - b.Seq) })
	return p, told
}

func TestProgressReachesTheEndOfEachWave(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true})
	p, told := follow(t, w, newStore(t))
	for i, now := range told[1:] {
		before := told[i]
		if now.Wave > before.Wave+1 || now.Wave > before.Wave && !before.Ended() || now.Done > now.Total || now.Pages < before.Pages {
			t.Fatalf("after %+v came %+v", before, now)
		}
	}
	last := told[len(told)-1]
	if pages := len(p.pages.Entries()); !last.Ended() || last.Wave < 2 || last.Pages != pages || last.Fetched != pages || last.Objects == 0 || last.Bytes == 0 {
		t.Errorf("at the end of a crawl of %d pages: %+v", pages, last)
	}
}

// In a store of one run the range of Progress is the ledger's.
func TestProgressCostsWhatTheLedgerSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true})
	locked := newStore(t)
	p, told := follow(t, w, locked)
	last := told[len(told)-1]
	ledger, err := money.Read(t.Context(), locked.Dir)
	if err != nil {
		t.Fatal(err)
	}
	low, high := ledger.Cost(money.Optimistic, p.Prices, nil), ledger.Cost(money.Pessimistic, p.Prices, nil)
	if last.Low != low || last.High != high || low == 0 || low >= high {
		t.Errorf("got %s to %s, the ledger has %s to %s", last.Low, last.High, low, high)
	}
}

func TestProgressOfASecondCrawlCostsNothing(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 300, NoRateLimits: true})
	locked := newStore(t)
	first, _ := follow(t, w, locked)
	pages := len(first.pages.Entries())
	first.Close()
	_, told := follow(t, w, locked)
	if last := told[len(told)-1]; last.Pages != pages || last.Fetched != 0 || last.Bytes != 0 || last.High != 0 {
		t.Errorf("the second crawl of %d pages: %+v", pages, last)
	}
}

func TestBudgetLeftIsTheBudgetLessWhatWasSpent(t *testing.T) {
	t.Parallel()
	till := dear(t)
	till.budget.Run, till.budget.Month = 1_000_000_000, 2_000_000_000
	p, err := till.crawl()
	if err != nil {
		t.Fatal(err)
	}
	left := p.BudgetLeft()
	if left["run"] >= till.budget.Run || till.budget.Run-left["run"] != till.budget.Month-left["month"] || len(left) != 2 {
		t.Errorf("got %v of %+v", left, till.budget)
	}
}

// What a run has examined itself is not read again when it settles: its files
// are the same with every page on disk damaged.
func TestSettlingReadsNothingTheRunHasSeen(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 300, NoRateLimits: true})
	locked := newStore(t)
	p := crawler(t, w, locked, full(w), nil)
	if err := p.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Run.Outcome, p.Run.Pages = schemas.Done, p.pages.Len()
	m := store.Manifest{Run: p.Run, Plan: p.Plan, Landed: p.pages.Segments()}
	if err := store.WriteJSON(locked.RunFile(p.Run.RunID, "manifest.json"), m, nil); err != nil {
		t.Fatal(err)
	}
	settled := func(known *facts.Known) (files [2]string, err error) {
		err = health.Settle(t.Context(), locked, known)
		for i, name := range []string{"state.json", "ledger.json"} {
			text, _ := os.ReadFile(locked.File(name)) // missing after an error
			files[i] = string(text)
			_ = os.Remove(locked.File(name))
		}
		return files, err
	}
	want, err := settled(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.pages.Entries() {
		file, err := os.OpenFile(e.File(), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		info, _ := file.Stat()
		if _, err := file.WriteAt([]byte("damage"), info.Size()-10); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	if without, err := settled(nil); err != nil || without == want || !strings.Contains(without[0], `"damaged"`) {
		t.Errorf("damaged pages were read: %v, %s", err, without[0])
	}
	got, err := settled(p.Known())
	if err != nil || got != want {
		t.Errorf("with what the run knows: %v, and files that are the same: %v", err, got == want)
	}
}
