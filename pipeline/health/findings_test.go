package health

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// history is a store of finished runs an hour apart, with so many errors in ten
// pages each; the newest gets what else its manifest is to say.
func history(t *testing.T, errors []int, newest func(*store.Manifest)) (*store.Locked, time.Time) {
	t.Helper()
	locked := newStore(t)
	at := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	for i, n := range errors {
		planned, err := locked.Begin(store.Planned{Plan: store.Plan{Job: "test"}}, "test", at)
		if err != nil {
			t.Fatal(err)
		}
		land(t, locked, planned.Run.RunID, at, 10, 1)
		planned.Run.Outcome, planned.Run.Pages = schemas.Done, 10
		m := &store.Manifest{Run: planned.Run, Plan: planned.Plan, Errors: map[string]int{"partial resource-not-found": n}}
		if i == len(errors)-1 && newest != nil {
			newest(m)
		}
		if err := store.WriteJSON(locked.RunFile(planned.Run.RunID, "manifest.json"), m, nil); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Hour)
	}
	locked.Unlock() // who looks at a store takes no lock
	return locked, at
}

func TestOverviewFindsWhatChanged(t *testing.T) {
	for _, c := range []struct {
		name   string
		errors []int
		newest func(*store.Manifest)
		later  time.Duration // than an hour after the last run
		stale  time.Duration
		want   []string
		says   string
	}{
		{name: "all is as it was", errors: []int{5, 6, 5, 9}},
		{name: "errors doubled", errors: []int{5, 6, 5, 13}, want: []string{"problem errors"}, says: "13 things the API did not give in 10 pages"},
		{name: "errors doubled, and are few", errors: []int{1, 1, 1, 9}},
		{name: "one run has nothing to be compared with", errors: []int{1000}},
		{name: "searches cut short", errors: []int{0}, newest: func(m *store.Manifest) { m.Truncated = []string{"a", "b"} }, want: []string{"note truncated"}, says: ": 2"},
		{name: "drift", errors: []int{0}, newest: func(m *store.Manifest) { m.Drift = map[string]int{"space.new": 3, "user.new": 4} }, want: []string{"note drift"}, says: "7 values"},
		{name: "three hours late", errors: []int{0, 0, 0, 0}, later: time.Hour + time.Minute},
		{name: "later than thrice the interval", errors: []int{0, 0, 0, 0}, later: 2*time.Hour + time.Minute, want: []string{"problem stale"}, says: "runs came every 1h0m0s"},
		{name: "nobody knows when it should have come", errors: []int{0, 0}, later: 99 * time.Hour},
		{name: "later than was asked for", errors: []int{0}, stale: 30 * time.Minute, want: []string{"problem stale"}, says: "1h0m0s ago"},
		{name: "closed by a later run", errors: []int{0}, newest: func(m *store.Manifest) { m.Run.Outcome, m.ClosedBy = schemas.Waiting, "later" }},
		{name: "given up", errors: []int{0}, newest: func(m *store.Manifest) { m.Run.Outcome, m.ClosedBy = schemas.Failed, store.Abandoned }},
		{name: "gaps", errors: []int{0, 0}, newest: func(m *store.Manifest) {
			m.Run.Outcome, m.Cut = schemas.DoneWithGaps, []store.Cut{{Pages: 3}}
			m.Missing = []store.Missing{{Kind: schemas.GapNotFound, Known: true}, {Kind: schemas.GapRefused}, {Kind: schemas.GapAbsent}, {Kind: schemas.GapRefused}}
		}, want: []string{"note gaps"}, says: "absent 1, refused 2, collections cut short 1"},
		{name: "stopped before its first page", errors: []int{0}, newest: func(m *store.Manifest) { m.Run.Outcome, m.Run.Pages = schemas.Unauthorised, 0 }, want: []string{"problem unfinished"}, says: "stopped (unauthorised)"},
		{name: "capped before its first page", errors: []int{0}, newest: func(m *store.Manifest) { m.Run.Outcome, m.Run.Pages = schemas.Capped, 0 }, want: []string{"note unfinished"}},
		{name: "stopped", errors: []int{0}, newest: func(m *store.Manifest) { m.Run.Outcome = schemas.Capped }, want: []string{"problem unfinished"}, says: "stopped (capped)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			locked, now := history(t, c.errors, c.newest)
			o, err := Examine(t.Context(), locked.Dir, OverviewConfig{Now: now.Add(c.later), Prices: schemas.DefaultPrices(), Stale: c.stale})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			said := ""
			for _, f := range o.Findings {
				got = append(got, f.Level+" "+f.Kind)
				said += f.Text + "\n"
			}
			if !slices.Equal(got, c.want) || !strings.Contains(said, c.says) {
				t.Errorf("got %q, want %q with %q: %s", got, c.want, c.says, said)
			}
			if problem := slices.ContainsFunc(got, func(f string) bool { return strings.HasPrefix(f, Problem) }); o.Healthy == problem {
				t.Errorf("healthy is %v with %q", o.Healthy, got)
			}
		})
	}
}

// An unfinished run that a newer one of the same plan has overtaken is no
// problem: nothing goes on with it any more.
func TestOvertakenRunIsNoProblem(t *testing.T) {
	locked, at := history(t, []int{0}, func(m *store.Manifest) { m.Run.Outcome = schemas.Waiting })
	planned, err := locked.Begin(store.Planned{Plan: store.Plan{Job: "test"}}, "test", at)
	if err != nil {
		t.Fatal(err)
	}
	planned.Run.Outcome = schemas.Done
	if err := store.WriteJSON(locked.RunFile(planned.Run.RunID, "manifest.json"), &store.Manifest{Run: planned.Run, Plan: planned.Plan}, nil); err != nil {
		t.Fatal(err)
	}
	o, err := Examine(t.Context(), locked.Dir, OverviewConfig{Now: at})
	if err != nil || !o.Healthy {
		t.Errorf("%v: %+v", err, o.Findings)
	}
}
