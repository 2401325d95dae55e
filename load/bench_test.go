package load

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/schemas"
)

// BenchmarkParquet writes the rows of some 300 MB of pages, and those of the
// main tables alone. MB/s is of what the batches hold, cpu-ns/row the CPU time
// of the process.
func BenchmarkParquet(b *testing.B) {
	b.Run("all", func(b *testing.B) {
		benchmarkParquet(b, "", func(batches []schemas.Batch) (bytes int64) {
			for _, p := range newStore(b).commit("r1", batches) {
				bytes += p.Bytes
			}
			return bytes
		})
	})
	for _, table := range []string{"users", "tweets", "tweet_entities", "space_users", "spaces", "user_entities", "api_requests"} {
		b.Run(table, func(b *testing.B) {
			name := filepath.Join(b.TempDir(), "file")
			benchmarkParquet(b, table, func(batches []schemas.Batch) int64 {
				p := &Parquet{}
				f, err := createParquet(name, fileKey{table: batches[0].Table}, p)
				if err != nil {
					b.Fatal(err)
				}
				for _, batch := range batches {
					if err := f.write(batch.Record); err != nil {
						b.Fatal(err)
					}
				}
				if err := f.end(); err != nil {
					b.Fatal(err)
				}
				f.abandon()
				return f.out.bytes
			})
		})
	}
}

func benchmarkParquet(b *testing.B, table string, write func([]schemas.Batch) (bytes int64)) {
	batches, rows, size := rowsOf(table, corpus())
	b.SetBytes(size)
	b.ReportAllocs()
	var written int64
	start := cpuTime(b)
	for b.Loop() {
		written = write(batches)
	}
	b.ReportMetric(float64(cpuTime(b)-start)/float64(int64(b.N)*rows), "cpu-ns/row")
	b.ReportMetric(float64(written)/float64(rows), "bytes/row")
}

// BenchmarkPublish merges run after run of changed users into a table of users,
// with their history, and reports how long the first, the tenth, the fiftieth and the last
// publishes took and how large the database was after it. None may be much slower
// than the one before.
func BenchmarkPublish(b *testing.B) {
	stored, changed, runs := 200_000, 78_000, 10
	if size := os.Getenv("BENCHMARK_PUBLISH"); size != "" { // such as "1000000 78000 100"
		if _, err := fmt.Sscan(size, &stored, &changed, &runs); err != nil {
			b.Fatal(err)
		}
	}
	for _, inPlace := range []bool{false, true} {
		b.Run(fmt.Sprintf("in place %v", inPlace), func(b *testing.B) {
			for b.Loop() {
				s := newStore(b)
				d := NewDuckDB(DuckDBConfig{Path: s.path, Parts: s.dir, InPlace: inPlace})
				benchmarkRun(b, s, d, 0, stored, 1)
				for run := 1; run <= runs; run++ {
					seconds, bytes := benchmarkRun(b, s, d, run, changed, stored/changed)
					if run == 1 || run == 10 || run == 50 || run == runs {
						b.ReportMetric(seconds, fmt.Sprintf("s/run%d", run))
						b.ReportMetric(float64(bytes)/1e6, fmt.Sprintf("MB/run%d", run))
					}
				}
			}
		})
	}
}

// benchmarkRun publishes users, each step-th of those stored, and the page they
// are from.
func benchmarkRun(b *testing.B, s store, d *DuckDB, run, rows, step int) (seconds float64, bytes int64) {
	b.Helper()
	parts := []schemas.Part{
		madeBySQL(b, s, schemas.Lookup("users"), run, rows, step),
		madeBySQL(b, s, schemas.Lookup("api_requests"), run, 1, 1),
	}
	start := time.Now()
	if err := d.Publish(context.Background(), parts); err != nil {
		b.Fatal(err)
	}
	seconds = time.Since(start).Seconds()
	info, err := os.Stat(s.path)
	if err != nil {
		b.Fatal(err)
	}
	return seconds, info.Size()
}

// madeBySQL makes a part with DuckDB, which is quicker than from Go values.
func madeBySQL(tb testing.TB, s store, t *schemas.Table, run, rows, step int) schemas.Part {
	tb.Helper()
	at := noon.Add(time.Duration(run) * time.Hour).Format(time.RFC3339)
	var columns []string
	for i, c := range t.Columns {
		value := fmt.Sprintf("'%s ' || (hash(i, %d, %d) %% 1000000)", c.Name, run, i)
		switch {
		case c.Name == fetchedAt || c.Merge != schemas.Newest:
			value = fmt.Sprintf("TIMESTAMPTZ '%s'", at)
		case c.Name == "params":
			value = fmt.Sprintf(`'{"user.fields":["%s"]}'`, strings.Join(schemas.Fields(schemas.User, schemas.TweetDialect, false, false), `","`))
		case t.IsKey(c.Name) && c.Type == schemas.Int:
			value = fmt.Sprintf("i * %d + %d %% %[1]d", step, run)
		case c.Name == schemas.ToldColumns:
			value = fmt.Sprintf("repeat('1', %d)", len(t.Columns))
		case c.Name == schemas.ToldLists:
			value = fmt.Sprintf("repeat('0', %d)", max(len(t.Lists()), 1))
		case c.Name == "endpoint":
			value = "'users'"
		case c.Name == "_run_id":
			value = fmt.Sprintf("'run%03d'", run)
		case c.Name == "_page_id":
			value = "'page'"
		case t.IsKey(c.Name) && c.Type != schemas.Time && c.Type != schemas.Int:
			value = fmt.Sprintf("(1000000000 + (i * %d + %d %% %[1]d) * 7919)::VARCHAR", step, run)
		case c.Name == "extras":
			value = "NULL"
		case c.Enum:
			value = fmt.Sprintf("'%s ' || (i %% 3)", c.Name)
		case c.Type == schemas.Int:
			value = fmt.Sprintf("hash(i, %d) %% 10000", i)
		case c.Type == schemas.Float:
			value = "i / 7"
		case c.Type == schemas.Bool:
			value = "i % 2 = 0"
		case c.Type == schemas.Time:
			value = "TIMESTAMPTZ '2020-01-01 00:00:00Z' + i * INTERVAL 1 MINUTE"
		case c.Name != "description" && c.Name != "url":
			value = fmt.Sprintf("'%s ' || i", c.Name)
		}
		columns = append(columns, fmt.Sprintf("(%s)::%s AS %s", value, c.Type.DuckDB(), schemas.Quote(c.Name)))
	}
	name := fmt.Sprintf("%s-%d.parquet", t.Name, run)
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	query(tb, "", fmt.Sprintf("COPY (SELECT %s FROM range(%d) AS r(i)) TO '%s/%s'", strings.Join(columns, ", "), rows, s.dir, name))
	return schemas.Part{Table: t.Name, Path: name, Rows: int64(rows)}
}

// BenchmarkParquetMemory loads millions of rows into two shards at a time and reports
// what is live on the heap meanwhile, in MB: it must not grow with the rows.
func BenchmarkParquetMemory(b *testing.B) {
	batches, _, _ := rowsOf("", corpus())
	p := newStore(b).parquet("r1")
	defer p.Close()
	before := liveHeap()
	for b.Loop() {
		for pass := 1; pass <= 8; pass++ {
			var g errgroup.Group
			for shard := range 2 {
				g.Go(func() error { return p.Load(context.Background(), shard, batches) })
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(liveHeap()-before)/1e6, fmt.Sprintf("MB/pass%d", pass))
		}
	}
}

func liveHeap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
