package compact

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// lying are the folders in that of a table that have files, with the number of these.
func lying(t *testing.T, d store.Dir) map[string]int {
	t.Helper()
	folders := map[string]int{}
	for _, name := range filesOf(t, d, "runs") {
		folder := strings.TrimPrefix(filepath.Dir(name), filepath.Join(d.Parquet(), "runs"))
		folders[strings.Trim(filepath.ToSlash(folder), "/")]++
	}
	return folders
}

// known is a store whose job changes its partition.
type known struct {
	*testing.T
	l    *store.Locked
	at   time.Time
	runs []string
}

func (k *known) lie(want map[string]int) {
	k.Helper()
	if got := lying(k.T, k.l.Dir); !maps.Equal(got, want) {
		k.Errorf("%s: files lie in %v, want %v", k.at.Format(time.DateOnly), got, want)
	}
}

// days are runs on so many days, two a day, with what the first of each does at its end.
func (k *known) days(n int, p schemas.Partition) {
	k.Helper()
	for range n {
		k.runs = append(k.runs, rowsIn(k.T, k.l, k.at, p))
		if sum, err := Join(k.Context(), k.l, Config{Now: k.at, Begun: true}); err != nil || len(sum.Left) > 0 {
			k.Fatalf("%s: %+v, %v", k.at, sum, err)
		}
		k.runs = append(k.runs, rowsIn(k.T, k.l, k.at.Add(time.Hour), p))
		k.at = k.at.AddDate(0, 0, 1)
	}
	counted(k.T, k.l)
}

// A job that changes its partition has its new files there, and the old ones where they
// were, in days and months of which some lie here and some there, too: compact --all
// moves what is over. Joined files are taken apart into those that manifests list.
func TestPartitionIsChanged(t *testing.T) {
	k := &known{T: t, l: locked(t), at: time.Date(2026, 10, 29, 10, 0, 0, 0, time.UTC)}
	k.days(4, schemas.PartitionDay) // to November 1
	k.lie(map[string]int{"run_date=1970-01-01": 1, "run_date=2026-10-29": 1, "run_date=2026-11-01": 2})
	var f struct{ Format int }
	if err := store.ReadJSON(k.l.File("store.json"), &f); err != nil || f.Format != 3 {
		t.Errorf("format %d, %v", f.Format, err)
	}
	k.days(4, schemas.PartitionMonth) // of November 1 to 4 one file, where that of the 1st is
	if err := store.ReadJSON(k.l.File("store.json"), &f); err != nil || f.Format != 4 {
		t.Errorf("format %d, %v", f.Format, err)
	}
	k.days(1, schemas.PartitionMonth)
	k.lie(map[string]int{"run_month=1970-01": 1, "run_date=2026-10-29": 1, "run_date=2026-11-01": 1, "run_month=2026-11": 3})
	all := func() {
		t.Helper()
		if sum, err := Join(t.Context(), k.l, Config{Now: k.at, All: true}); err != nil || len(sum.Left) > 0 {
			t.Errorf("%+v, %v", sum, err)
		}
		counted(t, k.l)
	}
	all()
	k.lie(map[string]int{"run_month=1970-01": 1, "run_month=2026-10": 1, "run_month=2026-11": 4})
	k.days(1, schemas.PartitionNone)
	all()
	k.lie(map[string]int{"": 7}) // the map, October, November 1 to 4, 5, 6, and the two of the newest day
	r := reader{d: k.l.Dir, runs: k.runs, manifests: map[string]*store.Manifest{}}
	for _, run := range k.runs {
		r.manifest(run)
	}
	files, wrong := Files(k.l.Dir, k.runs, r.manifests)
	if len(files) != 4 || len(wrong) > 0 {
		t.Errorf("%d joined files, %q", len(files), wrong)
	}
	for _, f := range files {
		if err := f.Verify(t.Context(), ""); err != nil {
			t.Error(err)
		}
	}
	if err := Apart(t.Context(), k.l, k.runs[0], false); err != nil {
		t.Error(err)
	}
	counted(t, k.l)
	k.lie(map[string]int{"": 6, "run_date=2026-10-29": 2, "run_date=2026-10-30": 2, "run_date=2026-10-31": 2})
	all()
	k.lie(map[string]int{"": 7})
}
