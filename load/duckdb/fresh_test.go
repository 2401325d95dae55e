package duckdb

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// A database with many free blocks becomes a new file, which has all that it had.
func TestLooseDatabasesAreWrittenAnew(t *testing.T) {
	t.Parallel()
	seen := func(run string, at time.Time, title string) []schemas.Batch {
		return batchesOf(t, run, map[string][]row{
			"spaces":      {{"space_id": "s1", "title": title, "_fetched_at": at, "first_seen_at": at, "last_seen_at": at}},
			"space_users": {{"space_id": "s1", "user_id": title, "role": "speaker", "_fetched_at": at}},
		})
	}
	s, same := newStore(t), newStore(t)
	s.publish("r1", seen("r1", noon, "a")...)
	query(t, s.path, `
CREATE TABLE large AS SELECT random() AS n FROM range(2_600_000);
CREATE SCHEMA mine; CREATE TYPE mine.mood AS ENUM ('a', 'b'); CREATE SEQUENCE mine.ids START 7;
CREATE TABLE mine.notes (id BIGINT PRIMARY KEY DEFAULT nextval('mine.ids'), mood mine.mood, note VARCHAR NOT NULL CHECK (note <> ''));
INSERT INTO mine.notes (mood, note) SELECT 'a', 'note ' || n FROM range(1000) AS r(n);
CREATE INDEX by_note ON mine.notes (note);
CREATE VIEW mine.open_notes AS SELECT * FROM mine.notes JOIN main.users ON true;
CREATE MACRO mine.twice(n) AS n * 2;
COMMENT ON TABLE mine.notes IS 'what I think'; COMMENT ON COLUMN mine.notes.note IS 'a note'; COMMENT ON VIEW mine.open_notes IS 'a view';
COMMENT ON INDEX mine.by_note IS 'an index';
CHECKPOINT; DROP TABLE large; CHECKPOINT`)
	want, before := catalogueOf(t, s.path), bytesOf(t, s.path)
	db, err := Config{}.open(s.path, readOnly)
	if err != nil {
		t.Fatal(err)
	}
	loose, err := isLoose(t.Context(), db)
	if err != nil || !loose {
		t.Fatalf("of %d bytes too few are free: %v", before, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	same.publish("r1", seen("r1", noon, "a")...)
	for _, s := range []store{s, same} {
		s.publish("r2", seen("r2", noon.Add(time.Hour), "b")...)
	}
	if after := bytesOf(t, s.path); after > before/2 {
		t.Errorf("%d bytes are %d after a publish", before, after)
	}
	if d := cmp.Diff(want, catalogueOf(t, s.path)); d != "" {
		t.Errorf("catalogue (-before +after):\n%s", d)
	}
	if d := cmp.Diff(hashes(t, same), hashes(t, s)); d != "" {
		t.Errorf("rows (-of a copy +of a new file):\n%s", d)
	}
	if got := query(t, s.path, "SELECT count(*), min(id), max(id), nextval('mine.ids') FROM mine.notes"); got[0] != "1000|7|1006|1007" {
		t.Errorf("somebody's own table has %v", got)
	}
}

func bytesOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// catalogueOf is what a database has by a name, without what each publish names anew and
// lists that DuckDB prints in any order.
func catalogueOf(t *testing.T, path string) []string {
	t.Helper()
	text := strings.Join(query(t, path+readOnly, `
FROM (SELECT concat_ws(' ', 'table', schema_name, table_name, comment, sql) FROM duckdb_tables() WHERE NOT internal
UNION ALL SELECT concat_ws(' ', 'column', schema_name, table_name, column_name, data_type, comment, column_default, is_nullable, column_index) FROM duckdb_columns() WHERE NOT internal
UNION ALL SELECT concat_ws(' ', 'view', schema_name, view_name, comment, sql) FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT concat_ws(' ', 'macro', schema_name, function_name, comment, parameters, macro_definition) FROM duckdb_functions() WHERE NOT internal
UNION ALL SELECT concat_ws(' ', 'index', schema_name, table_name, index_name, comment, is_unique, sql) FROM duckdb_indexes()
UNION ALL SELECT concat_ws(' ', 'condition', schema_name, table_name, constraint_type, constraint_text) FROM duckdb_constraints()
UNION ALL SELECT concat_ws(' ', 'type', schema_name, type_name, labels) FROM duckdb_types() WHERE NOT internal
UNION ALL SELECT concat_ws(' ', 'sequence', schema_name, sequence_name, start_value) FROM duckdb_sequences()) ORDER BY ALL`), "\n")
	return strings.Split(regexp.MustCompile(`id_[0-9a-f]{16}|EXCLUDE \([^)]*\)`).ReplaceAllString(text, ""), "\n")
}

// Runs that are published together into the database itself need no copy of it, and while
// they wait for each other it can be read.
func TestTogetherInPlaceCopiesNothing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publish("r1", batchesOf(t, "r1", map[string][]row{"spaces": {{"space_id": "s1", "_fetched_at": noon}}})...)
	together := NewTogether(New(Config{Path: s.path, InPlace: true}))
	loads := func() string {
		return strings.Join(query(t, s.path+readOnly, "SELECT content FROM _loads ORDER BY ALL"), " ")
	}
	for _, run := range []string{"r2", "r3"} {
		parts := s.commit(run, batchesOf(t, run, map[string][]row{"spaces": {{"space_id": run, "_fetched_at": noon}}}))
		if err := together.Prepare(t.Context(), schemas.Load{RunID: run, Content: run, Parts: parts}, s.dir); err != nil {
			t.Fatal(err)
		}
		for _, part := range parts { // not needed any more
			if err := os.Remove(filepath.Join(s.dir, part.Path)); err != nil {
				t.Fatal(err)
			}
		}
		if err := together.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := loads(); got != "" {
			t.Errorf("%s is visible before the others: %v", run, got)
		}
	}
	if exists(newNames(s.path).next) {
		t.Error("the database is copied")
	}
	if err := together.Finish(t.Context()); err != nil {
		t.Error(err)
	}
	if got := loads(); got != "r2 r3" {
		t.Errorf("got runs %q, want r2 r3", got)
	}
	if exists(newNames(s.path).waiting) {
		t.Error("files of runs are left beside the database")
	}
}
