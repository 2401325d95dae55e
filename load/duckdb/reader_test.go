package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// openReader opens a reader that the test closes.
func openReader(t *testing.T, cfg ReaderConfig) *Reader {
	t.Helper()
	r, err := OpenReader(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func (r *Reader) texts(t *testing.T, statement string) []string {
	t.Helper()
	rows, err := r.Query(statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

// twoRuns is a store in which a Space was seen twice and a speaker left.
func twoRuns(t *testing.T) (store, []schemas.Part) {
	s := newStore(t)
	later := noon.Add(time.Hour)
	first := s.publish("r1", batchesOf(t, "r1", map[string][]row{
		"spaces": {{"space_id": "s1", "title": "before", "_fetched_at": noon}, {"space_id": "s2", "title": "once", "_fetched_at": noon}},
		"space_users": {
			{"space_id": "s1", "user_id": "u1", "role": "speaker", "_fetched_at": noon},
			{"space_id": "s1", "user_id": "u2", "role": "speaker", "_fetched_at": noon},
			{"space_id": "s1", "user_id": "u9", "role": "buyer", "_fetched_at": noon},
		},
	})...)
	second := s.publish("r2", batchesOf(t, "r2", map[string][]row{
		"spaces":      {{"space_id": "s1", "title": "after", "_fetched_at": later}},
		"space_users": {{"space_id": "s1", "user_id": "u2", "role": "speaker", "_fetched_at": later}},
	})...)
	return s, append(first, second...)
}

// A store's files and its database answer alike.
func TestReaderReadsFilesAsTheDatabase(t *testing.T) {
	t.Parallel()
	s, parts := twoRuns(t)
	for name, cfg := range map[string]ReaderConfig{"database": {Path: s.path}, "files": {Dir: s.dir, Parts: parts}} {
		t.Run(name, func(t *testing.T) {
			r := openReader(t, cfg)
			got := r.texts(t, "SELECT space_id || ' ' || title FROM spaces ORDER BY ALL")
			if want := []string{"s1 after", "s2 once"}; !slices.Equal(got, want) {
				t.Errorf("spaces: got %q, want %q", got, want)
			}
			got = r.texts(t, "SELECT user_id || ' ' || role FROM space_users ORDER BY ALL")
			if want := []string{"u2 speaker", "u9 buyer"}; !slices.Equal(got, want) {
				t.Errorf("space_users: got %q, want %q", got, want)
			}
			got = r.texts(t, "SELECT title || ' ' || speaker_count FROM v_spaces ORDER BY ALL")
			if want := []string{"after 1", "once 0"}; !slices.Equal(got, want) {
				t.Errorf("v_spaces: got %q, want %q", got, want)
			}
			for _, table := range schemas.Tables() {
				r.texts(t, "SELECT count(*)::VARCHAR FROM "+schemas.Quote(table.Name))
			}
			if zone := r.texts(t, "SELECT current_setting('TimeZone')"); !slices.Equal(zone, []string{"UTC"}) {
				t.Errorf("time zone: got %q, want UTC", zone)
			}
		})
	}
}

// What a Reader is asked reaches the tables, and Sink by COPY, and no more.
func TestReaderReachesNothingElse(t *testing.T) {
	t.Parallel()
	s, parts := twoRuns(t)
	dir := t.TempDir()
	secret, scratch := filepath.Join(dir, "secret.csv"), filepath.Join(dir, "scratch")
	if err := errors.Join(os.WriteFile(secret, []byte("a\nhidden\n"), 0o600), os.Mkdir(scratch, 0o700)); err != nil {
		t.Fatal(err)
	}
	sink := filepath.Join(scratch, "out.parquet")
	before := loadtest.Files(t, filepath.Dir(s.path))
	for name, cfg := range map[string]ReaderConfig{
		"database": {Path: s.path, Sink: sink}, "files": {Dir: s.dir, Parts: parts, Sink: sink},
		"database, no sink": {Path: s.path},
	} {
		t.Run(name, func(t *testing.T) {
			r := openReader(t, cfg)
			for _, statement := range []string{
				fmt.Sprintf("FROM read_csv('%s')", secret),
				fmt.Sprintf("FROM read_text('%s')", secret),
				fmt.Sprintf("FROM read_blob('%s')", scratch+"/../secret.csv"),
				fmt.Sprintf("FROM glob('%s/*')", dir),
				fmt.Sprintf("FROM '%s'", secret),
				fmt.Sprintf("ATTACH '%s/other.duckdb'", dir),
				fmt.Sprintf("COPY (SELECT 1) TO '%s/out.csv'", dir),
				fmt.Sprintf("COPY (SELECT 1) TO '%s/other.csv'", scratch),
				fmt.Sprintf("EXPORT DATABASE '%s/export'", dir),
				"SET enable_external_access = true", "SET lock_configuration = false", "RESET lock_configuration",
				"SET allowed_directories = ['/']", "INSTALL httpfs", "LOAD httpfs",
				"FROM read_csv('https://example.com/x.csv')",
				"SET temp_directory = '" + dir + "'",
			} {
				if _, err := r.Exec(statement); err == nil {
					t.Errorf("%s: got no error", statement)
				}
			}
			_, err := r.Exec(fmt.Sprintf("COPY (SELECT title FROM spaces) TO '%s' (FORMAT parquet, USE_TMP_FILE false)", sink))
			if allowed := cfg.Sink != ""; allowed != (err == nil) {
				t.Errorf("COPY into the sink: got %v", err)
			}
		})
	}
	for path, data := range loadtest.Files(t, filepath.Dir(s.path)) {
		if before[path] != data {
			t.Errorf("%s changed", path)
		}
	}
}

// A database cannot be changed through a Reader.
func TestReaderChangesNoTable(t *testing.T) {
	t.Parallel()
	s, _ := twoRuns(t)
	before := loadtest.Files(t, filepath.Dir(s.path))
	r := openReader(t, ReaderConfig{Path: s.path})
	for _, statement := range []string{"DELETE FROM spaces", "DROP TABLE users", "UPDATE spaces SET title = ''"} {
		if _, err := r.Exec(statement); err == nil {
			t.Errorf("%s: got no error", statement)
		}
	}
	for _, statement := range []string{"DELETE FROM store.spaces", "DROP TABLE store.users", "CREATE TABLE store.t (a INT)", "UPDATE store.spaces SET title = ''", "CREATE VIEW store.v AS SELECT 1"} {
		if _, err := r.Exec(statement); err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("%s: got %v, want an error that says read-only", statement, err)
		}
	}
	if _, err := r.Exec("CREATE TABLE mine (a INT)"); err != nil {
		t.Errorf("a table of its own, in memory: %v", err)
	}
	if err := r.Close(); err != nil || !cmp.Equal(before, loadtest.Files(t, filepath.Dir(s.path))) {
		t.Errorf("the database has changed, or %v", err)
	}
}

// All connections of a Reader are alike: none fails on the locked settings.
func TestReaderAnswersOnSeveralConnections(t *testing.T) {
	t.Setenv("TZ", "America/New_York")
	s, parts := twoRuns(t)
	for name, cfg := range map[string]ReaderConfig{
		"database": {Path: s.path, Connections: 3, MemoryLimit: "256MB"},
		"files":    {Dir: s.dir, Parts: parts, Connections: 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := openReader(t, cfg)
			for i := range cfg.Connections {
				c, err := r.Conn(t.Context())
				if err != nil {
					t.Fatalf("connection %d: %v", i, err)
				}
				defer c.Close()
				var zone, spill string
				var spaces int
				row := c.QueryRowContext(t.Context(), "SELECT current_setting('TimeZone'), current_setting('temp_directory'), count(*) FROM spaces")
				if err := row.Scan(&zone, &spill, &spaces); err != nil || zone != "UTC" || spill != "" || spaces != 2 {
					t.Errorf("connection %d: zone %q, spills to %q, %d spaces, %v; want UTC, nowhere and 2", i, zone, spill, spaces, err)
				}
			}
		})
	}
}

func TestReaderSaysThatThereIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.duckdb")
	_, err := OpenReader(context.Background(), ReaderConfig{Path: path})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want fs.ErrNotExist that names %s", err, path)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it was made")
	}
}
