package main

import (
	"bytes"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

var readmeQuery = regexp.MustCompile("(?s)```sql\n(.*?)```\n```\n(.*?)```")

// The README's queries, on the demo's database, print what it says.
func TestReadmeQueriesPrintWhatTheReadmeSays(t *testing.T) {
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("runs the demo, which takes seconds")
	}
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"spacesetl", "demo", "--dir", dir}, io.Discard, &stderr); code != 0 {
		t.Fatalf("demo: code %d\n%s", code, stderr.String())
	}
	db, err := sql.Open("duckdb", filepath.Join(dir, "spaces.duckdb")+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	queries := readmeQuery.FindAllStringSubmatch(string(readme), -1)
	if len(queries) < 5 {
		t.Fatalf("%d queries in the README, want 5 or more", len(queries))
	}
	for _, q := range queries {
		if diff := cmp.Diff(shownRows(q[2]), printedRows(t, db, q[1])); diff != "" {
			t.Errorf("%s\n(-README +printed):\n%s", q[1], diff)
		}
	}
}

// The page on security names the DuckDB that is linked, and by which modules.
func TestThePageOnSecurityNamesWhatIsLinked(t *testing.T) {
	page, err := os.ReadFile("../../.github/SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var linked string
	if err := db.QueryRow("SELECT ltrim(version(), 'v')").Scan(&linked); err != nil {
		t.Fatal(err)
	}
	bindings := regexp.MustCompile(`duckdb-go-bindings (v\S+)`).FindSubmatch(modules)
	driver := regexp.MustCompile(`go-duckdb/v2 v(\S+)`).FindSubmatch(modules)
	for _, want := range []string{"It is " + linked + ", by `duckdb-go-bindings` " + string(bindings[1]), "`go-duckdb/v2` " + string(driver[1])} {
		if !strings.Contains(strings.Join(strings.Fields(string(page)), " "), want) {
			t.Errorf("SECURITY.md does not say %q", want)
		}
	}
	if n := bytes.Count(page, []byte("\n")); n > 70 {
		t.Errorf("%d lines are more than a page", n)
	}
}

// shownRows takes a printed table apart.
func shownRows(table string) [][]string {
	var rows [][]string
	for line := range strings.Lines(strings.TrimSpace(table)) {
		var row []string
		for cell := range strings.SplitSeq(line, "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
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

// The README's queries are five of them, word by word.
func TestReadmeQueriesAreAmongTheQueries(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, q := range schemas.Queries() {
		all[q.SQL] = true
	}
	for _, shown := range readmeQuery.FindAllStringSubmatch(string(readme), -1) {
		if !all[strings.TrimSpace(shown[1])] {
			t.Errorf("this query of the README is not in schemas/queries:\n%s", shown[1])
		}
	}
}
