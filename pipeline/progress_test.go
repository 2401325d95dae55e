package pipeline

import (
	"slices"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// follow crawls and returns what was reported, in order.
func follow(t *testing.T, w *world, store Store) (*Pipeline, []Progress) {
	t.Helper()
	p := crawler(t, w, store, full(w), nil)
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
	p, told := follow(t, w, Store(t.TempDir()))
	for i, now := range told[1:] {
		before := told[i]
		if now.Wave > before.Wave+1 || now.Wave > before.Wave && !before.Ended() || now.Done > now.Total || now.Pages < before.Pages {
			t.Fatalf("after %+v came %+v", before, now)
		}
	}
	last := told[len(told)-1]
	if pages := len(p.landing.Entries()); !last.Ended() || last.Wave < 2 || last.Pages != pages || last.Fetched != pages || last.Objects == 0 || last.Bytes == 0 {
		t.Errorf("at the end of a crawl of %d pages: %+v", pages, last)
	}
}

// In a store of one run the range of Progress is the ledger's.
func TestProgressCostsWhatTheLedgerSays(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 500, NoRateLimits: true})
	store := Store(t.TempDir())
	p, told := follow(t, w, store)
	last := told[len(told)-1]
	ledger, err := store.Ledger(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	low, high := ledger.Cost(Optimistic, p.Prices, nil), ledger.Cost(Pessimistic, p.Prices, nil)
	if last.Low != low || last.High != high || low == 0 || low >= high {
		t.Errorf("got %s to %s, the ledger has %s to %s", last.Low, last.High, low, high)
	}
}

func TestProgressOfASecondCrawlCostsNothing(t *testing.T) {
	w := newWorld(t, simulator.Config{Spaces: 300, NoRateLimits: true})
	store := Store(t.TempDir())
	first, _ := follow(t, w, store)
	pages := len(first.landing.Entries())
	first.Close()
	_, told := follow(t, w, store)
	if last := told[len(told)-1]; last.Pages != pages || last.Fetched != 0 || last.Bytes != 0 || last.High != 0 {
		t.Errorf("the second crawl of %d pages: %+v", pages, last)
	}
}

func TestBudgetLeftIsTheBudgetLessWhatWasSpent(t *testing.T) {
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
