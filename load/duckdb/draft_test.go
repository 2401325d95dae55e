package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// world is a run in which every row is of that run.
func world(tb testing.TB, n int) (string, []schemas.Batch) {
	run, at := fmt.Sprintf("r%d", n), noon.Add(time.Duration(n)*time.Hour)
	tables := map[string][]row{}
	for i := range 40 {
		id := fmt.Sprint(i)
		tables["spaces"] = append(tables["spaces"], row{"space_id": id, "creator_id": fmt.Sprint(n*1000 + i), "_page_id": "p", "_fetched_at": at})
		tables["users"] = append(tables["users"], row{"user_id": fmt.Sprint(n*1000 + i), "name": run, "_page_id": "p", "_fetched_at": at})
	}
	return run, batchesOf(tb, run, tables)
}

func (s store) publishWorld(n int) {
	s.tb.Helper()
	run, batches := world(s.tb, n)
	s.publish(run, batches...)
}

// consistent asks which run the database is of, and whether every Space has its
// creator and all are of that run.
const consistent = `SELECT max(spaces._run_id) || ' ' || count(*) || ' ' || count(DISTINCT spaces._run_id) || ' ' || count(users.name)
	FROM spaces LEFT JOIN users ON user_id = creator_id AND users._run_id = spaces._run_id`

func TestReadersAreNeitherBlockedNorMisled(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	s.publishWorld(0)
	holder, opener := startChild(t, "TestHoldReading", s.path), startChild(t, "TestOpenAgainAndAgain", s.path)
	for n := 1; n <= 3; n++ {
		s.publishWorld(n)
		if got, want := s.query(consistent)[0], fmt.Sprintf("r%d 40 1 40", n); got != want {
			t.Errorf("right after run %d: got %s, want %s", n, got, want)
		}
	}
	if said := holder.end(t); !strings.Contains(said, "saw r0 40 1 40\n") || strings.Count(said, "saw") != 1 {
		t.Errorf("an open connection: %s", said)
	}
	if said := opener.end(t); strings.Contains(said, "error") || !strings.Contains(said, "saw r3 40 1 40\n") {
		t.Errorf("opened anew: %s", said)
	}
}

// TestLogOfADeadWriterIsKeptAndGone leaves the log of a process that died, in
// each state in which a publish that died too can leave it.
func TestLogOfADeadWriterIsKeptAndGone(t *testing.T) {
	slow(t)
	t.Parallel()
	eachMode(t, func(t *testing.T, s store) {
		n := newNames(s.path)
		states := map[string]func() error{
			"beside the database": func() error { return nil },
			"beside a torn copy": func() error {
				return errors.Join(os.WriteFile(n.next, []byte("torn"), 0o644), os.WriteFile(n.nextWAL, []byte("torn"), 0o644), os.MkdirAll(n.nextSpill, 0o755))
			},
			"put aside, before the rename": func() error {
				return errors.Join(os.WriteFile(n.next, []byte("whole"), 0o644), os.Rename(n.wal, n.aside))
			},
		}
		i := 0
		for name, leave := range states {
			i++
			query(t, s.path, "DROP TABLE IF EXISTS notes")
			c := startChild(t, "TestDieWriting", s.path)
			_ = c.Wait()
			if !exists(n.wal) {
				t.Fatal("the child left no log")
			}
			if err := leave(); err != nil {
				t.Fatal(err)
			}
			s.publishWorld(i)
			if left := s.beside(); left != nil {
				t.Errorf("%s: %v is left", name, left)
			}
			if got, want := s.query(consistent)[0]+" "+s.query("SELECT text FROM notes")[0], fmt.Sprintf("r%d 40 1 40 mine", i); got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
	})
}

// After the rename the new file holds what the log says.
func TestLogPutAsideIsDroppedAfterTheRename(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publishWorld(1)
	if err := os.WriteFile(newNames(s.path).aside, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.publishWorld(2)
	if left := s.beside(); left != nil || s.query(consistent)[0] != "r2 40 1 40" {
		t.Errorf("left %v, got %s", left, s.query(consistent)[0])
	}
}

func TestPreparedRunIsSeenAfterCommit(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, s store) {
		ctx := context.Background()
		s.publishWorld(1)
		before := loadtest.Files(t, s.dir)
		for _, commit := range []bool{false, true} {
			run, batches := world(t, 2)
			p, d := s.parquet(run), s.duckdb()
			if err := p.Load(ctx, 0, batches); err != nil {
				t.Fatal(err)
			}
			parts, err := p.Finish(ctx)
			if err != nil {
				t.Fatal(err)
			}
			step, cancel := context.WithCancel(ctx)
			if err := d.Prepare(step, schemas.Load{Parts: parts}, p.Staged()); err != nil {
				t.Fatal(err)
			}
			cancel() // the end of a step is not the end of what it prepared
			var locked *LockedError
			if err := s.duckdb().Prepare(ctx, schemas.Load{Parts: parts}, p.Staged()); !errors.As(err, &locked) || !strings.Contains(err.Error(), fmt.Sprintf("(PID %d)", os.Getpid())) {
				t.Errorf("a second publisher: got error %v", err)
			}
			if !s.inPlace && s.query(consistent)[0] != "r1 40 1 40" {
				t.Errorf("before the commit: got %s", s.query(consistent)[0])
			}
			if commit {
				committed, err := p.Commit(ctx)
				if d := cmp.Diff(parts, committed); err != nil || d != "" {
					t.Errorf("%v; parts finished and committed:\n%s", err, d)
				}
				if err := d.Commit(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(d.Close(), p.Close(), d.Close()); err != nil {
				t.Error(err)
			}
			want := map[bool]string{false: "r1 40 1 40", true: "r2 40 1 40"}[commit]
			if got := s.query(consistent)[0]; got != want || s.beside() != nil {
				t.Errorf("commit %v: got %s, want %s; %v is left", commit, got, want, s.beside())
			}
			if !commit && !cmp.Equal(before, loadtest.Files(t, s.dir)) {
				t.Error("files of a run that was given up are left")
			}
		}
	})
}
