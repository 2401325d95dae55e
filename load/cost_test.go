package load

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// A statement under a condition runs only where every table it names has rows by then, and
// sets only columns that differ. What is to be made once is.
func TestConditionsSkipStatements(t *testing.T) {
	t.Parallel()
	db, err := DuckDBConfig{}.openMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	j := job{table: "t", statements: slices.Concat(
		[]string{"CREATE TEMP TABLE full_ AS SELECT 1 AS n", "CREATE TEMP TABLE empty_ (n INT)", "CREATE TABLE done (what VARCHAR)"},
		ifAny("empty_", "INSERT INTO done VALUES ('empty')", "no SQL at all"),
		ifAny("full_", "INSERT INTO done VALUES ('full')"),
		ifAny("full_", ifAny("empty_", "INSERT INTO done VALUES ('full, empty')")...),
		ifAny("full_", ifAny("full_", "INSERT INTO done VALUES ('full, full')")...),
		[]string{makes + "full_ AS SELECT 1 AS n LIMIT 0", once + makes + "full_ AS SELECT 2 AS n", once + makes + "first_ AS SELECT 1 AS n", once + makes + "first_ AS SELECT 1 AS n LIMIT 0"},
		ifAny("full_", "no SQL at all"),
		ifAny("first_", "INSERT INTO done VALUES ('first')"),
		[]string{"CREATE TABLE two (a VARCHAR, b VARCHAR, n INT)", "INSERT INTO two VALUES ('', '', 0)",
			differing + `SELECT unnest(['"a"', '"n"'])` + differingEnd + "UPDATE two SET\n\t\"a\" = 'a',\n\t\"b\" = 'b',\nn = 1",
			"INSERT INTO done SELECT a || b || n FROM two"},
	)}
	if err := do(t.Context(), tx, []job{j}); err != nil {
		t.Fatal(err)
	}
	got, err := texts(t.Context(), tx, "SELECT what FROM done")
	if d := cmp.Diff([]string{"a1", "first", "full", "full, full"}, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if err := do(t.Context(), tx, []job{{table: "t", statements: ifAny("missing", "SELECT 1")}}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("of a table that is not there: %v", err)
	}
}

// Sightings of objects are taken out once for all their lists, at the first of them: by
// then they must have been merged.
func TestParentsStandBeforeTheirLists(t *testing.T) {
	t.Parallel()
	var before []*schemas.Table
	for _, table := range schemas.Tables() {
		for _, parent := range schemas.Tables() {
			if (merge{table: table}).positions(parent) != "" && !slices.Contains(before, parent) {
				t.Errorf("%s stands before %s, whose lists it has", table.Name, parent.Name)
			}
		}
		before = append(before, table)
	}
}

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
		r := run{Load: schemas.Load{Parts: []schemas.Part{{Table: "users", Rows: rows}}}}
		n := newNames(t.TempDir() + "/spaces.duckdb")
		cfg := DuckDBConfig{Threads: 3}
		db, err := cfg.openDraft(n, append(cfg.merging(), r.settings()...)...)
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
	values, err := texts(context.Background(), db, "SELECT current_setting('threads')::VARCHAR")
	if err != nil {
		t.Fatal(err)
	}
	return values[0]
}
