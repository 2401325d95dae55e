package main

import (
	"bytes"
	"database/sql"
	"fmt"
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

// What the texts of the README's pictures say is what the demo of two days has.
func TestPicturesAreCurrent(t *testing.T) {
	scratchtest.SkipRacing(t)
	if os.Getenv("SPACESETL_LONG") == "" {
		t.Skip("runs two days, which takes half a minute: SPACESETL_LONG=1")
	}
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "two-days")
	if code, _, stderr := spoken(t, "demo", "--days", "2", "--dir", dir); code != 0 {
		t.Fatalf("demo: code %d\n%s", code, stderr)
	}
	_, numbers, stderr := spoken(t, "query", "--store", dir, "--format", "csv",
		"SELECT count(*), (SELECT count(*) FROM runs), max(max_participant_count) FROM v_spaces")
	_, row, _ := strings.Cut(strings.TrimSpace(numbers), "\n")
	var of [3]int64
	if _, err := fmt.Sscanf(strings.TrimSpace(row), "%d,%d,%d", &of[0], &of[1], &of[2]); err != nil {
		t.Fatalf("%q: %v, %s", numbers, err, stderr)
	}
	pictures := regexp.MustCompile(`!\[([^]]*)\]\((\.github/pictures/\w+\.png)\)`).FindAllStringSubmatch(string(readme), -1)
	if len(pictures) < 2 {
		t.Fatalf("%d pictures in the README, want 2 or more", len(pictures))
	}
	want := fmt.Sprintf("%s Spaces in %s runs, the biggest with %s people", thousands(of[0]), thousands(of[1]), thousands(of[2]))
	for _, p := range pictures {
		if !strings.Contains(p[1], want) {
			t.Errorf("%s: its text does not say %q: make it anew with .ci/pictures", p[2], want)
		}
		if info, err := os.Stat(filepath.Join("../..", p[2])); err != nil || info.Size() < 10_000 {
			t.Errorf("%s: %v", p[2], err)
		}
	}
}
