package jobs_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// answers computes, from what the simulator knows, the rows that a query should
// return.
type answers map[string]func() [][]string

// The queries return what the simulator's truth gives; QUESTIONS.md shows what
// they return. Those that want several runs are asked of a store that has them.
func TestQueriesReturnTheTruth(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	demo, followed := newDemoStore(t), newFollowedStore(t)
	results, checked := map[string][][]string{}, 0
	for _, q := range schemas.Queries() {
		store, truth := demo.db, demo.answers()
		if q.Runs {
			store, truth = followed.db, followed.answers()
		}
		got := printedRows(t, store, q.SQL)
		if results[q.Name] = got; len(got) < 2 {
			t.Errorf("%s returns no rows", q.Name)
		}
		want, ok := truth[q.Name]
		if !ok {
			continue
		}
		checked++
		if diff := cmp.Diff(want(), got[1:]); diff != "" {
			t.Errorf("%s (-truth +returned):\n%s", q.Name, diff)
		}
	}
	if n := len(schemas.Queries()); checked < n-1 {
		t.Errorf("%d of %d queries were compared with the truth; only what the API did not give has another test", checked, n)
	}
	page := questionsPage(results)
	const file = "../schemas/QUESTIONS.md"
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if diff := cmp.Diff(string(text), page); err != nil || diff != "" {
		t.Errorf("QUESTIONS.md is not what the queries return (%v): go test ./jobs -run %s -update\n%s", err, t.Name(), diff)
	}
}

// BenchmarkQueries runs each query on the demo's database, those for several
// runs too. None should take more than a tenth of a second.
func BenchmarkQueries(b *testing.B) {
	db := newDemoStore(b).db
	for _, q := range schemas.Queries() {
		b.Run(q.Name, func(b *testing.B) {
			for b.Loop() {
				printedRows(b, db, q.SQL)
			}
		})
	}
}

// openStore opens a store's database for the queries: in UTC, and with the
// store's folder to find Parquet files in.
func openStore(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(dir, "spaces.duckdb")+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, set := range []string{"SET TimeZone = 'UTC'", "SET file_search_path = " + schemas.QuoteText(dir)} {
		if _, err := db.Exec(set); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// printedRows returns the names and the values of a result as text.
func printedRows(t testing.TB, db *sql.DB, text string) [][]string {
	t.Helper()
	rows, err := db.Query("SELECT COLUMNS(*)::VARCHAR FROM (" + strings.TrimRight(strings.TrimSpace(text), ";") + ")")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	all := [][]string{names}
	for rows.Next() {
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(names))
		for i, v := range values {
			row[i] = strings.TrimSuffix(strings.TrimSpace(v.String), ".0")
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
