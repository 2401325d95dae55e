package duckdb

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/schemas"
)

// A database says which runs it has, and what they were made of. One of an
// earlier version says the former.
func TestDatabaseSaysWhichRunsItHas(t *testing.T) {
	t.Parallel()
	oneMode(t, 1, func(t *testing.T, s store) {
		s.holdSample()
		if _, err := s.duckdb().Inspect(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.exec("DROP TABLE " + merge.Loads)
		has := func(want map[string]string) {
			t.Helper()
			got, err := s.duckdb().Inspect(t.Context())
			if d := cmp.Diff(want, got.Runs); err != nil || d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		}
		has(map[string]string{"r1": ""})
		load := func(run, content string) {
			t.Helper()
			d := s.duckdb()
			parts := s.commit(run, batchesOf(t, run, map[string][]row{"runs": {on("p", 0, row{})}}))
			if err := d.Prepare(t.Context(), schemas.Load{RunID: run, Content: content, Parts: parts}, s.dir); err != nil {
				t.Fatal(err)
			}
			if err := d.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		load("r2", "abc")
		has(map[string]string{"r1": "", "r2": "abc"})
		load("r2", "abc")
		load("r1", "it's")
		has(map[string]string{"r1": "it's", "r2": "abc"})
		load("r2", "def")
		has(map[string]string{"r1": "it's", "r2": "def"})
	})
}

// exec changes the database behind the publisher's back.
func (s store) exec(statement string) {
	s.tb.Helper()
	db, err := OpenSQL(s.path)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		s.tb.Fatal(err)
	}
}
