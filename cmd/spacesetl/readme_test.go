package main

import (
	"bytes"
	"database/sql"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

var readmeQuery = regexp.MustCompile("(?s)```sql\n(.*?)```\n```\n(.*?)```")

// The README's queries, on the demo's store, print what it says.
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
	if code, _, stderr := spoken(t, "demo", "--dir", dir); code != 0 {
		t.Fatalf("demo: code %d\n%s", code, stderr)
	}
	queries := readmeQuery.FindAllStringSubmatch(string(readme), -1)
	if len(queries) < 5 {
		t.Fatalf("%d queries in the README, want 5 or more", len(queries))
	}
	for _, q := range queries {
		_, printed, stderr := spoken(t, "query", "--store", dir, q[1])
		if diff := cmp.Diff(q[2], printed); diff != "" {
			t.Errorf("%s\n(-README +printed):\n%s%s", q[1], diff, stderr)
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
