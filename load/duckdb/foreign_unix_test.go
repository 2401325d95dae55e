//go:build unix

package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// plant runs statements in a database, as whoever made it could.
func plant(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := OpenSQL(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// within fails a test of something that may never end.
func within(t *testing.T, do func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	do(ctx)
	if ctx.Err() != nil {
		t.Fatal("it did not end")
	}
}

// Whatever views and macros a database has, those who read it run none of them: they
// find our tables, our views and DuckDB's own functions.
func TestViewsAndMacrosOfAForeignDatabaseAreNotRun(t *testing.T) {
	t.Parallel()
	s, _ := twoRuns(t)
	before, err := s.duckdb().Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(secret, []byte("a\nSECRET\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	forEver := "SELECT count(*)::VARCHAR AS space_id, '' AS _run_id, now() AS _fetched_at FROM range(1000000000000) a, range(1000000000000) b"
	plant(t, s.path,
		"DROP VIEW v_spaces", "CREATE VIEW v_spaces AS SELECT a AS space_id FROM read_csv("+schemas.QuoteText(secret)+")",
		"CREATE OR REPLACE VIEW v_space_people AS "+forEver,
		"CREATE MACRO lower(x) AS 'SECRET'", "CREATE MACRO count() AS 42", "CREATE MACRO sum(x) AS 42", "CREATE MACRO hash(x) AS 42",
		"CREATE MACRO duckdb_tables() AS TABLE SELECT 'runs' AS table_name, 'store' AS database_name, 'main' AS schema_name, 7 AS estimated_size",
		"CREATE MACRO read_parquet(x) AS TABLE "+forEver,
		"CREATE OR REPLACE MACRO spaces_as_of(ts) AS TABLE "+forEver,
	)
	within(t, func(ctx context.Context) {
		after, err := s.duckdb().Inspect(ctx)
		if err != nil || !cmp.Equal(before, after) {
			t.Errorf("Inspect: %v, %v; want %v", after, err, before)
		}
		hashes, err := s.duckdb().Hashes(ctx)
		if err != nil || hashes["spaces"].Rows != 2 {
			t.Errorf("Hashes: %v, %v", hashes["spaces"], err)
		}
		r := openReader(t, ReaderConfig{Path: s.path})
		for query, want := range map[string]string{
			"SELECT string_agg(lower(title), ' ' ORDER BY space_id) FROM spaces":   "after once",
			"SELECT count(*)::VARCHAR FROM v_spaces":                               "2",
			"SELECT count(*)::VARCHAR FROM v_space_people":                         "2",
			"SELECT count(*)::VARCHAR FROM spaces_as_of(TIMESTAMPTZ '2999-01-01')": "2",
		} {
			if got := r.texts(t, query); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %q, want %s", query, got, want)
			}
		}
		for _, query := range []string{"FROM store.main.v_spaces", "FROM read_csv(" + schemas.QuoteText(secret) + ")", "ATTACH " + schemas.QuoteText(secret)} {
			if _, err := r.ExecContext(ctx, query); err == nil {
				t.Errorf("%s: the file was reached", query)
			}
		}
	})
}

// A merge looks for names in the database itself, so it refuses one in which
// something would run that is not ours, and leaves the file as it was.
func TestWhatWouldRunInAMergeIsRefused(t *testing.T) {
	t.Parallel()
	for i, planted := range []string{
		"CREATE MACRO greatest(a, b) AS a",
		"CREATE MACRO READ_PARQUET(x) AS TABLE SELECT 1 AS a",
		"DROP TABLE media; CREATE VIEW media AS FROM users",
		"ALTER TABLE spaces ADD COLUMN more VARCHAR DEFAULT repeat('x', 10)",
		"DROP TABLE polls; CREATE TABLE polls (poll_id VARCHAR, twice VARCHAR GENERATED ALWAYS AS (repeat(poll_id, 2)))",
		"DROP TABLE polls; CREATE TABLE polls (poll_id VARCHAR, CHECK (length(poll_id) < 9))",
	} {
		t.Run(strings.Fields(planted)[2], func(t *testing.T) {
			t.Parallel()
			oneMode(t, i, func(t *testing.T, s store) {
				s.holdSample()
				plant(t, s.path, planted)
				parts := s.commit("r2", batchesOf(t, "r2", map[string][]row{"spaces": {{"space_id": "s2", "_fetched_at": noon}}}))
				before := loadtest.Files(t, s.dir)
				within(t, func(ctx context.Context) {
					if err := s.duckdb().Check(ctx); err == nil {
						t.Error("Check found nothing")
					}
					err := s.duckdb().Publish(ctx, parts)
					var damaged *DamagedError
					if err == nil || errors.As(err, &damaged) {
						t.Errorf("Publish: %v", err)
					}
				})
				if after := loadtest.Files(t, s.dir); !cmp.Equal(before, after) {
					t.Error(cmp.Diff(before, after))
				}
			})
		})
	}
}

// What a person keeps beside our tables stays, and stops nothing.
func TestViewsAndMacrosOfAPersonStay(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rows := func(run string) []schemas.Batch {
		return batchesOf(t, run, map[string][]row{"spaces": {{"space_id": run, "_fetched_at": noon}}})
	}
	s.publish("r1", rows("r1")...)
	plant(t, s.path, "CREATE VIEW mine AS SELECT space_id FROM spaces", "CREATE MACRO my_half(x) AS x / 2", "CREATE TABLE my_notes (note VARCHAR DEFAULT 'x')")
	s.publish("r2", rows("r2")...)
	if got := s.query("SELECT my_half(4)::INT, (SELECT count(*) FROM mine), (SELECT count(*) FROM my_notes)"); got[0] != "2|2|0" {
		t.Errorf("got %q", got)
	}
}

// What stands in a database's place, in that of its log or of its lock, and is no
// file, is refused at once, and what a link leads to stays as it is.
func TestOnlyAFileIsADatabase(t *testing.T) {
	t.Parallel()
	whole := newStore(t)
	whole.publish("r1", batchesOf(t, "r1", map[string][]row{"spaces": {{"space_id": "s1", "_fetched_at": noon}}})...)
	for _, name := range []string{"spaces.duckdb", "spaces.duckdb.wal", "_spaces.duckdb.lock"} {
		for what, make := range map[string]func(path, outside string) error{
			"folder": func(path, _ string) error { return os.Mkdir(path, 0o700) },
			"pipe":   func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
			"link":   func(path, outside string) error { return os.Symlink(outside, path) },
			"circle": func(path, _ string) error { return os.Symlink(filepath.Base(path), path) },
			"zero":   func(path, _ string) error { return os.Symlink("/dev/zero", path) },
		} {
			s := newStore(t)
			if err := os.CopyFS(filepath.Dir(s.path), os.DirFS(filepath.Dir(whole.path))); err != nil {
				t.Fatal(err)
			}
			outside := filepath.Join(t.TempDir(), "outside.duckdb")
			text, err := os.ReadFile(s.path)
			if err == nil {
				err = os.WriteFile(outside, text, 0o600)
			}
			path := filepath.Join(filepath.Dir(s.path), name)
			if err := errors.Join(err, os.RemoveAll(path), make(path, outside)); err != nil {
				t.Fatal(err)
			}
			lock := strings.HasSuffix(name, "lock")
			within(t, func(ctx context.Context) {
				_, inspectErr := s.duckdb().Inspect(ctx)
				_, hashErr := s.duckdb().Hashes(ctx)
				_, readerErr := OpenReader(ctx, ReaderConfig{Path: s.path})
				errs := map[string]error{"Check": s.duckdb().Check(ctx), "Publish": s.duckdb().Publish(ctx, nil)}
				if !lock {
					errs["Inspect"], errs["Hashes"], errs["OpenReader"] = inspectErr, hashErr, readerErr
				}
				for call, err := range errs {
					if !errors.Is(err, durable.ErrNotRegular) || errors.Is(err, fs.ErrNotExist) {
						t.Errorf("%s with a %s as %s: %v", call, what, name, err)
					}
				}
			})
			if after, err := os.ReadFile(outside); err != nil || string(after) != string(text) {
				t.Errorf("a %s as %s: what is outside has changed (%v)", what, name, err)
			}
		}
	}
}

// A folder that is a link is its owner's.
func TestTheFolderOfADatabaseCanBeALink(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publish("r1", batchesOf(t, "r1", map[string][]row{"spaces": {{"space_id": "s1", "_fetched_at": noon}}})...)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Dir(s.path), link); err != nil {
		t.Skip("this file system has no links:", err)
	}
	cfg := Config{Path: filepath.Join(link, filepath.Base(s.path)), Parts: s.dir}
	parts := s.commit("r2", batchesOf(t, "r2", map[string][]row{"spaces": {{"space_id": "s2", "_fetched_at": noon}}}))
	if err := New(cfg).Publish(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	if got := s.query("SELECT count(*) FROM spaces"); fmt.Sprint(got) != "[2]" {
		t.Errorf("got %q Spaces, want 2", got)
	}
}
