package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

type row = loadtest.Row

var (
	noon       = loadtest.Noon
	batchOf    = loadtest.BatchOf
	sample     = loadtest.Sample
	everything = loadtest.Everything
)

// store is a folder of Parquet files and a database.
type store struct {
	tb      testing.TB
	dir     string
	path    string
	inPlace bool
}

// eachMode runs a test of what holds for both ways to publish; with -short of the
// usual one.
func eachMode(t *testing.T, test func(*testing.T, store)) {
	for name, inPlace := range map[string]bool{"copy": false, "in place": true} {
		t.Run(name, func(t *testing.T) {
			if inPlace && testing.Short() {
				t.Skip("in place: runs without -short")
			}
			t.Parallel()
			s := newStore(t)
			s.inPlace = inPlace
			test(t, s)
		})
	}
}

// oneMode runs a test in one of both modes, for tests of which the cases, or others of
// the same, have the other; in full in both.
func oneMode(t *testing.T, n int, test func(*testing.T, store)) {
	if long() {
		eachMode(t, test)
		return
	}
	t.Run([]string{"copy", "in place"}[n%2], func(t *testing.T) {
		s := newStore(t)
		s.inPlace = n%2 == 1
		test(t, s)
	})
}

func newStore(tb testing.TB) store {
	dir := tb.TempDir()
	return store{tb: tb, dir: filepath.Join(dir, "parquet"), path: filepath.Join(dir, "spaces.duckdb")}
}

func (s store) parquet(run string) *parquet.Writer {
	s.tb.Helper()
	p, err := parquet.New(parquet.Config{Dir: s.dir, Staging: filepath.Join(s.dir, "_staging-"+run), RunID: run, RunDate: noon})
	if err != nil {
		s.tb.Fatal(err)
	}
	return p
}

// commit writes batches as a run; batches[i] goes to shard i.
func (s store) commit(run string, shards ...[]schemas.Batch) []schemas.Part {
	s.tb.Helper()
	p := s.parquet(run)
	for shard, batches := range shards {
		if err := p.Load(context.Background(), shard, batches); err != nil {
			s.tb.Fatal(err)
		}
	}
	parts, err := p.Commit(context.Background())
	if err != nil {
		s.tb.Fatal(err)
	}
	if err := p.Close(); err != nil {
		s.tb.Fatal(err)
	}
	return parts
}

func (s store) duckdb() *Database {
	return New(Config{Path: s.path, Parts: s.dir, InPlace: s.inPlace})
}

// beside lists what lies in the database's folder, the database and the Parquet
// files apart.
func (s store) beside() []string {
	s.tb.Helper()
	entries, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil {
		s.tb.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != filepath.Base(s.path) && e.Name() != filepath.Base(s.dir) {
			names = append(names, e.Name())
		}
	}
	return names
}

// publishRows commits and publishes a run given as rows, by table.
func (s store) publishRows(run string, tables map[string][]row) {
	s.tb.Helper()
	s.publish(run, batchesOf(s.tb, run, tables)...)
}

// batchesOf makes batches of the rows of a run.
func batchesOf(tb testing.TB, run string, tables map[string][]row) []schemas.Batch {
	tb.Helper()
	var batches []schemas.Batch
	for _, t := range schemas.Tables() {
		for _, r := range tables[t.Name] {
			r["_run_id"] = run
			if r["_page_id"] == nil {
				r["_page_id"] = "p"
			}
		}
		if rows := tables[t.Name]; rows != nil {
			batches = append(batches, batchOf(tb, t, rows))
		}
	}
	return batches
}

// emptyDatabase is a database without rows. To create its tables and comments
// takes longer than most tests do.
var emptyDatabase = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "empty")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.duckdb")
	if err := New(Config{Path: path}).Publish(context.Background(), nil); err != nil {
		panic(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return data
})

// sampled is a database that has a run of twenty rows of each table. To publish it
// takes more than a second: the first test that wants it does.
var sampled struct {
	sync.Once
	data []byte
}

// holdSample makes the database one that has run r1, of noon, with twenty rows of each
// table, made as a copy.
func (s store) holdSample() {
	s.tb.Helper()
	sampled.Do(func() {
		made := newStore(s.tb)
		made.publish("r1", everything(s.tb, 20, "r1", noon)...)
		var err error
		if sampled.data, err = os.ReadFile(made.path); err != nil {
			s.tb.Error(err)
		}
	})
	if err := os.WriteFile(s.path, sampled.data, 0o644); err != nil || len(sampled.data) == 0 {
		s.tb.Fatalf("no sample: %v", err)
	}
}

// publish commits a run and publishes it.
func (s store) publish(run string, batches ...schemas.Batch) []schemas.Part {
	s.tb.Helper()
	parts := s.commit(run, batches)
	if !exists(s.path) {
		if err := os.WriteFile(s.path, emptyDatabase(), 0o644); err != nil {
			s.tb.Fatal(err)
		}
	}
	if err := s.duckdb().Publish(context.Background(), parts); err != nil {
		s.tb.Fatal(err)
	}
	return parts
}

// query runs SQL in the database, or in a new one in memory when there is none,
// and returns a line per row.
func (s store) query(format string, args ...any) []string {
	s.tb.Helper()
	path := s.path + readOnly
	if _, err := os.Stat(s.path); err != nil {
		path = ""
	}
	return query(s.tb, path, fmt.Sprintf(format, args...))
}

func query(tb testing.TB, path, statement string) []string {
	tb.Helper()
	db, err := OpenSQL(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(statement)
	if err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		cells, pointers := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			pointers[i] = &cells[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			tb.Fatal(err)
		}
		text := make([]string, len(cells))
		for i, c := range cells {
			text[i] = fmt.Sprint(c)
		}
		lines = append(lines, strings.Join(text, "|"))
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return lines
}

// long says that tests are to run in full.
func long() bool { return os.Getenv("SPACESETL_LONG") != "" }

// slow skips a test that takes seconds where a quick answer is wanted; most of it is
// DuckDB's.
func slow(t *testing.T) {
	t.Helper()
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }
