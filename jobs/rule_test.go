package jobs_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// The rule over the files of all runs gives the rows of the database, table by
// table, whatever the order in which runs are merged (in theirs, where the histories
// are looked at): in a world whose accounts
// and lists come and go, asked in both dialects and with quirks.
func TestRuleOverTheFilesGivesTheDatabase(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir, runs := changingRuns(t, inFull(30, 6))
	order := rand.New(rand.NewPCG(14, 2)).Perm(len(runs))
	path := filepath.Join(t.TempDir(), "spaces.duckdb")
	d := duckdb.New(duckdb.Config{Path: path, Parts: dir, MemoryLimit: "1GB"})
	for _, r := range order {
		if err := d.Publish(t.Context(), runs[r]); err != nil {
			t.Fatalf("order %v: run %d: %v", order, r, err)
		}
	}
	compareWithRule(t, fmt.Sprint("order ", order), path, dir, slices.Concat(runs...))
	for _, r := range readers() {
		if r.installed(t) {
			r.compare(t, openBeside(t, path), dir)
		}
	}
}

// changed is the folder of the files of a job that ran every hour in a world that
// changes, and the parts of each run.
type changed struct {
	dir  string
	runs [][]schemas.Part
}

var changing made[changed]

// changingRuns are n runs, which nobody changes.
func changingRuns(t *testing.T, n int) (dir string, runs [][]schemas.Part) {
	t.Helper()
	c := changing.of(t, n, func(dir string) changed { return newChangingRuns(t, n, dir) })
	return c.dir, c.runs
}

func newChangingRuns(t *testing.T, n int, store string) (c changed) {
	t.Helper()
	var hour, ticks atomic.Int64 // every look at the clock is a millisecond later
	now := func() time.Time {
		return time.Date(2026, 11, 1, int(hour.Load()), 0, 0, int(ticks.Add(1)%3_000_000)*1_000_000, time.UTC)
	}
	cfg := simulator.Config{
		Spaces: 60, NoRateLimits: true, Evolve: true, EvolveOver: time.Duration(n) * time.Hour, Change: true, Quirks: true, Ended: simulator.GoneError,
		Now: now,
	}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{"user-token": creator}
	world := simulator.New(cfg)
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{
		Name: "changing", Compact: jobfile.CompactNone, Store: store, BaseURL: server.URL, Follow: jobfile.FollowOpen, To: []string{"parquet"},
		With: []string{"tweets", "buyers"}, Creators: world.CreatorIDs(12), IDs: append(world.SpaceIDs(4), ticketed[:1]...),
	}
	for i := range n {
		spec.Dialect = []string{"tweet", "post"}[i/2%2]
		spec.Private = i%3 == 0
		hourly := spec
		hourly.Defaults()
		r := ran(t, hourly, jobs.Options{
			Tokens: jobs.Tokens{App: "app-token", User: "user-token"}, Now: now,
			Client: func(cfg *extract.Config) {
				cfg.Now, cfg.CreatorSpacing = now, time.Nanosecond
			},
		})
		c.dir = r.Parquet
		c.runs = append(c.runs, r.Manifest.Files)
		hour.Add(1)
		ticks.Store(0)
	}
	return c
}

// compareWithRule holds a database against the rule in SQL over files.
func compareWithRule(t *testing.T, name, path, dir string, parts []schemas.Part) {
	t.Helper()
	db := openBeside(t, path)
	files := map[string][]string{}
	for _, p := range parts {
		files[p.Table] = append(files[p.Table], schemas.QuoteText(filepath.Join(dir, p.Path)))
	}
	rule := schemas.DuckDBRule(func(t *schemas.Table) string {
		return "read_parquet([" + strings.Join(files[t.Name], ", ") + "], hive_partitioning = false)"
	})
	filled := 0
	for _, table := range schemas.Tables() {
		executed(t, db, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE ruled AS %s", rule.Rows(table)))
		if sameRows(t, db, name, table) > 0 {
			filled++
		}
	}
	if filled < 25 {
		t.Errorf("%d tables have rows: too little is tested", filled)
	}
}

// openBeside opens DuckDB with a database beside it, as stored.
func openBeside(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	attach := "ATTACH " + schemas.QuoteText(path) + " AS stored"
	if path != ":memory:" {
		attach += " (READ_ONLY)"
	}
	executed(t, db, attach)
	return db
}

// sameRows holds the rows of a table against those that were made by the rule, and
// returns how many these are.
func sameRows(t *testing.T, db *sql.DB, name string, table *schemas.Table) (rows int) {
	t.Helper()
	stored := "stored.main." + schemas.Quote(table.Name)
	var missing, ghosts int
	if err := db.QueryRow(fmt.Sprintf("SELECT (SELECT count(*) FROM ruled), (SELECT count(*) FROM (FROM ruled EXCEPT ALL FROM %[1]s)), (SELECT count(*) FROM (FROM %[1]s EXCEPT ALL FROM ruled))",
		stored)).Scan(&rows, &missing, &ghosts); err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
	if missing+ghosts > 0 {
		t.Errorf("%s: %s: of %d rows by the rule %d are not stored, %d are stored that are none%s", name, table.Name, rows, missing, ghosts, differing(t, db, table, stored))
	}
	return rows
}

func executed(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%v\n%.2000s", err, statement)
	}
}

// differing tells which columns of rows with one key differ, and one such row.
func differing(t *testing.T, db *sql.DB, table *schemas.Table, stored string) (text string) {
	t.Helper()
	for _, c := range table.Columns {
		var n int
		var one sql.NullString
		if err := db.QueryRow(fmt.Sprintf("SELECT count(*), min(concat_ws(' ', %[4]s, 'is', coalesce(b.%[1]s::VARCHAR, 'NULL'), 'not', coalesce(a.%[1]s::VARCHAR, 'NULL'))) FROM ruled AS a JOIN %[2]s AS b USING (%[3]s) WHERE a.%[1]s IS DISTINCT FROM b.%[1]s",
			schemas.Quote(c.Name), stored, schemas.Quote(table.Key...), schemas.Quote(table.Key...))).Scan(&n, &one); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			text += fmt.Sprintf("\n  %s differs in %d, %s", c.Name, n, one.String)
		}
	}
	return text
}
