package browse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline"
)

// publish makes one more run in the store; it has to succeed within a while:
// an in-place merge waits until nobody looks.
func publish(t *testing.T, j *job) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := j.run(t.Context())
		if err == nil {
			return
		}
		if !locked(err) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// runsOn is the number of runs that the server sees.
func (s *site) runsOn() string {
	s.Helper()
	_, result := s.sql("SELECT 'runs: ' || count(*) AS n FROM runs")
	_, n, _ := strings.Cut(result, "runs: ")
	n, _, _ = strings.Cut(n, "<")
	return n
}

func version(page string) string {
	_, v, _ := strings.Cut(page, `data-version="`)
	v, _, _ = strings.Cut(v, `"`)
	return v
}

// A run that is published while the server is open is seen by the next
// request, in both modes.
func TestNewRunIsSeenAtOnce(t *testing.T) {
	for name, inPlace := range map[string]bool{"copy": false, "in place": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyStore(t)
			j := newJob(dir)
			j.inPlace = inPlace
			s := newSite(t, Config{Store: pipeline.Store(dir), Idle: time.Millisecond})
			before := s.get("/table/runs")
			if n := s.runsOn(); n != "1" {
				t.Fatalf("%s runs before, want 1", n)
			}
			publish(t, j)
			state := s.get("/state")
			if state == version(before) {
				t.Error("nothing says that there is new data")
			}
			if page := s.get("/table/runs"); len(cellsOf(page)) != 2 || version(page) != state {
				t.Errorf("%d runs in the table, version %s; want 2 and %s", len(cellsOf(page)), version(page), state)
			}
			if n := s.runsOn(); n != "2" {
				t.Errorf("%s runs for SQL, want 2", n)
			}
		})
	}
}

// Requests under way keep the state they began with; it is closed after them.
func TestRequestUnderWayKeepsItsState(t *testing.T) {
	t.Parallel()
	dir := copyStore(t)
	s := newSite(t, Config{Store: pipeline.Store(dir)})
	old, err := s.holder.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, newJob(dir))
	if n := s.runsOn(); n != "2" {
		t.Errorf("%s runs for a new request, want 2", n)
	}
	count := func() string {
		found, err := records(t.Context(), old.pages, "SELECT count(*) AS n FROM runs")
		if err != nil {
			return err.Error()
		}
		return found[0]["n"].Text
	}
	if n := count(); n != "1" {
		t.Errorf("%s runs for the request under way, want 1", n)
	}
	s.holder.release(old)
	if got := count(); !strings.Contains(got, "closed") {
		t.Errorf("after the request: got %s, want that it is closed", got)
	}
}

// An in-place merge gets the database a moment after nobody looks, and the
// pages say so while it has it.
func TestMergeInPlaceGetsTheDatabase(t *testing.T) {
	t.Parallel()
	dir := copyStore(t)
	s := newSite(t, Config{Store: pipeline.Store(dir), Idle: time.Millisecond})
	s.get("/")
	d := load.NewDuckDB(load.DuckDBConfig{Path: filepath.Join(dir, "spaces.duckdb"), Parts: dir, InPlace: true})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		err := d.Prepare(t.Context(), nil, dir)
		if err == nil {
			break
		}
		if !locked(err) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
	defer d.Close()
	s.get("/state") // does not open it
	// In another process the lock of the file would say it; here there is one.
	if err := d.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.get("/table/spaces")
}

// A store without a database is read from its files.
func TestStoreOfFilesIsReadAsOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := newJob(dir)
	j.files = true
	if err := j.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, Config{Store: pipeline.Store(dir)})
	database := newSite(t, Config{})
	for _, path := range []string{"/table/spaces?col=space_id&col=title&n=500", "/table/v_spaces?col=space_id&col=people_count&n=500", "/table/space_users?col=user_id&col=role&n=500"} {
		got, want := cellsOf(s.get(path)), cellsOf(database.get(path))
		if len(got) != len(want) || len(got) == 0 {
			t.Errorf("%s: %d rows of files, %d of a database", path, len(got), len(want))
		}
	}
	s.get("/")
	if n := s.runsOn(); n != "1" {
		t.Errorf("%s runs, want 1", n)
	}
	before := s.get("/state")
	if err := j.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.runsOn(); n != "2" || s.get("/state") == before {
		t.Errorf("after another run: %s runs, want 2, and another state", n)
	}
}

func TestServerLeavesNothing(t *testing.T) {
	dir := copyStore(t)
	before := names(t, dir)
	s, err := New(t.Context(), Config{Store: pipeline.Store(dir)})
	if err != nil {
		t.Fatal(err)
	}
	scratch := s.scratch
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(scratch); err == nil {
		t.Errorf("%s is there still", scratch)
	}
	if after := names(t, dir); after != before {
		t.Errorf("the store has other files:\nbefore %s\nafter  %s", before, after)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestStoreWithoutTablesIsAnError(t *testing.T) {
	if _, err := New(t.Context(), Config{Store: pipeline.Store(t.TempDir())}); err == nil || !strings.Contains(err.Error(), "no run has made tables") {
		t.Errorf("got %v, want that no run has made tables", err)
	}
}
