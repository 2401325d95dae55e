package keep_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/keep/policy"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// old is a job with runs of two months, and one of months later.
func old(t *testing.T, compact string, to ...string) *job {
	t.Helper()
	j := newJob(t, to...)
	j.spec.Compact = compact
	j.spec.With, j.spec.Creators = nil, j.spec.Creators[:1]
	j.hours.Add(32)
	for range 4 { // two in October
		j.run(t)
	}
	j.hours.Add(24 * 70)
	j.run(t)
	return j
}

func (j *job) config(archive string) keep.PruneConfig {
	return keep.PruneConfig{Policy: policy.Policy{Raw: 60 * 24 * time.Hour, Archive: archive}, Now: j.now()}
}

// known is what the store knows that is made of its pages: what they cost, and the
// Spaces.
func known(t *testing.T, d store.Dir) (schemas.Money, string) {
	t.Helper()
	l, err := money.Read(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	st, err := health.ReadState(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	st.Runs = nil
	return l.Cost(money.Pessimistic, schemas.DefaultPrices(), nil), store.Checksum(st)
}

// What was pruned is missed by nobody: what it cost and what is known of the Spaces
// lasts, also when state and ledger are made again, and an archive brings it back.
func TestPrunedPagesAreMissedByNobody(t *testing.T) {
	t.Parallel()
	j := old(t, jobfile.CompactMonths, "parquet", "duckdb")
	d := store.Dir(j.spec.Store)
	cost, state := known(t, d)
	before := scratchtest.Files(t, string(d))
	archive := filepath.Join(t.TempDir(), "archive")
	would, err := keep.Prunable(t.Context(), d, j.config(archive))
	if err != nil || len(would.Months) != 1 || would.Months[0].Runs != 2 || would.Stays != "" {
		t.Fatalf("would prune %+v (%v), want October's 2 runs", would, err)
	}
	for name, text := range scratchtest.Files(t, string(d)) {
		if before[name] != text {
			t.Errorf("a dry run changed %s", name)
		}
	}
	sum, err := keep.PruneStore(t.Context(), d, false, j.config(archive))
	if err != nil || len(sum.Months) != 1 || sum.Months[0].Archive != filepath.Join(archive, "raw-2026-10.tar.zst") {
		t.Fatalf("pruned %+v (%v)", sum, err)
	}
	if left, _ := filepath.Glob(filepath.Join(d.Raw(), "202610*")); len(left) > 0 {
		t.Errorf("%s is there", left)
	}
	missed := func(when string) {
		t.Helper()
		if c, s := known(t, d); c != cost || s != state {
			t.Errorf("%s: costs %v and state %s, before %v and %s", when, c, s, cost, state)
		}
		v, err := j.open().Verify(t.Context(), proof.Options{All: true})
		if err != nil || len(v.Problems) > 0 || len(v.Notes) == 0 || !strings.Contains(v.Notes[0], "pages until run 202610") {
			t.Errorf("%s: verify: %v, %+v", when, err, v)
		}
		o, err := j.open().Status(t.Context(), jobs.StatusOptions{Stale: 1e6 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range o.Findings {
			if f.Level == health.Problem {
				t.Errorf("%s: status: %s", when, f.Text)
			}
		}
	}
	missed("pruned")
	for _, name := range []string{"state.json", "ledger.json"} {
		if err := os.Remove(d.File(name)); err != nil {
			t.Fatal(err)
		}
	}
	missed("without state and ledger")
	if err := os.Remove(d.DuckDB()); err != nil {
		t.Fatal(err)
	}
	for r, err := range j.open().Replay(t.Context(), jobs.ReplayOptions{}) {
		if err != nil || r.Manifest.Run.RunID < "202611" {
			t.Errorf("replay of %+v: %v", r, err)
		}
	}
	run := sum.Months[0].First
	for _, err := range j.open().Replay(t.Context(), jobs.ReplayOptions{Run: run}) {
		if err == nil || !strings.Contains(err.Error(), "spacesetl restore --archive "+sum.Months[0].Archive+" --store "+string(d)) {
			t.Errorf("replay of a pruned run: %v", err)
		}
	}
	copied := filepath.Join(t.TempDir(), "b.tar.zst")
	if sum := backup(t, keep.Config{Store: d, To: copied}); len(sum.Problems) > 0 {
		t.Errorf("backup: %q", sum.Problems)
	}
	j.run(t) // brings the database up
	missedRuns := j.in(string(d))
	cost, state = known(t, d)
	missedRuns.hours = j.hours
	missed("a run later")
	month, err := keep.RestorePages(t.Context(), d, sum.Months[0].Archive, nil)
	if err != nil || month.Runs != 2 {
		t.Fatalf("restored: %+v, %v", month, err)
	}
	for name, text := range before {
		if strings.HasPrefix(name, "/raw/202610") && scratchtest.Files(t, string(d))[name] != text {
			t.Errorf("%s is not what it was", name)
		}
	}
	j.whole(t, "restored")
}

// A process that prunes, or restores, and fails at any step leaves what the next does.
func TestPruningThatFails(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	for _, compact := range []string{jobfile.CompactMonths, jobfile.CompactNone} {
		t.Run(compact, func(t *testing.T) { pruningFails(t, old(t, compact, "parquet")) })
	}
}

func pruningFails(t *testing.T, j *job) {
	d := store.Dir(j.spec.Store)
	cost, state := known(t, d)
	full := errors.New("full")
	archive := filepath.Join(t.TempDir(), "archive")
	months := 0
	for n := 1; n < 100; n++ {
		cfg := j.config(archive)
		cfg.Step = at(n, func() error { return full })
		_, err := keep.PruneStore(t.Context(), d, false, cfg)
		if c, s := known(t, d); c != cost || s != state {
			t.Errorf("step %d: costs %v and state %s, before %v and %s", n, c, s, cost, state)
		}
		if n%4 == 0 {
			j.whole(t, "failed to prune")
		}
		if err != nil && !errors.Is(err, full) {
			t.Fatal(err)
		}
		file := filepath.Join(archive, "raw-2026-10.tar.zst")
		if p, readErr := landing.ReadPruned(d); readErr != nil || len(p.Months) == 0 {
			continue
		}
		months++
		if _, restoreErr := keep.RestorePages(t.Context(), d, file, at(n, func() error { return full })); restoreErr != nil {
			if !errors.Is(restoreErr, full) {
				t.Fatal(restoreErr)
			}
			if p, _ := landing.ReadPruned(d); len(p.Months) > 0 { // else it failed after its last step
				if _, err := keep.RestorePages(t.Context(), d, file, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		if p, _ := landing.ReadPruned(d); len(p.Months) > 0 {
			t.Errorf("step %d: restored and pruned: %+v", n, p)
		}
		if err == nil {
			break
		}
	}
	if months < 3 {
		t.Errorf("pruned %d times", months)
	}
	j.whole(t, "restored")
}

func TestAge(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"40d": 40, "90d": 90, "26w": 182, "2y": 730, "39d": 0, "5w": 0, "": 0, "d": 0, "-90d": 0, "90": 0, "90h": 0, "999999999999y": 0, "1e9d": 0} {
		got, err := policy.Age(text)
		if got != time.Duration(want)*24*time.Hour || (err == nil) != (want > 0) {
			t.Errorf("%q is %v (%v), want %d days", text, got, err, want)
		}
	}
}
