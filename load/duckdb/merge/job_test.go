package merge_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/duckdb/merge"
)

// A statement under a condition runs only where every table it names has rows by then, and
// sets only columns that differ. What is to be made once is.
func TestConditionsSkipStatements(t *testing.T) {
	t.Parallel()
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	j := merge.Job{Table: "t", Statements: slices.Concat(
		[]string{"CREATE TEMP TABLE full_ AS SELECT 1 AS n", "CREATE TEMP TABLE empty_ (n INT)", "CREATE TABLE done (what VARCHAR)"},
		merge.IfAny("empty_", "INSERT INTO done VALUES ('empty')", "no SQL at all"),
		merge.IfAny("full_", "INSERT INTO done VALUES ('full')"),
		merge.IfAny("full_", merge.IfAny("empty_", "INSERT INTO done VALUES ('full, empty')")...),
		merge.IfAny("full_", merge.IfAny("full_", "INSERT INTO done VALUES ('full, full')")...),
		[]string{merge.Makes + "full_ AS SELECT 1 AS n LIMIT 0", merge.Once + merge.Makes + "full_ AS SELECT 2 AS n", merge.Once + merge.Makes + "first_ AS SELECT 1 AS n", merge.Once + merge.Makes + "first_ AS SELECT 1 AS n LIMIT 0"},
		merge.IfAny("full_", "no SQL at all"),
		merge.IfAny("first_", "INSERT INTO done VALUES ('first')"),
		[]string{"CREATE TABLE two (a VARCHAR, b VARCHAR, n INT)", "INSERT INTO two VALUES ('', '', 0)",
			merge.Differing + `SELECT unnest(['"a"', '"n"'])` + merge.DifferingEnd + "UPDATE two SET\n\t\"a\" = 'a',\n\t\"b\" = 'b',\nn = 1",
			"INSERT INTO done SELECT a || b || n FROM two"},
	)}
	if err := merge.Do(t.Context(), tx, []merge.Job{j}); err != nil {
		t.Fatal(err)
	}
	got, err := merge.Texts(t.Context(), tx, "SELECT what FROM done")
	if d := cmp.Diff([]string{"a1", "first", "full", "full, full"}, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if err := merge.Do(t.Context(), tx, []merge.Job{{Table: "t", Statements: merge.IfAny("missing", "SELECT 1")}}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("of a table that is not there: %v", err)
	}
}
