package health

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

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

// fill lands so many pages of 64 KiB that do not compress.
func fill(t *testing.T, locked *store.Locked, now time.Time, pages int) string {
	t.Helper()
	return fillWith(t, locked, now, pages, 64<<10)
}

// fillWith lands so many pages of so many bytes that do not compress.
func fillWith(t testing.TB, locked *store.Locked, now time.Time, pages, size int) string {
	t.Helper()
	planned, err := locked.Begin(store.Planned{Plan: store.Plan{Job: "test", Seeds: []schemas.Request{{Endpoint: schemas.SpaceByID, IDs: []string{"x"}}}}}, "test", now)
	if err != nil {
		t.Fatal(err)
	}
	land(t, locked, planned.Run.RunID, now, pages, size)
	return planned.Run.RunID
}

// land lands so many pages of so many bytes of a run.
func land(t testing.TB, locked *store.Locked, runID string, now time.Time, pages, size int) {
	t.Helper()
	l, err := landing.Open(locked, runID, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var g errgroup.Group // one sync covers many pages
	g.SetLimit(32)
	for i := range pages {
		noise := make([]byte, size)
		_, _ = rand.Read(noise) // never fails
		body, _ := json.Marshal(map[string]any{"data": map[string]any{"id": fmt.Sprint("s", i), "state": "live", "noise": base64.StdEncoding.EncodeToString(noise)}})
		r := schemas.Request{Endpoint: schemas.SpaceByID, IDs: []string{fmt.Sprint("s", i)}}
		page := schemas.Page{RunID: runID, ID: r.ID(), Request: r, Status: 200, FetchedAt: now.Add(time.Duration(i) * time.Second), Body: body,
			Headers: schemas.Headers{Limit: "300", Remaining: fmt.Sprint(299 - i), Reset: fmt.Sprint(now.Add(15 * time.Minute).Unix())}}
		g.Go(func() error { return l.Put(page) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Few pages are read at a glance, many are not; the rate windows are those of
// the newest page in either case.
func TestOverviewReadsFewPagesOnly(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	locked := newStore(t)
	few := fill(t, locked, start, 3)
	look := func() *Overview {
		o, err := Examine(t.Context(), locked.Dir, OverviewConfig{Now: start.Add(5 * time.Minute), Prices: schemas.DefaultPrices()})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := look()
	if len(o.Uncounted) != 0 || o.Spaces.Live != 3 || !o.Runs[0].Counted || o.Money.Today.High != 3*schemas.DefaultPrices()[schemas.Space] {
		t.Errorf("a few pages: got %+v, want all counted", o)
	}
	if want := start.Add(15 * time.Minute); !o.NextReset.Equal(want) || len(o.Rates) != 1 || o.Rates[0].Remaining != 297 {
		t.Errorf("windows: got %+v, next %s, want 297 left until %s", o.Rates, o.NextReset, want)
	}
	many := fill(t, locked, start.Add(time.Minute), 80)
	o = look()
	if !slices.Equal(o.Uncounted, []string{many}) || o.Runs[1].Counted || o.Runs[1].Pages != 80 || !o.Runs[0].Counted {
		t.Errorf("many pages: uncounted %v, want %s only (after %s); runs %+v", o.Uncounted, many, few, o.Runs)
	}
	if err := Settle(t.Context(), locked, nil); err != nil {
		t.Fatal(err)
	}
	if o = look(); len(o.Uncounted) != 1 {
		t.Errorf("an unfinished run is never settled: uncounted %v", o.Uncounted)
	}
}

// BenchmarkOverview looks at a settled store of 10,000 pages in 50 runs, with a
// file for each table and run.
func BenchmarkOverview(b *testing.B) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	locked := newStore(b)
	const runs, pages = 50, 200
	for i := range runs {
		id := fillWith(b, locked, start.Add(time.Duration(i)*time.Hour), pages, 2<<10)
		planned, err := locked.Planned(id)
		if err != nil {
			b.Fatal(err)
		}
		planned.Run.Outcome, planned.Run.Pages = schemas.Done, pages
		m := &store.Manifest{Run: planned.Run, Plan: planned.Plan, Parquet: true}
		for _, table := range schemas.Tables() {
			part := schemas.Part{Table: table.Name, Path: table.Name + "/run_date=2026-08-01/" + id + "-0.parquet", Rows: 1, Bytes: 1}
			m.Files = append(m.Files, part)
			name := filepath.Join(locked.Parquet(), part.Path)
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte("x"), 0o600)); err != nil {
				b.Fatal(err)
			}
		}
		if err := store.WriteJSON(locked.RunFile(id, "manifest.json"), m, nil); err != nil {
			b.Fatal(err)
		}
	}
	if err := Settle(b.Context(), locked, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		o, err := Examine(b.Context(), locked.Dir, OverviewConfig{Now: start.Add(runs * time.Hour), Prices: schemas.DefaultPrices()})
		if err != nil || !o.Healthy || len(o.Runs) != runs {
			b.Fatalf("%v: %+v", err, o)
		}
	}
	b.ReportMetric(float64(runs*pages)*float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }
