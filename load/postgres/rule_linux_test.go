package postgres_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// random is runs with sightings of few objects and fewer times, in which digits, values and
// NULLs come in any mixture, and what the rule makes of all of them.
type random struct {
	dir  string
	runs []schemas.Load
	db   *sql.DB
}

const seed = 14

// makingRandom is done once; its folder goes with the process.
var makingRandom struct {
	sync.Once
	random
}

func newRandom(t *testing.T) random {
	t.Helper()
	makingRandom.Do(func() { makingRandom.random = makeRandom(t) })
	if makingRandom.db == nil {
		t.Fatal("there are no random runs")
	}
	return makingRandom.random
}

func makeRandom(t *testing.T) random {
	t.Helper()
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	dir, err := os.MkdirTemp("", "random-*")
	if err != nil {
		t.Fatal(err)
	}
	r := random{dir: dir, db: db}
	executed(t, r.db, "SET threads = 1; SELECT setseed(0.%d)", seed)
	for run := 8; run < 13; run++ { // as text 10 comes before 8
		l := schemas.Load{RunID: fmt.Sprintf("r%d", run), Content: "random"}
		for _, table := range schemas.Tables() {
			path := fmt.Sprintf("%s-%d.parquet", table.Name, run)
			executed(t, r.db, "CREATE OR REPLACE TEMP TABLE random AS SELECT %s FROM range(40)", strings.Join(randomValues(table, run), ", "))
			executed(t, r.db, "COPY (%s) TO %s (FORMAT parquet)", claimed(table), schemas.QuoteText(filepath.Join(r.dir, path)))
			var rows int64
			if err := r.db.QueryRow("SELECT count(*) FROM " + schemas.QuoteText(filepath.Join(r.dir, path))).Scan(&rows); err != nil {
				t.Fatal(err)
			}
			l.Parts = append(l.Parts, schemas.Part{Table: table.Name, Path: path, Rows: rows})
		}
		r.runs = append(r.runs, l)
	}
	rule := schemas.DuckDBRule(func(t *schemas.Table) string {
		return fmt.Sprintf("read_parquet('%s/%s-*.parquet')", r.dir, t.Name)
	})
	for _, table := range schemas.Tables() {
		executed(t, r.db, "CREATE TABLE %s AS %s", schemas.Quote(table.Name), rule.Rows(table))
	}
	return r
}

func executed(t *testing.T, db *sql.DB, format string, args ...any) {
	t.Helper()
	statement := fmt.Sprintf(format, args...)
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%v\n%.2000s", err, statement)
	}
}

// orders are some in which the runs are merged. The first comes again.
func (r random) orders(n int) (orders [][]int) {
	source := rand.New(rand.NewPCG(seed, seed))
	for range n {
		order := source.Perm(len(r.runs))
		orders = append(orders, append(order, order[0]))
	}
	return orders
}

// compare holds tables against the rule.
func (r random) compare(t *testing.T, order []int, rows func(*schemas.Table) []string) {
	t.Helper()
	for _, table := range schemas.Tables() {
		if want, got := loadtest.DuckRows(t, r.db, table.Name, table.Columns), rows(table); !slices.Equal(want, got) {
			missing, ghosts := loadtest.Without(want, got), loadtest.Without(got, want)
			t.Errorf("order %v: %s: of %d rows %d are missing, %d are none\n%s\n%s", order, table.Name, len(want), len(missing), len(ghosts),
				missing[:min(len(missing), 1)], ghosts[:min(len(ghosts), 1)])
		}
	}
}

// The tables have what the rule makes of all files, in whatever order the runs come, and
// come again.
func TestAnyRunsFollowTheRule(t *testing.T) {
	address(t)
	r := newRandom(t)
	for i, order := range r.orders(3) {
		schema := fmt.Sprint("random ", i)
		d := opened(t, schema)
		for i, run := range order {
			l := r.runs[run]
			l.Content = fmt.Sprint(i)
			published(t, d, l, r.dir)
		}
		r.compare(t, order, func(table *schemas.Table) []string { return rowsIn(t, schema, table) })
	}
}

// The merge is no secret of PostgreSQL's: in another dialect, with all its statements, it
// comes to the same.
func TestTheMergeInAnotherDialect(t *testing.T) {
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
	dialect := merging.Dialect{
		Identifier: func(name string) string { return schemas.Quote(name) },
		Rule:       schemas.DuckDBRule,
		Temporary: func(table, query string) string {
			return fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", table, query)
		},
		Digits: func(n int) string { return fmt.Sprintf("(SELECT unnest(range(1, %d)) AS digit) AS digits", n+1) },
	}
	r := newRandom(t)
	order := r.orders(1)[0]
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, table := range tables() {
		executed(t, db, "%s", table.DuckDB())
	}
	for i, run := range order {
		merged := merging.Run{ID: r.runs[run].RunID, Staged: map[string]bool{}, Again: i == len(order)-1}
		for _, part := range r.runs[run].Parts {
			merged.Staged[part.Table] = true
			executed(t, db, "CREATE OR REPLACE TEMP TABLE %s AS FROM %s", schemas.Quote(merging.Staged(schemas.Lookup(part.Table))), schemas.QuoteText(filepath.Join(r.dir, part.Path)))
		}
		for _, s := range dialect.Statements(merged) {
			executed(t, db, "%s", s.SQL)
		}
	}
	r.compare(t, order, func(table *schemas.Table) []string { return loadtest.DuckRows(t, db, table.Name, table.Columns) })
}

// claimed selects of random rows those that one run can have: of an object one row for each
// page, of which all but the newest complete that, of a list those of one page, of all else
// one row for each key.
func claimed(t *schemas.Table) string {
	newest := "_fetched_at DESC, _run_id DESC, _page_id DESC"
	key := schemas.Quote(t.Key...)
	switch {
	case t.IsEntity():
		told, values := schemas.Quote(schemas.ToldColumns), ""
		for i, c := range t.Columns { // a value is told of
			if !t.IsKey(c.Name) && (c.From == schemas.Value || c.From == schemas.Extras) {
				values += fmt.Sprintf("CASE WHEN substr(%s, %d, 1) = '1' THEN %s END AS %[3]s, ", told, i+1, schemas.Quote(c.Name))
			}
		}
		return fmt.Sprintf("SELECT * REPLACE (%[4]sCASE WHEN row_number() OVER (PARTITION BY %[1]s ORDER BY %[2]s) = 1 THEN '1' ELSE '0' END || substr(%[3]s, 2) AS %[3]s) FROM (FROM random QUALIFY row_number() OVER (PARTITION BY %[1]s, _page_id ORDER BY %[2]s) = 1)",
			key, newest, told, values)
	case len(t.ListColumns()) > 0:
		return fmt.Sprintf("FROM (FROM random QUALIFY row_number() OVER (PARTITION BY %s ORDER BY %s) = 1)", key, newest)
	}
	return fmt.Sprintf("FROM random QUALIFY row_number() OVER (PARTITION BY %s ORDER BY %s) = 1", key, newest)
}

// randomValues are the columns of a SELECT.
func randomValues(t *schemas.Table, run int) []string {
	digits := func(n int) string {
		some := fmt.Sprintf("lpad(bin((random() * %d)::BIGINT), 60, '0')", 1<<60)
		return fmt.Sprintf("left(%s || %[1]s, %d)", some, n)
	}
	values := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		value := map[schemas.Type]string{
			schemas.Int: "(random() * 3)::BIGINT", schemas.Float: "random()", schemas.Bool: "random() < 0.5",
			schemas.Time: "TIMESTAMPTZ '2026-11-01 00:00:00.000001+00' + to_minutes((random() * 3)::INT)",
		}[c.Type]
		if value == "" {
			value = "['k', 'K1', 'k-2', 'kä'][1 + (random() * 3)::INT]" // which languages order otherwise
		}
		switch {
		case c.Name == "_run_id":
			value = fmt.Sprintf("'r%d'", run)
		case c.Name == "_page_id":
			value = "['p', 'P1', 'p-2'][1 + (random() * 2)::INT]"
		case c.Name == schemas.ToldColumns:
			value = digits(len(t.Columns))
		case c.Name == schemas.ToldLists:
			value = digits(len(t.Lists()))
		case c.From == schemas.Const && len(t.Sources) > 0:
			var all []string
			for _, s := range t.Sources {
				all = append(all, schemas.QuoteText(s.Set[c.Name]))
			}
			value = fmt.Sprintf("[%s][1 + (random() * %d)::INT]", strings.Join(all, ", "), len(all)-1)
		case t.IsKey(c.Name) || c.Name == "_fetched_at":
		case c.From == schemas.Nowhere:
			value = "NULL::" + c.Type.DuckDB()
		default:
			value = "CASE WHEN random() < 0.5 THEN " + value + " END"
		}
		values[i] = value + " AS " + schemas.Quote(c.Name)
	}
	return values
}

// What a run costs follows the run: no table is searched from end to end.
func TestNoTableIsSearched(t *testing.T) {
	address(t)
	dir := t.TempDir()
	rows := map[string]int{"api_requests": 2000, "api_errors": 2000}
	small := map[string]int{"runs": 1}
	for _, table := range schemas.Tables() {
		if strings.HasPrefix(table.Name, "space") || slices.Contains([]string{"users", "user_entities", "entity_url_images", "tweets", "tweet_media"}, table.Name) {
			rows[table.Name], small[table.Name] = 5000, 10
		}
	}
	d := opened(t, "searched")
	published(t, d, made(t, dir, "r1", 0, 0, rows), dir)
	_ = d.Close() // its backend tells what it did
	second := madeWith(t, dir, "r2", 0, 1, small, map[string]string{"space_users.role": "['buyer', 'host'][1 + i % 2]"})
	for _, content := range []string{"first", "again"} {
		asked(t, "searched", "SELECT pg_stat_reset()")
		second.Content = content
		published(t, d, second, dir)
		_ = d.Close()
		if searched := asked(t, "searched", "SELECT pg_stat_clear_snapshot(), relname, seq_tup_read FROM pg_stat_user_tables WHERE schemaname = 'searched' AND seq_tup_read >= 2000"); len(searched) > 0 {
			t.Errorf("%s: searched: %v", content, searched)
		}
	}
}
