package keep_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Two jobs whose files lie in no folders of days prune into one folder at the same time,
// over what looks like an archive and is none: each has archives of its own, of which all
// comes back.
func TestJobsPruneIntoOneFolder(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "archive")
	if err := os.MkdirAll(archive, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"parquet-2026-10.tar.zst", "raw-2026-10.tar.zst"} {
		if err := os.WriteFile(filepath.Join(archive, name), []byte("cut off"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type pruned struct {
		*job
		was map[string]string
		sum keep.PruneSummary
		err error
	}
	both := make([]pruned, 2)
	for i := range both {
		j := newJob(t, "parquet")
		j.spec.Compact, j.spec.Partition = jobfile.CompactMonths, schemas.PartitionNone
		j.spec.With, j.spec.Creators, j.spec.IDs = nil, j.spec.Creators[:1], j.spec.IDs[i:]
		j.hours.Add(32)
		for range 4 {
			j.run(t)
		}
		j.hours.Add(24 * 70)
		j.run(t)
		both[i] = pruned{job: j, was: scratchtest.Files(t, store.Dir(j.spec.Store).Parquet())}
	}
	done := make(chan bool)
	prune := func(p *pruned, during func()) {
		cfg := p.tables(archive)
		cfg.Raw = cfg.Parquet
		cfg.Step = func(name, _ string) error {
			if name == "prune: before archive" && during != nil {
				during()
				during = nil
			}
			return nil
		}
		p.sum, p.err = keep.PruneStore(t.Context(), store.Dir(p.spec.Store), false, cfg)
	}
	prune(&both[0], func() {
		go func() {
			defer close(done)
			prune(&both[1], nil)
		}()
		time.Sleep(50 * time.Millisecond)
	})
	<-done
	for _, p := range both {
		if p.err != nil || len(p.sum.Months) != 1 || len(p.sum.Tables) != 1 {
			t.Fatalf("pruned %+v (%v)", p.sum, p.err)
		}
		d := store.Dir(p.spec.Store)
		for _, name := range []string{p.sum.Months[0].Archive, p.sum.Tables[0].Archive} {
			if _, err := os.Lstat(name + ".sha256"); err != nil {
				t.Error(err)
			}
			if _, err := keep.RestoreArchive(t.Context(), d, name, nil); err != nil {
				t.Fatal(err)
			}
		}
		p.unharmed(t, "restored", proof.Options{All: true})
		now := scratchtest.Files(t, d.Parquet())
		for name, text := range p.was {
			if now[name] != text {
				t.Errorf("%s is not what it was", name)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(archive, "_*.zst")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}
