package jobs_test

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// yearKept is for how long a year's pages are kept, before they go into an archive.
const yearKept = 60 * day

// backup copies the store, each time to the same folder.
func (y *year) backup(d int) {
	every := 5
	if fullYear() {
		every = 25
	}
	if d%every != every-1 && d != y.days-1 {
		return
	}
	if _, err := jobs.Open(y.spec, jobs.Options{Now: y.clock.Now}).Backup(y.Context(), filepath.Join(y.beside, "backup"), nil); err != nil {
		y.Errorf("seed %d, day %d: backup: %v", y.seed, d, err)
	}
}

// restored: the newest backup is the store, whole, and what was pruned comes back.
func (y *year) restored() {
	spec := y.spec
	spec.Store = filepath.Join(y.beside, "restored")
	done, err := keep.Restore(y.Context(), keep.From{Backup: filepath.Join(y.beside, "backup"), Store: store.Dir(spec.Store)})
	if err != nil || len(done.Problems) > 0 || len(done.Left) > 0 {
		y.Fatalf("seed %d: restore: %+v, %v", y.seed, done, err)
	}
	runs, err := store.Dir(y.spec.Store).Runs()
	again, err2 := store.Dir(spec.Store).Runs()
	if err != nil || err2 != nil || !slices.Equal(runs, again) {
		y.Errorf("seed %d: %d runs, restored %d; %v, %v", y.seed, len(runs), len(again), err, err2)
	}
	pruned, err := landing.ReadPruned(store.Dir(spec.Store))
	if err != nil {
		y.Fatal(err)
	}
	if due := int(max(0, y.clock.Now().Add(-yearKept).Sub(y.began())) / (31 * day)); len(pruned.Months) < due {
		y.Errorf("seed %d: pages of %d months were pruned, want %d or more", y.seed, len(pruned.Months), due)
	}
	for _, month := range slices.Backward(pruned.Months) {
		if _, err := keep.RestorePages(y.Context(), store.Dir(spec.Store), month.Archive, nil); err != nil {
			y.Fatalf("seed %d: pages until run %s: %v", y.seed, month.Last, err)
		}
	}
	y.whole(spec)
	y.tally.restored = len(pruned.Months)
	_ = os.RemoveAll(spec.Store) // only takes space
}

// whole proves a store.
func (y *year) whole(spec jobs.Spec) {
	y.Helper()
	v, err := jobs.Open(spec, jobs.Options{Now: y.clock.Now}).Verify(y.Context(), proof.Options{Sample: 50})
	if err != nil {
		y.Fatalf("seed %d: %v", y.seed, err)
	}
	for i, problem := range v.Problems {
		if y.Errorf("seed %d: verify %s: %s", y.seed, spec.Store, problem); i == 9 {
			y.Fatalf("seed %d: %d problems", y.seed, len(v.Problems))
		}
	}
}
