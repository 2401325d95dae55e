package duckdb

import (
	"context"
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/schemas"
)

// Look finds what Check finds, and says what Inspect says.
func TestLookIsCheckAndInspect(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if got, err := s.duckdb().Look(t.Context()); err != nil || got.Rows != nil || got.Runs != nil {
		t.Errorf("no database: %+v, %v", got, err)
	}
	s.publish("r1", batchesOf(t, "r1", map[string][]row{"spaces": {{"space_id": "s1", "_fetched_at": noon}}})...)
	want, err := s.duckdb().Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.duckdb().Look(t.Context())
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-Inspect +Look):\n%s", err, d)
	}
}

// A small run is merged by one thread, whatever the machine has, a large one by what the
// configuration says.
func TestSmallRunsTakeOneThread(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int64]string{0: "1", 300: "1", 10_000_000: "3"} {
		r := merge.Run{Load: schemas.Load{Parts: []schemas.Part{{Table: "users", Rows: rows}}}}
		n := newNames(t.TempDir() + "/spaces.duckdb")
		cfg := Config{Threads: 3}
		db, err := cfg.openDraft(n, append(cfg.merging(), settingsOf(r)...)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := threads(t, db); got != want {
			t.Errorf("%d rows: %s threads, want %s", rows, got, want)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func threads(t *testing.T, db *sql.DB) string {
	t.Helper()
	values, err := merge.Texts(context.Background(), db, "SELECT current_setting('threads')::VARCHAR")
	if err != nil {
		t.Fatal(err)
	}
	return values[0]
}
