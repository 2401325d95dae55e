package pipeline

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// What a process that died left goes; what counts, and what is not ours, stays.
func TestSweepRemovesWhatDoesNotCount(t *testing.T) {
	dir := t.TempDir()
	store := Store(dir)
	whole, err := store.Start(Plan{Job: "test"}, nil, "test", time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	m := &Manifest{Run: whole.Run, Parquet: true, Files: []schemas.Part{{Table: "spaces", Path: "spaces/run_date=2026-08-01/" + whole.Run.RunID + "-0.parquet"}}}
	if err := writeJSON(store.RunFile(whole.Run.RunID, "manifest.json"), m, nil); err != nil {
		t.Fatal(err)
	}
	stays := []string{"parquet/" + m.Files[0].Path, "parquet/spaces/run_date=2026-08-01/somebody-elses.parquet", "parquet/spaces/notes.txt"}
	goes := []string{
		"parquet/spaces/run_date=2026-08-01/20260801T090000Z-abcdef-0.parquet", "parquet/_staging-x/spaces.parquet",
		"_parts-x/spaces.parquet", "runs/" + whole.Run.RunID + "/_manifest.json-1", "_state.json-77", "parquet/__latest.json-3",
	}
	for _, name := range append(stays, goes...) {
		write(t, filepath.Join(dir, name), []byte("x"))
	}
	if err := store.Sweep(); err != nil {
		t.Fatal(err)
	}
	for _, name := range stays {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
	for _, name := range goes {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	var latest Latest
	if err := readJSON(store.latestPath(), &latest); err != nil || latest.RunID != whole.Run.RunID || len(latest.Files) != 1 {
		t.Errorf("_latest.json is %+v, %v; want run %s", latest, err, whole.Run.RunID)
	}
}

func TestLockNamesItsOwner(t *testing.T) {
	store := Store(t.TempDir())
	unlock, err := store.Lock()
	if err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if _, err := store.Lock(); err == nil {
		t.Error("the store was locked twice")
	} else if busy, _ = err.(*BusyError); busy == nil || busy.Owner == "" {
		t.Errorf("error %v, want a BusyError that names the owner", err)
	}
	unlock()
	again, err := store.Lock()
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again()
}
