package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/postgres"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// beside is a DuckDB database that the same runs are merged into.
type beside struct {
	t    *testing.T
	path string
	dir  string // of the runs' files
}

func (b beside) publish(l schemas.Load) {
	b.t.Helper()
	duck := duckdb.New(duckdb.Config{Path: b.path, Parts: b.dir, MemoryLimit: "1GB", InPlace: true})
	err := duck.Prepare(b.t.Context(), l, b.dir)
	if err == nil {
		err = duck.Commit(b.t.Context())
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// few are some rows of a run.
var few = map[string]int{"spaces": 3, "space_users": 25, "space_snapshots": 3, "users": 5, "runs": 1}

// A run that is there with the same content changes nothing. With other content its logs
// are replaced, as the DuckDB database does it, and with them what followed of them.
func TestRunAgain(t *testing.T) {
	address(t)
	dir := t.TempDir()
	duck := beside{t, filepath.Join(t.TempDir(), "spaces.duckdb"), dir}
	d := opened(t, "again")
	missed := map[string]string{"space_absences.observed_at": "TIMESTAMPTZ '2026-11-02 00:00:00+00'"}
	runs := []schemas.Load{made(t, dir, "r1", 0, 0, few), madeWith(t, dir, "r2", 0, 1, map[string]int{"space_absences": 2, "space_users": 15, "spaces": 2, "users": 5, "runs": 1}, missed)}
	for _, l := range runs {
		published(t, d, l, dir)
		duck.publish(l)
	}
	same(t, "before", "again", duck.path, false)
	if gone := asked(t, "again", "SELECT count(*) FROM spaces WHERE unavailable_at IS NOT NULL"); gone[0][0] != "2" {
		t.Errorf("%s Spaces are gone, want 2", gone[0][0])
	}
	state := func() string {
		return fmt.Sprint(asked(t, "again", "SELECT * FROM _loads ORDER BY 1"), asked(t, "again", "SELECT space_id, xmin, ctid FROM spaces ORDER BY 1"))
	}
	before := state()
	if p := published(t, d, runs[0], dir); !p.Already || p.Rows != 0 || state() != before {
		t.Errorf("the same again: %+v, %s, want %s", p, state(), before)
	}
	other := runs[1]
	other.Content = "other"
	other.Parts = slices.DeleteFunc(slices.Clone(other.Parts), func(p schemas.Part) bool { return p.Table == "space_absences" || p.Table == "space_users" })
	p := published(t, d, other, dir)
	duck.publish(other)
	same(t, "other content", "again", duck.path, false)
	if loaded, err := d.Loads(t.Context()); err != nil || p.Already || loaded["r2"].Content != "other" || len(loaded) != 2 || time.Since(loaded["r2"].At).Abs() > time.Hour {
		t.Errorf("%v, %v, %v", p, loaded, err)
	}
	if gone := asked(t, "again", "SELECT count(*) FROM spaces WHERE unavailable_at IS NOT NULL"); gone[0][0] != "0" {
		t.Errorf("after the absences were taken back %s Spaces are gone, want none", gone[0][0])
	}
	less := madeWith(t, dir, "r2", 0, 1, map[string]int{"users": 4, "runs": 1}, map[string]string{
		"users.description": "NULL::VARCHAR", schemas.ToldColumns: "'1111' || repeat('0', 36)",
	})
	less.Content = "less"
	published(t, d, less, dir)
	duck.publish(less)
	same(t, "what tells less", "again", duck.path, false)
}

var _ pipeline.Publisher = (*postgres.Destination)(nil)

// What is prepared nobody sees before it is committed, or at all where it is given up.
func TestPreparedIsNotSeen(t *testing.T) {
	address(t)
	dir := t.TempDir()
	l := made(t, dir, "r1", 0, 0, few)
	d, other := opened(t, "prepared"), opened(t, "prepared")
	seen := func() int {
		loaded, err := other.Loads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(loaded)
	}
	for _, commit := range []bool{false, true} {
		if err := d.Prepare(t.Context(), l, dir); err != nil || seen() != 0 {
			t.Fatalf("prepared: %v, %d runs are seen", err, seen())
		}
		if err := d.Prepare(t.Context(), l, dir); err == nil {
			t.Error("prepared twice")
		}
		if commit {
			if err := d.Commit(t.Context()); err != nil || seen() != 1 || d.Published().Rows != 37 {
				t.Errorf("committed: %v, %d runs are seen, %+v", err, seen(), d.Published())
			}
		}
		if err := d.Close(); err != nil || d.Commit(t.Context()) == nil {
			t.Errorf("closed: %v", err)
		}
	}
	if seen() != 1 {
		t.Errorf("%d runs are seen in the end", seen())
	}
}

// Of a file that has the rows of several runs, mixed, those of one are taken.
func TestRowsOfOneRunOnly(t *testing.T) {
	address(t)
	dir := t.TempDir()
	duck := beside{t, filepath.Join(t.TempDir(), "spaces.duckdb"), dir}
	d := opened(t, "only")
	rows := map[string]int{"users": 1200, "runs": 1}
	runs := []schemas.Load{made(t, dir, "r1", 0, 0, rows), made(t, dir, "r2", 400, 1, rows)}
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf("COPY (FROM read_parquet('%s/users-*.parquet') ORDER BY user_id, _run_id) TO '%[1]s/joined.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)", dir)); err != nil {
		t.Fatal(err)
	}
	for i := range runs {
		runs[i].Only = true
		for j := range runs[i].Parts {
			if runs[i].Parts[j].Table == "users" {
				runs[i].Parts[j].Path = "joined.parquet"
			}
		}
		published(t, d, runs[i], dir)
		duck.publish(runs[i])
	}
	same(t, "of joined files", "only", duck.path, false)
	runs[0].Parts[0].Rows++
	runs[0].Content = "other"
	if _, err := d.Publish(t.Context(), runs[0], dir); err == nil || !strings.Contains(err.Error(), "joined.parquet: has 1200 rows of the run; its manifest lists 1201") {
		t.Errorf("with a row less than is listed: %v", err)
	}
}

// A publish whose connection is cut, or whose process is killed, changes nothing, and comes
// out right when it is repeated.
func TestKilledAnywhere(t *testing.T) {
	if os.Getenv("SPACESETL_PUBLISH") != "" {
		publishAll(t)
		return
	}
	url := address(t)
	dir := t.TempDir()
	runs := []schemas.Load{made(t, dir, "r1", 0, 0, few), made(t, dir, "r2", 1, 1, few), made(t, dir, "r3", 2, 2, few)}
	duck := beside{t, filepath.Join(t.TempDir(), "spaces.duckdb"), dir}
	for _, l := range runs {
		duck.publish(l)
	}
	list, err := json.Marshal(runs)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "runs.json"), list, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for wait := 5 * time.Millisecond; ; wait += wait / 2 {
		child := exec.Command(os.Args[0], "-test.run", "TestKilledAnywhere")
		child.Env = append(os.Environ(), "SPACESETL_PUBLISH="+dir, "SPACESETL_PUBLISH_TO="+url)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		ended, cut := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(cut)
			for asked(t, "public", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'killed'")[0][0] == "0" {
				select {
				case <-ended:
					return
				case <-time.After(time.Millisecond): // it starts as fast as the machine is
				}
			}
			select {
			case <-ended:
				return
			case <-time.After(wait):
			}
			if killed%2 == 0 {
				_ = child.Process.Kill()
			}
			asked(t, "public", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'killed'")
		}()
		err := child.Wait()
		close(ended)
		<-cut
		if err == nil {
			break
		}
		killed++
		there := asked(t, "public", "SELECT to_regclass('killed._loads') IS NOT NULL")[0][0] == "t"
		if there {
			counted := asked(t, "killed", "SELECT (SELECT count(*) FROM _loads), (SELECT count(*) FROM runs), (SELECT count(*) FROM space_snapshots) / 3")[0]
			if counted[0] != counted[1] || counted[0] != counted[2] {
				t.Fatalf("killed after %s: %s", wait, counted)
			}
		}
	}
	if killed < 3 {
		t.Errorf("killed %d times: too little is tested", killed)
	}
	same(t, "in the end", "killed", duck.path, true)
}

// publishAll is what the child does.
func publishAll(t *testing.T) {
	dir := os.Getenv("SPACESETL_PUBLISH")
	text, err := os.ReadFile(filepath.Join(dir, "runs.json"))
	var runs []schemas.Load
	if err == nil {
		err = json.Unmarshal(text, &runs)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGAPPNAME", "killed")
	d, err := postgres.Open(t.Context(), postgres.Config{URL: os.Getenv("SPACESETL_PUBLISH_TO"), Schema: "killed"})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range runs {
		published(t, d, l, dir)
	}
}

// Two processes at once: one waits, or says who the other is.
func TestOneAtATime(t *testing.T) {
	address(t)
	dir := t.TempDir()
	runs := []schemas.Load{made(t, dir, "r1", 0, 0, few), made(t, dir, "r2", 0, 1, few)}
	done := make(chan error)
	for _, l := range runs {
		d := opened(t, "at once")
		go func() {
			_, err := d.Publish(t.Context(), l, dir)
			done <- err
		}()
	}
	for range runs {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := asked(t, "at once", "SELECT count(*) FROM _loads")[0][0]; n != "2" {
		t.Errorf("%s runs are there, want 2", n)
	}
	release := holding(t, "at once")
	defer release()
	d, err := postgres.Open(t.Context(), postgres.Config{URL: address(t), Schema: "at once", Wait: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var locked *postgres.LockedError
	if _, err := d.Publish(t.Context(), runs[0], dir); !errors.As(err, &locked) || !strings.Contains(err.Error(), "of holder at the server") {
		t.Errorf("while another publishes: %v", err)
	}
	waiting := opened(t, "at once")
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := waiting.Publish(short, runs[0], dir); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a publish that was called off: %v", err)
	}
	release()
	if p := published(t, waiting, runs[0], dir); !p.Already {
		t.Errorf("after it: %+v", p)
	}
}
