package duckdb

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// damages are ways to harm a database file, or what lies beside it.
func damages(t *testing.T) map[string]func(path string, data []byte) error {
	t.Helper()
	write := func(path string, data []byte) error { return os.WriteFile(path, data, 0o644) }
	random := rand.New(rand.NewPCG(3, 4))
	noise := func(n int) []byte {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		return data
	}
	return map[string]func(path string, data []byte) error{
		"no byte":               func(path string, _ []byte) error { return write(path, nil) },
		"random bytes":          func(path string, data []byte) error { return write(path, noise(len(data))) },
		"text":                  func(path string, _ []byte) error { return write(path, []byte("not a database\n")) },
		"cut within its header": func(path string, data []byte) error { return write(path, data[:5000]) },
		"cut after its headers": func(path string, data []byte) error { return write(path, data[:headers*headerBytes]) },
		"half of it":            func(path string, data []byte) error { return write(path, data[:len(data)/2]) },
		"without its last byte": func(path string, data []byte) error { return write(path, data[:len(data)-1]) },
		"random bytes after its headers": func(path string, data []byte) error {
			return write(path, append(bytes.Clone(data[:headers*headerBytes]), noise(len(data)-headers*headerBytes)...))
		},
		"zeros after its headers": func(path string, data []byte) error {
			return write(path, append(bytes.Clone(data[:headers*headerBytes]), make([]byte, len(data)-headers*headerBytes)...))
		},
		"a log that does not fit": func(path string, data []byte) error {
			other := filepath.Join(t.TempDir(), "other.duckdb")
			_ = startChild(t, "TestDieWriting", other).Wait()
			log, err := os.ReadFile(other + ".wal")
			if err != nil {
				return err
			}
			query(t, path, "CREATE TABLE notes (text VARCHAR)")
			return write(path+".wal", log)
		},
	}
}

// A damaged database is told from any other before a run and by the merge
// itself, neither harms it further, and it can be set aside.
func TestDamagedDatabaseIsKnownAndSetAside(t *testing.T) {
	slow(t)
	t.Parallel()
	eachMode(t, func(t *testing.T, s store) {
		if err := s.duckdb().Check(t.Context()); err != nil {
			t.Errorf("no database: %v", err)
		}
		s.publishWorld(1)
		if err := s.duckdb().Check(t.Context()); err != nil {
			t.Errorf("a good one: %v", err)
		}
		whole, err := os.ReadFile(s.path)
		if err != nil {
			t.Fatal(err)
		}
		run, batches := world(t, 2)
		parts := s.commit(run, batches)
		for name, harm := range damages(t) {
			if err := errors.Join(os.WriteFile(s.path, whole, 0o644), harm(s.path, whole)); err != nil {
				t.Fatal(err)
			}
			before := loadtest.Files(t, filepath.Dir(s.path))
			var damaged *DamagedError
			if err := s.duckdb().Check(t.Context()); !errors.As(err, &damaged) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: check: got error %v", name, err)
			}
			if err := s.duckdb().Publish(t.Context(), parts); !errors.As(err, &damaged) {
				t.Errorf("%s: publish: got error %v", name, err)
			}
			if d := cmp.Diff(before, loadtest.Files(t, filepath.Dir(s.path))); d != "" {
				t.Errorf("%s: the files are others now", name)
			}
			aside, err := SetAside(s.path)
			if err != nil || !strings.HasPrefix(aside, s.path+".damaged-") || exists(s.path) || exists(s.path+".wal") {
				t.Errorf("%s: set aside as %q, %v; left %v", name, aside, err, s.beside())
			}
			if got, _ := os.ReadFile(aside); string(got) != before[filepath.Base(s.path)] {
				t.Errorf("%s: what was set aside is not what it was", name)
			}
			if got, _ := os.ReadFile(aside + ".wal"); string(got) != before[filepath.Base(s.path)+".wal"] {
				t.Errorf("%s: the log that was set aside is not what it was", name)
			}
		}
		s.publishWorld(2)
		if got := s.query(consistent)[0]; got != "r2 40 1 40" {
			t.Errorf("a new one: got %s", got)
		}
		if _, err := SetAside(s.path + "x"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("none to set aside: got error %v", err)
		}
	})
}

// TestLogOfNoSenseIsNoHarm: DuckDB reads a log up to where it makes sense.
func TestLogOfNoSenseIsNoHarm(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publishWorld(1)
	if err := os.WriteFile(s.path+".wal", bytes.Repeat([]byte("no log"), 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.duckdb().Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	s.publishWorld(2)
	if got := s.query(consistent)[0]; got != "r2 40 1 40" {
		t.Errorf("got %s", got)
	}
}

// TestHeldDatabaseIsKnownBeforeARun has another process write the database.
func TestHeldDatabaseIsKnownBeforeARun(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publishWorld(1)
	holder := startChild(t, "TestHoldWriting", s.path)
	var held *LockedError
	if err := s.duckdb().Check(t.Context()); !errors.As(err, &held) || held.Holder == "" {
		t.Errorf("got error %v", err)
	}
	holder.end(t)
	if err := s.duckdb().Check(t.Context()); err != nil {
		t.Errorf("after its release: %v", err)
	}
}

// TestSeveralRunsBecomeVisibleTogether prepares runs that the database lacks,
// oldest first, and commits once.
func TestSeveralRunsBecomeVisibleTogether(t *testing.T) {
	slow(t)
	t.Parallel()
	const runs = 3
	ctx := context.Background()
	one := newStore(t) // the same, run by run
	for n := range runs {
		run, batches := world(t, n)
		if err := one.duckdb().Publish(ctx, one.commit(run, batches)); err != nil {
			t.Fatal(err)
		}
	}
	want := hashes(t, one)
	eachMode(t, func(t *testing.T, s store) {
		late := newStore(t)
		late.inPlace = s.inPlace
		for first, s := range map[int]store{1: s, 0: late} { // of one run, and of none
			if first == 0 && s.inPlace && !long() {
				continue
			}
			if first == 1 {
				s.publishWorld(0)
			}
			d := s.duckdb()
			for n := first; n < runs; n++ {
				run, batches := world(t, n)
				if err := d.Prepare(ctx, schemas.Load{RunID: run, Content: run, Parts: s.commit(run, batches)}, s.dir); err != nil {
					t.Fatal(err)
				}
				if !s.inPlace && first == 1 && s.query(consistent)[0] != "r0 40 1 40" {
					t.Errorf("before the commit: got %s", s.query(consistent)[0])
				}
			}
			if err := d.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, hashes(t, s)); d != "" || s.beside() != nil {
				t.Errorf("run by run, together: %s; left %v", d, s.beside())
			}
			if got := s.query("SELECT string_agg(run_id, ' ' ORDER BY run_id) FROM _loads")[0]; got != map[int]string{1: "r1 r2", 0: "r0 r1 r2"}[first] {
				t.Errorf("runs noted: got %s", got)
			}
			if first == 0 {
				continue
			}
			// One that cannot be read gives up all.
			run, batches := world(t, 5)
			if err := d.Prepare(ctx, schemas.Load{RunID: run, Parts: s.commit(run, batches)}, s.dir); err != nil {
				t.Fatal(err)
			}
			missing := []schemas.Part{{Table: "users", Path: "missing.parquet", Rows: 1}}
			if err := d.Prepare(ctx, schemas.Load{RunID: "r6", Parts: missing}, s.dir); err == nil || !strings.Contains(err.Error(), "missing.parquet") {
				t.Errorf("a part that is missing: got error %v", err)
			}
			if err := d.Commit(ctx); err == nil {
				t.Error("something is prepared after an error")
			}
			if d := cmp.Diff(want, hashes(t, s)); d != "" || s.beside() != nil {
				t.Errorf("after an error: %s; left %v", d, s.beside())
			}
		}
	})
}

// TestChangedBytesEndNothing changes bytes anywhere in a database: DuckDB finds
// them, or never reads them, and the process lives.
func TestChangedBytesEndNothing(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	s.publishWorld(1)
	whole, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	run, batches := world(t, 2)
	parts := s.commit(run, batches)
	random := rand.New(rand.NewPCG(7, 8))
	found := 0
	for i := range 25 {
		data := bytes.Clone(whole)
		for range 1 + 2*i {
			data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
		}
		if err := os.WriteFile(s.path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var damaged *DamagedError
		err := errors.Join(s.duckdb().Check(t.Context()), s.duckdb().Publish(t.Context(), parts))
		switch {
		case errors.As(err, &damaged):
			found++
		case err != nil:
			t.Errorf("not told as damage: %v", err)
		case s.query(consistent)[0] != "r2 40 1 40":
			t.Errorf("published with %s", s.query(consistent)[0])
		}
		if left := s.beside(); left != nil {
			t.Errorf("%v is left beside the database", left)
		}
	}
	if found == 0 {
		t.Error("no change was found")
	}
}
