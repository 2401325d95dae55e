package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// dieAfter is after how many tables a process of the tests dies.
const dieAfter = "SPACESETL_TEST_ICEBERG_DIE"

func TestMain(m *testing.M) {
	if n := os.Getenv(dieAfter); n != "" {
		die(n)
	}
	os.Exit(scratchtest.Main(m))
}

// die loads a store, and is killed on its way.
func die(after string) {
	left := 0
	_, err := fmt.Sscan(after, &left)
	p := place{uri: os.Args[2], name: "test", namespace: "spaces", warehouse: os.Args[3], env: os.Getenv}
	var c *catalogue
	if err == nil {
		c, err = p.open(context.Background())
	}
	if err == nil {
		l := loader{catalogue: c, store: store.Dir(os.Args[1]), holder: p.holder(), step: func(string) error {
			if left--; left < 0 {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
			return nil
		}}
		_, err = l.load(context.Background())
	}
	fmt.Println("did not die:", err)
	os.Exit(1)
}

// world is a store with runs of two days in a world that changes.
var world struct {
	sync.Once
	dir store.Dir
}

var begun = time.Date(2026, 11, 1, 22, 0, 0, 0, time.UTC)

// newStore returns a copy of the store with the first n of its runs.
func newStore(t *testing.T, n int) store.Dir {
	t.Helper()
	world.Do(func() {
		dir, err := os.MkdirTemp("", "world-*")
		must(t, err)
		makeRuns(t, store.Dir(dir), 4)
		world.dir = store.Dir(dir)
	})
	if world.dir == "" {
		t.Fatal("the world was not made")
	}
	dir := store.Dir(filepath.Join(t.TempDir(), "a store"))
	must(t, os.CopyFS(string(dir), os.DirFS(string(world.dir))))
	later(t, dir, n)
	return dir
}

// later takes all runs but the first n away.
func later(t *testing.T, dir store.Dir, n int) {
	t.Helper()
	ids, err := dir.Runs()
	must(t, err)
	for _, id := range ids[n:] {
		names, err := filepath.Glob(filepath.Join(dir.Parquet(), "*", "*", id+"-*.parquet"))
		must(t, err)
		for _, name := range append(names, filepath.Join(string(dir), "runs", id)) {
			must(t, os.RemoveAll(name))
		}
	}
}

// next brings back the runs up to the first n.
func next(t *testing.T, dir store.Dir, n int) {
	t.Helper()
	ids, err := world.dir.Runs()
	must(t, err)
	for _, id := range ids[:n] {
		from := filepath.Join(string(world.dir), "runs", id)
		if _, err := os.Stat(filepath.Join(string(dir), "runs", id)); err == nil {
			continue
		}
		must(t, os.CopyFS(filepath.Join(string(dir), "runs", id), os.DirFS(from)))
		names, err := filepath.Glob(filepath.Join(world.dir.Parquet(), "*", "*", id+"-*.parquet"))
		must(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(t, err)
			rel, err := filepath.Rel(world.dir.Parquet(), name)
			must(t, err)
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir.Parquet(), rel)), 0o777))
			must(t, os.WriteFile(filepath.Join(dir.Parquet(), rel), text, 0o666))
		}
	}
}

func makeRuns(t *testing.T, dir store.Dir, n int) {
	var hour, ticks atomic.Int64 // every look at the clock is a millisecond later
	now := func() time.Time {
		return begun.Add(time.Duration(hour.Load())*time.Hour + time.Duration(ticks.Add(1))*time.Millisecond)
	}
	cfg := simulator.Config{
		Spaces: 8, NoRateLimits: true, Evolve: true, EvolveOver: time.Duration(n) * time.Hour, Change: true, Quirks: true, Now: now,
	}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{"user-token": creator}
	api := simulator.New(cfg)
	server := httptest.NewServer(api)
	defer server.Close()
	plan := store.Plan{
		Job: "changing", Dialect: schemas.TweetDialect, Buyers: true, Tweets: true, Users: true, Creators: append(api.CreatorIDs(3), creator),
		Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: append(api.SpaceIDs(4), ticketed[0])}},
	}
	for range n {
		client, err := extract.New(extract.Config{BaseURL: server.URL, AppToken: "app-token", UserToken: "user-token", CreatorSpacing: time.Nanosecond, Now: now})
		must(t, err)
		locked, err := dir.Lock()
		must(t, err)
		planned, err := locked.Begin(store.Planned{Plan: plan, Seeds: plan.Seeds}, "test", now())
		must(t, err)
		loader, err := parquet.New(parquet.Config{Dir: dir.Parquet(), Staging: filepath.Join(dir.Parquet(), "_staging"), RunID: planned.Run.RunID, RunDate: planned.Run.StartedAt})
		must(t, err)
		p := &pipeline.Pipeline{
			Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: locked, Loader: loader, Destinations: []string{store.ParquetFiles},
			Fetcher: extract.NewRetry(client), Now: now,
		}
		must(t, p.Open())
		_, err = p.RunAll(t.Context())
		must(t, err)
		p.Close()
		must(t, loader.Close())
		locked.Unlock()
		hour.Add(1)
		ticks.Store(0)
	}
}

// join joins the files of all days.
func join(t *testing.T, dir store.Dir) compact.Summary {
	t.Helper()
	locked, err := dir.Lock()
	must(t, err)
	defer locked.Unlock()
	sum, err := compact.Join(t.Context(), locked, compact.Config{Now: begun.AddDate(0, 0, 40)})
	must(t, err)
	return sum
}

// content are the rows of tables, as lines in order: a list of texts and nulls in JSON.
type content map[string][]string

func line(values []any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(values); err != nil {
		panic(err) // texts always encode
	}
	return strings.TrimSpace(b.String())
}

func text(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case float64:
		return fmt.Sprintf("%016x", math.Float64bits(v))
	case bool:
		if v {
			return "1"
		}
		return "0"
	}
	return fmt.Sprint(v)
}

// inFiles are the rows of the Parquet files of a store's runs.
func inFiles(t *testing.T, dir store.Dir) content {
	t.Helper()
	all := content{}
	for _, table := range schemas.Tables() {
		names, err := filepath.Glob(filepath.Join(dir.Parquet(), table.Name, "*", "*.parquet"))
		must(t, err)
		for _, name := range names {
			for _, row := range rowsOf(t, name) {
				values := make([]any, len(table.Columns))
				for i, c := range table.Columns {
					values[i] = text(row[c.Name])
				}
				all[table.Name] = append(all[table.Name], line(values))
			}
		}
		slices.Sort(all[table.Name])
	}
	return all
}

func rowsOf(t *testing.T, name string) (all []map[string]any) {
	t.Helper()
	in, err := os.Open(name)
	must(t, err)
	defer in.Close()
	info, err := in.Stat()
	must(t, err)
	f, err := goparquet.OpenFile(in, info.Size())
	must(t, err)
	columns := f.Schema().Columns()
	for _, group := range f.RowGroups() {
		rows, buffer := group.Rows(), make([]goparquet.Row, 64)
		for {
			n, err := rows.ReadRows(buffer)
			for _, row := range buffer[:n] {
				values := map[string]any{}
				for _, v := range row {
					values[columns[v.Column()][0]] = ofParquet(v)
				}
				all = append(all, values)
			}
			if err != nil || n == 0 {
				break
			}
		}
		must(t, rows.Close())
	}
	return all
}

func ofParquet(v goparquet.Value) any {
	switch {
	case v.IsNull():
		return nil
	case v.Kind() == goparquet.Boolean:
		return v.Boolean()
	case v.Kind() == goparquet.Int64:
		return v.Int64()
	case v.Kind() == goparquet.Double:
		return v.Double()
	}
	return string(v.ByteArray())
}

// inTables are the rows of a catalogue's tables.
func inTables(t *testing.T, c *catalogue) content {
	t.Helper()
	all := content{}
	for _, want := range schemas.Tables() {
		tbl, err := c.lookup(t.Context(), want)
		must(t, err)
		if tbl == nil {
			continue
		}
		read, err := tbl.Scan().ToArrowTable(t.Context())
		must(t, err)
		rows := array.NewTableReader(read, 0)
		for rows.Next() {
			batch := rows.RecordBatch()
			for i := range int(batch.NumRows()) {
				values := make([]any, len(want.Columns))
				for j, c := range want.Columns {
					values[j] = text(ofArrow(batch.Column(batch.Schema().FieldIndices(c.Name)[0]), i))
				}
				all[want.Name] = append(all[want.Name], line(values))
			}
		}
		must(t, rows.Err())
		rows.Release()
		read.Release()
		slices.Sort(all[want.Name])
	}
	return all
}

func ofArrow(column arrow.Array, i int) any {
	if column.IsNull(i) {
		return nil
	}
	switch column := column.(type) {
	case *array.Timestamp:
		return int64(column.Value(i))
	case *array.Int64:
		return column.Value(i)
	case *array.Float64:
		return column.Value(i)
	case *array.Boolean:
		return column.Value(i)
	}
	return column.ValueStr(i)
}

// same holds what tables have against what they are to have.
func same(t *testing.T, want, got content) {
	t.Helper()
	filled := 0
	for _, table := range schemas.Tables() {
		want, got := want[table.Name], got[table.Name]
		if len(want) > 0 {
			filled++
		}
		if !slices.Equal(want, got) {
			t.Errorf("%s has %d rows, want %d\ngot  %s\nwant %s", table.Name, len(got), len(want), got[:min(2, len(got))], want[:min(2, len(want))])
		}
	}
	if filled < 12 {
		t.Errorf("%d tables have rows: too few to say anything", filled)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
