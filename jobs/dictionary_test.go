package jobs_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/schemas/describe"
)

// The data dictionary is true of a store with everything in it: its examples
// are values of it, what can never be NULL never is, and everything in the
// database has a comment.
func TestDictionaryIsTrueOfAStore(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	db := newFullStore(t)
	t.Run("examples", func(t *testing.T) { examplesAreCurrent(t, db) })
	t.Run("never NULL", func(t *testing.T) { neverIsNever(t, db) })
	t.Run("comments", func(t *testing.T) { everythingHasAComment(t, db) })
}

// newFullStore runs a job that asks for everything, private fields too, one
// request at a time at a moment that stands still: each time with the same rows.
func newFullStore(t *testing.T) *sql.DB {
	t.Helper()
	moment := func() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }
	cfg := simulator.Config{Seed: truthSeed, Quirks: true, FieldErrors: true, Limits: map[string]int{"*": 100_000}, CreatorSpacing: -1, Now: moment}
	creator, _ := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{truthUserToken: creator}
	world := simulator.New(cfg)
	server := httptest.NewServer(world)
	defer server.Close()
	spec := truthSpec(world, creator)
	spec.Store, spec.BaseURL, spec.Private, spec.Workers = t.TempDir(), server.URL, true, 1
	ran(t, spec, jobs.Options{
		Tokens: jobs.Tokens{User: truthUserToken}, Now: moment,
		Client: func(x *extract.Config) {
			var slept atomic.Int64 // nanoseconds: the clock goes on by no more
			x.CreatorSpacing, x.BaseDelay = time.Nanosecond, time.Nanosecond
			x.Now = func() time.Time { return moment().Add(time.Duration(slept.Load())) }
			x.Sleep = func(_ context.Context, d time.Duration) error { slept.Add(int64(d)); return nil }
		},
	})
	return openStore(t, spec.Store)
}

// examplesAreCurrent holds schemas/describe/examples.json, which the dictionary shows.
func examplesAreCurrent(t *testing.T, db *sql.DB) {
	examples := map[string]map[string]string{}
	for _, table := range schemas.Tables() {
		examples[table.Name] = exampleRow(t, db, table)
	}
	want, err := json.MarshalIndent(examples, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "../schemas/describe/examples.json"
	if *update {
		if err := os.WriteFile(file, append(want, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if diff := gocmp.Diff(string(want)+"\n", string(text)); err != nil || diff != "" {
		t.Errorf("examples.json is not of the store (%v): go test ./jobs -run TestDictionary -update, then ./schemas -update\n%s", err, diff)
	}
}

// longest example, in characters.
const longestExample = 48

// exampleRow is the row that says most, with other rows' values where it says
// nothing.
func exampleRow(t *testing.T, db *sql.DB, table *schemas.Table) map[string]string {
	t.Helper()
	rows := printedRows(t, db, "FROM "+schemas.Quote(table.Name)+" ORDER BY "+schemas.Quote(table.Key...))
	names, rows := rows[0], rows[1:]
	said := func(row []string) (n int) {
		for _, v := range row {
			n += min(len(v), 1)
		}
		return n
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b []string) int { return said(b) - said(a) })
	example := map[string]string{}
	for i, name := range names {
		c := table.Columns[table.Column(name)]
		for _, row := range rows {
			if row[i] != "" && name != "version" { // of the program, which goes on
				example[c.Name] = shortened(row[i])
				break
			}
		}
	}
	return example
}

func shortened(text string) string {
	letters := []rune(strings.Join(strings.Fields(text), " "))
	if len(letters) <= longestExample {
		return string(letters)
	}
	return string(letters[:longestExample-1]) + "…"
}

func neverIsNever(t *testing.T, db *sql.DB) {
	checked := 0
	for _, table := range describe.Dictionary() {
		for _, c := range table.Columns {
			var nulls, all int
			query := fmt.Sprintf("SELECT count(*) FILTER (%s IS NULL), count(*) FROM %s", schemas.Quote(c.Name), schemas.Quote(table.Name))
			if err := db.QueryRow(query).Scan(&nulls, &all); err != nil {
				t.Fatal(err)
			}
			if checked += all; c.Null == "never" && nulls > 0 || c.Null == "always" && nulls < all {
				t.Errorf("%s.%s: NULL in %d of %d rows, and is said to be %s", table.Name, c.Name, nulls, all, c.Null)
			}
		}
	}
	if checked == 0 {
		t.Error("the store is empty: nothing was tested")
	}
}

func everythingHasAComment(t *testing.T, db *sql.DB) {
	rows := printedRows(t, db, `
		SELECT 'table' AS kind, table_name AS name, comment FROM duckdb_tables()
		UNION ALL SELECT 'view', view_name, comment FROM duckdb_views() WHERE NOT internal
		UNION ALL SELECT 'macro', function_name, comment FROM duckdb_functions() WHERE NOT internal
		UNION ALL SELECT 'column', table_name || '.' || column_name, comment FROM duckdb_columns() WHERE NOT internal AND NOT regexp_matches(table_name, '^_.*_(sightings|ended)$|^_use_its_')`) // whose columns are those of their tables
	kinds := map[string]int{}
	for _, row := range rows[1:] {
		if kinds[row[0]]++; row[2] == "" {
			t.Errorf("%s %s has no comment", row[0], row[1])
		}
	}
	if kinds["table"] < len(schemas.Tables()) || kinds["view"] != len(schemas.Views())+len(schemas.Macros(time.Time{})) || kinds["macro"] != len(schemas.Macros(time.Time{}))+1 { // see schemas.Tied
		t.Errorf("found %v", kinds)
	}
}

// Every link between the pages and from the drawing leads somewhere.
func TestLinksBetweenThePagesLead(t *testing.T) {
	pages := map[string]string{}
	headings := map[string]bool{}
	for _, file := range []string{"QUESTIONS.md", "README.md", "ER.md", "er.svg"} {
		text, err := os.ReadFile("../schemas/" + file)
		if err != nil {
			t.Fatal(err)
		}
		pages[file] = string(text)
		for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(pages[file], -1) {
			headings[file+"#"+anchor(h[1])] = true
		}
	}
	links := 0
	for file, text := range pages {
		for _, link := range regexp.MustCompile(`(?:\]\(|href=")([A-Za-z.]*)#([^)"]*)[)"]`).FindAllStringSubmatch(text, -1) {
			if links++; !headings[cmp.Or(link[1], file)+"#"+link[2]] {
				t.Errorf("%s: nothing is at %s#%s", file, link[1], link[2])
			}
		}
	}
	if links < 200 {
		t.Errorf("%d links, want hundreds", links)
	}
}
