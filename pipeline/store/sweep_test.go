package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

func locked(t *testing.T, dir string) *Locked {
	t.Helper()
	l, err := Dir(dir).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Unlock)
	return l
}

func started(t *testing.T, l *Locked, at time.Time) Planned {
	t.Helper()
	p, err := l.Begin(Planned{Plan: Plan{Job: "test"}}, "test", at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What a process that died left goes; what counts, what may count, and what is
// not ours, stays.
func TestSweepRemovesWhatDoesNotCount(t *testing.T) {
	dir := t.TempDir()
	l := locked(t, dir)
	at := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	part := func(run string) string { return "spaces/run_date=2026-08-01/" + run + "-0.parquet" }
	killed := started(t, l, at).Run.RunID // while it renamed its files
	lost := started(t, l, at.Add(time.Minute)).Run.RunID
	whole := started(t, l, at.Add(time.Hour))
	m := &Manifest{Run: whole.Run, Parquet: true, Files: []schemas.Part{{Table: "spaces", Path: part(whole.Run.RunID)}}}
	if err := WriteJSON(l.RunFile(whole.Run.RunID, "manifest.json"), m, nil); err != nil {
		t.Fatal(err)
	}
	hostile := schemas.Part{Path: "../" + killed + "-0.parquet"}
	if err := l.Committing(killed, []schemas.Part{{Path: part(killed)}, hostile, {Path: part(lost)}}, nil); err != nil {
		t.Fatal(err)
	}
	stays := []string{
		"parquet/" + part(whole.Run.RunID), "parquet/" + part(lost), killed + "-0.parquet", "parquet/" + part("20260801T090000Z-abcdef"),
		"parquet/spaces/run_date=2026-08-01/mycopy-1.parquet", "parquet/spaces/run_date=2026-08-01/somebody-elses.parquet", "parquet/spaces/notes.txt",
	}
	goes := []string{
		"parquet/" + part(killed), "parquet/_staging-x/spaces.parquet",
		"_parts-x/spaces.parquet", "_spaces.duckdb.waiting/0/1.parquet", "runs/" + whole.Run.RunID + "/_manifest.json-1", "_state.json-77", "parquet/__latest.json-3",
	}
	for _, name := range append(stays, goes...) {
		write(t, filepath.Join(dir, name))
	}
	if !l.Dying(killed) || l.Dying(lost) || l.Dying(whole.Run.RunID) {
		t.Error("only the run that was renaming files is dying")
	}
	if err := l.Sweep(); err != nil {
		t.Fatal(err)
	}
	for _, name := range stays {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
	for _, name := range append(goes, "runs/"+killed+"/"+commitFile) {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	var latest Latest
	if err := ReadJSON(l.latestPath(), &latest); err != nil || latest.RunID != whole.Run.RunID || len(latest.Files) != 1 {
		t.Errorf("_latest.json is %+v, %v; want run %s", latest, err, whole.Run.RunID)
	}
}

// A manifest that cannot be read may list the files of a run that was renaming
// them, so they stay.
func TestSweepLeavesARunWhoseManifestCannotBeRead(t *testing.T) {
	l := locked(t, t.TempDir())
	run := started(t, l, time.Now()).Run.RunID
	part := schemas.Part{Path: "spaces/run_date=2026-08-01/" + run + "-0.parquet"}
	file := filepath.Join(l.Parquet(), part.Path)
	write(t, file)
	if err := l.Committing(run, []schemas.Part{part}, nil); err != nil {
		t.Fatal(err)
	}
	// Who may not read the manifest cannot tell whether it is damaged; one that is too
	// long says so to root, too.
	manifest := l.RunFile(run, "manifest.json")
	write(t, manifest)
	if err := os.Truncate(manifest, MostJSON+1); err != nil {
		t.Fatal(err)
	}
	if err := l.Sweep(); err == nil {
		t.Error("nothing was said of a manifest that cannot be read")
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
}

// A run's folder that cannot be looked into is looked into again by the next start.
func TestSweepComesBackToWhatItCannotSee(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can look into every folder")
	}
	l := locked(t, t.TempDir())
	folder := filepath.Dir(l.RunFile(started(t, l, time.Now()).Run.RunID, commitFile))
	if err := os.Chmod(folder, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(folder, 0o700) })
	_ = l.Sweep()
	l.Unlock()
	if locked(t, string(l.Dir)).clean {
		t.Error("nobody looks into the folder again")
	}
}

func TestLockNamesItsOwner(t *testing.T) {
	d := Dir(t.TempDir())
	l, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if _, err := d.Lock(); err == nil {
		t.Error("the store was locked twice")
	} else if busy, _ = err.(*BusyError); busy == nil || busy.Owner == "" {
		t.Errorf("error %v, want a BusyError that names the owner", err)
	}
	l.Unlock()
	again, err := d.Lock()
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again.Unlock()
}

// A manifest is written once: again with the same content it stays as it is,
// whoever made it and for which destination.
func TestManifestIsWrittenOnce(t *testing.T) {
	l := locked(t, t.TempDir())
	run := started(t, l, time.Now()).Run
	make := func(version, content string, destinations ...string) *Manifest {
		m := &Manifest{Run: run, Content: content, Versions: map[string]string{"spacesetl": version}, Files: []schemas.Part{{Table: "spaces", Path: "spaces/run_date=2026-08-01/" + run.RunID + "-0.parquet"}}}
		m.Ask(destinations)
		if err := m.Seal(l.Dir); err != nil {
			t.Fatal(err)
		}
		stands, err := l.WriteManifest(m, nil)
		if err != nil {
			t.Fatal(err)
		}
		return stands
	}
	first := make("1", "abc", ParquetFiles)
	before, err := os.ReadFile(l.RunFile(run.RunID, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if again := make("2", "abc", DuckDBFile); again.Checksum != first.Checksum || !again.LoadsTo(ParquetFiles) || again.LoadsTo(DuckDBFile) {
		t.Errorf("the second manifest stands: %+v", again)
	}
	if after, err := os.ReadFile(l.RunFile(run.RunID, "manifest.json")); err != nil || string(after) != string(before) {
		t.Errorf("the file has changed (%v):\n%s", err, after)
	}
	if other := make("2", "def", ParquetFiles); other.Content != "def" {
		t.Error("a manifest of other pages was not written")
	}
}

// Manifests of before have no list of destinations.
func TestOldManifestsNameTheirDestinations(t *testing.T) {
	old := Manifest{Parquet: true}
	if !old.LoadsTo(ParquetFiles) || old.LoadsTo(DuckDBFile) {
		t.Error("an old manifest of Parquet files is taken for another")
	}
}

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }

// Into the folders of all runs a start looks only after one that did not end by
// itself, or ended while files were being renamed into place.
func TestSweepLooksIntoRunsAfterADeath(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(t *testing.T, l *Locked, run string)
		looks bool
	}{
		"ended": {func(_ *testing.T, l *Locked, _ string) { l.Unlock() }, false},
		"died, and one came by that sweeps nothing": {func(t *testing.T, l *Locked, _ string) {
			_ = l.lock.Unlock() // as the system does
			locked(t, string(l.Dir)).Unlock()
		}, true},
		"committed": {func(t *testing.T, l *Locked, run string) {
			if err := errors.Join(l.Committing(run, nil, nil), l.Committed(run)); err != nil {
				t.Fatal(err)
			}
			l.Unlock()
			l.Unlock() // no harm
		}, false},
		"failed to commit": {func(t *testing.T, l *Locked, run string) {
			if err := l.Committing(run, nil, nil); err != nil {
				t.Fatal(err)
			}
			l.Unlock()
		}, true},
		"died": {func(_ *testing.T, l *Locked, _ string) { _ = l.lock.Unlock() }, true}, // as the system does
	} {
		dir := t.TempDir()
		l := locked(t, dir)
		if err := l.Sweep(); err != nil {
			t.Fatal(err)
		}
		run := started(t, l, time.Now()).Run.RunID
		c.end(t, l, run)
		left := filepath.Join(dir, "runs", run, "_manifest.json-7")
		write(t, left)
		l = locked(t, dir)
		if err := l.Sweep(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); (err != nil) != c.looks {
			t.Errorf("%s: %v; want that it looked: %v", name, err, c.looks)
		}
		if owner, err := l.Holder(); err != nil || !owner.Held || owner.PID != os.Getpid() {
			t.Errorf("%s: held by %+v, %v", name, owner, err)
		}
		l.Unlock()
	}
}
