package load

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	_ "github.com/marcboeker/go-duckdb/v2"

	"github.com/spacesetl/spacesetl/schemas"
)

// row is one row by column name; a missing column is null, text of key columns
// must be given.
type row map[string]any

var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// batchOf builds a batch; it is released when the test ends.
func batchOf(tb testing.TB, t *schemas.Table, rows []row) schemas.Batch {
	tb.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, t.Schema())
	defer b.Release()
	for _, r := range rows {
		for i, c := range t.Columns {
			appendValue(b.Field(i), r[c.Name])
		}
	}
	rec := b.NewRecord()
	tb.Cleanup(rec.Release)
	return schemas.Batch{Table: t, Record: rec}
}

func appendValue(b array.Builder, v any) {
	switch v := v.(type) {
	case nil:
		b.AppendNull()
	case string:
		b.(*array.StringBuilder).Append(v)
	case int:
		b.(*array.Int64Builder).Append(int64(v))
	case float64:
		b.(*array.Float64Builder).Append(v)
	case bool:
		b.(*array.BooleanBuilder).Append(v)
	case time.Time:
		b.(*array.TimestampBuilder).Append(arrow.Timestamp(v.UnixMicro()))
	default:
		panic(fmt.Sprintf("no builder for %T", v))
	}
}

// sample makes n rows of any table, fetched by a run at a time. Values depend on
// the row and the run; every third value that may be null is.
func sample(t *schemas.Table, n int, run string, at time.Time) []row {
	rows := make([]row, n)
	for i := range rows {
		r := row{}
		for j, c := range t.Columns {
			if !t.IsKey(c.Name) && (i+j)%3 == 0 {
				continue
			}
			r[c.Name] = value(t, c, i, run)
		}
		r["_run_id"], r["_page_id"], r["_fetched_at"] = run, fmt.Sprintf("page-%d", i/10), at
		if i := t.Column("seq"); i >= 0 {
			r["_page_id"] = "page-0"
		}
		rows[i] = r
	}
	if t.Name == "runs" {
		rows = rows[:min(n, 1)]
	}
	if t.Name == "api_requests" {
		for i := range rows {
			rows[i]["_page_id"] = fmt.Sprintf("page-%d", i)
		}
	}
	return rows
}

func value(t *schemas.Table, c schemas.Column, i int, run string) any {
	switch {
	case c.From == schemas.Const && len(t.Sources) > 0:
		return t.Sources[i%len(t.Sources)].Set[c.Name]
	case c.Type == schemas.Int:
		return i
	case c.Type == schemas.Float:
		return float64(i) + 0.25
	case c.Type == schemas.Bool:
		return i%2 == 0
	case c.Type == schemas.Time:
		return noon.Add(time.Duration(i) * time.Second)
	case t.IsKey(c.Name):
		return fmt.Sprintf("%s-%d", c.Name, i)
	default:
		return fmt.Sprintf("%s %d of %s – é𝄞", c.Name, i, run)
	}
}

// everything is a sample of every table.
func everything(tb testing.TB, n int, run string, at time.Time) []schemas.Batch {
	var batches []schemas.Batch
	for _, t := range schemas.Tables() {
		batches = append(batches, batchOf(tb, t, sample(t, n, run, at)))
	}
	return batches
}

// store is a folder of Parquet files and a database.
type store struct {
	tb   testing.TB
	dir  string
	path string
}

func newStore(tb testing.TB) store {
	dir := tb.TempDir()
	return store{tb: tb, dir: filepath.Join(dir, "parquet"), path: filepath.Join(dir, "spaces.duckdb")}
}

func (s store) parquet(run string) *Parquet {
	s.tb.Helper()
	p, err := NewParquet(ParquetConfig{Dir: s.dir, Staging: filepath.Join(s.dir, "_staging-"+run), RunID: run, RunDate: noon})
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

func (s store) duckdb() *DuckDB { return NewDuckDB(DuckDBConfig{Path: s.path, Parts: s.dir}) }

// publish commits a run and publishes it.
func (s store) publish(run string, batches ...schemas.Batch) []schemas.Part {
	s.tb.Helper()
	parts := s.commit(run, batches)
	if err := s.duckdb().Publish(context.Background(), parts); err != nil {
		s.tb.Fatal(err)
	}
	return parts
}

// query runs SQL in the database, or in a new one in memory when there is none,
// and returns a line per row.
func (s store) query(format string, args ...any) []string {
	s.tb.Helper()
	path := s.path
	if _, err := os.Stat(path); err != nil {
		path = ""
	}
	return query(s.tb, path, fmt.Sprintf(format, args...))
}

func query(tb testing.TB, path, statement string) []string {
	tb.Helper()
	db, err := sql.Open("duckdb", path)
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

// files reads every file below a folder.
func files(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}
