package health

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// days is a store of runs so many hours after the start.
func days(t *testing.T, hours []int) (*store.Locked, time.Time) {
	t.Helper()
	locked := newStore(t)
	start := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for _, hour := range hours {
		at := start.Add(time.Duration(hour) * time.Hour)
		planned, err := locked.Begin(store.Planned{Plan: store.Plan{Job: "test"}}, "test", at)
		if err != nil {
			t.Fatal(err)
		}
		land(t, locked, planned.Run.RunID, at, 1, 1)
	}
	locked.Unlock() // who looks at a store takes no lock
	return locked, start
}

// tell writes the manifests of all runs, each with what it is to say.
func tell(t *testing.T, locked *store.Locked, change func(i int, m *store.Manifest)) {
	t.Helper()
	ids, err := locked.Runs()
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		planned, err := locked.Planned(id)
		if err != nil {
			t.Fatal(err)
		}
		planned.Run.Outcome, planned.Run.Pages = schemas.Done, 1
		m := &store.Manifest{Run: planned.Run, Plan: planned.Plan, Tables: []store.TableRows{{Name: "spaces", Rows: 5}, {Name: "runs", Rows: 1}}}
		change(i, m)
		text, err := json.Marshal(m)
		if err == nil {
			err = os.WriteFile(locked.RunFile(id, "manifest.json"), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// found are the kinds of problems that status finds.
func kindsFound(t *testing.T, locked *store.Locked, now time.Time) (kinds []string) {
	t.Helper()
	o, err := Examine(t.Context(), locked.Dir, OverviewConfig{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range o.Findings {
		if f.Level == Problem {
			kinds = append(kinds, f.Kind)
		}
	}
	return kinds
}

// A job whose runs bring nothing for much longer than ever before is not well,
// though each run is done.
func TestSilenceIsFound(t *testing.T) {
	hours := make([]int, 24)
	for i := range hours {
		hours[i] = i
	}
	hourly, start := days(t, hours)
	few, _ := days(t, hours[:9])
	later, _ := days(t, append([]int{0, 700}, shifted(hours[:12], 2000)...))
	for name, c := range map[string]struct {
		store  *store.Locked
		last   int // hour
		brings func(i int) bool
		silent bool
	}{
		"each brings":                            {hourly, 23, func(int) bool { return true }, false},
		"nothing for four hours":                 {hourly, 23, func(i int) bool { return i < 20 }, true},
		"nothing for three hours":                {hourly, 23, func(i int) bool { return i < 22 }, false},
		"as long once before":                    {hourly, 23, func(i int) bool { return i < 20 && (i < 5 || i > 7) }, false},
		"too few runs to say":                    {few, 8, func(i int) bool { return i < 2 }, false},
		"what never came more than once":         {hourly, 23, func(i int) bool { return i == 0 }, false},
		"what was usual longer ago than a month": {later, 2011, func(i int) bool { return i < 8 }, true},
	} {
		for _, rows := range []bool{true, false} { // those that bring nothing have no page, or no Space
			tell(t, c.store, func(i int, m *store.Manifest) {
				switch {
				case c.brings(i):
				case rows:
					m.Tables = m.Tables[1:]
				default:
					m.Run.Pages, m.Tables = 0, nil
				}
			})
			now := start.Add(time.Duration(c.last)*time.Hour + time.Minute)
			if got := slices.Contains(kindsFound(t, c.store, now), "silent"); got != c.silent {
				t.Errorf("%s, with pages %v: silent %v, want %v", name, rows, got, c.silent)
			}
		}
	}
}

func shifted(hours []int, by int) []int {
	all := slices.Clone(hours)
	for i := range all {
		all[i] += by
	}
	return all
}

// One run that a budget stops before its first page is none to call anybody for;
// three in a row are.
func TestNothingGettingThroughIsFound(t *testing.T) {
	locked, start := days(t, []int{0, 1, 2, 3})
	for capped := range 5 {
		tell(t, locked, func(i int, m *store.Manifest) {
			if i >= 4-capped {
				m.Run.Outcome, m.Run.Pages = schemas.Capped, 0
			}
		})
		got := kindsFound(t, locked, start.Add(3*time.Hour))
		if want := capped >= 3; slices.Contains(got, "capped") != want || len(got) > 0 != want {
			t.Errorf("%d capped runs: problems %v, want capped %v", capped, got, want)
		}
	}
}
