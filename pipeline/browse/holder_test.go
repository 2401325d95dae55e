package browse

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

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
	for _, task := range []string{"copy", "in place"} {
		t.Run(task, func(t *testing.T) {
			t.Parallel()
			dir := copyStore(t)
			s := newSite(t, Config{Store: store.Dir(dir), Idle: time.Millisecond})
			before := s.get("/table/runs")
			if n := s.runsOn(); n != "1" {
				t.Fatalf("%s runs before, want 1", n)
			}
			publish(t, dir, task)
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
	slow(t)
	t.Parallel()
	dir := copyStore(t)
	s := newSite(t, Config{Store: store.Dir(dir)})
	old, err := s.holder.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, dir, "copy")
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

// While a run merges in place, pages say so and ask again by themselves.
func TestMergeInPlaceIsWaitedFor(t *testing.T) {
	t.Parallel()
	dir := copyStore(t)
	s := newSite(t, Config{Store: store.Dir(dir), Idle: time.Nanosecond})
	for {
		s.holder.mu.Lock()
		closed := s.holder.current == nil
		s.holder.mu.Unlock()
		if closed {
			break
		}
		time.Sleep(time.Millisecond)
	}
	merge := childCommand(t, dir, "hold")
	in, err := merge.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := merge.StdoutPipe()
	if err == nil {
		err = merge.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("holding"))); err != nil {
		t.Fatal(err)
	}
	s.get("/state") // does not open it
	status, page, header := s.do(s.request("GET", "/table/spaces", nil))
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(page, "merging") || !strings.Contains(page, `http-equiv="refresh"`) {
		t.Errorf("meanwhile: status %d, want 503 that asks again\n%s", status, message(page))
	}
	if status, _ := s.sql("SELECT 1"); status != http.StatusServiceUnavailable {
		t.Errorf("SQL meanwhile: status %d, want 503", status)
	}
	if err := errors.Join(in.Close(), merge.Wait()); err != nil {
		t.Fatal(err)
	}
	s.get("/table/spaces")
}

// Who merges in place is told that the database is open, and by whom, as long
// as somebody looks.
func TestLookingKeepsMergesInPlaceAway(t *testing.T) {
	t.Parallel()
	dir := copyStore(t)
	s := newSite(t, Config{Store: store.Dir(dir), Idle: time.Hour})
	s.sql("SELECT 1") // in a process, which is ended with the first
	err := childCommand(t, dir, "in place").Run()
	var failed *exec.ExitError
	if !errors.As(err, &failed) || failed.ExitCode() != childBusy {
		t.Errorf("merging in place meanwhile: got %v, want exit code %d", err, childBusy)
	}
	s.get("/table/spaces")
}

// A store without a database is read from its files.
func TestStoreOfFilesIsReadAsOne(t *testing.T) {
	slow(t)
	t.Parallel()
	dir := t.TempDir()
	j := newJob(dir)
	j.files = true
	if err := j.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, Config{Store: store.Dir(dir)})
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

	lost, err := filepath.Glob(filepath.Join(dir, "parquet", "spaces", "*", "*.parquet"))
	if err != nil || len(lost) == 0 {
		t.Fatal(lost, err)
	}
	if err := os.Remove(lost[0]); err != nil {
		t.Fatal(err)
	}
	s = newSite(t, Config{Store: store.Dir(dir)})
	s.get("/table/users")
	if n := s.runsOn(); n != "2" {
		t.Errorf("a file of another table is gone: %s runs, want 2", n)
	}
	status, page, _ := s.do(s.request("GET", "/table/spaces", nil))
	_, result := s.sql("SELECT count(*) FROM v_spaces")
	for _, told := range []string{page, result} {
		if status != http.StatusBadRequest || !strings.Contains(told, filepath.Base(lost[0])) {
			t.Errorf("a file is gone: status %d, want 400 and its name\n%s", status, message(told))
		}
	}
}

// The processes that an opening has had go with it.
func TestClosedDatabaseLeavesNothing(t *testing.T) {
	s := newSite(t, Config{})
	held, err := s.holder.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.sql("SELECT 1")
	if len(held.boxes) != 1 || held.boxes[0].Dead {
		t.Fatalf("while it is open: %d processes, want one", len(held.boxes))
	}
	s.holder.release(held)
	s.holder.close()
	if !held.boxes[0].Dead {
		t.Error("the process goes on")
	}
	if left := names(t, s.folder.Path); left != "begun lock" {
		t.Errorf("left: %q", left)
	}
}

func TestServerLeavesNothing(t *testing.T) {
	dir := copyStore(t)
	before := names(t, dir)
	s, err := New(t.Context(), Config{Store: store.Dir(dir)})
	if err != nil {
		t.Fatal(err)
	}
	scratch := s.folder.Path
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
	if _, err := New(t.Context(), Config{Store: store.Dir(t.TempDir())}); err == nil || !strings.Contains(err.Error(), "no run has made tables") {
		t.Errorf("got %v, want that no run has made tables", err)
	}
}
