package duckdb

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

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
				d := New(Config{Path: s.path, Parts: s.dir, InPlace: inPlace})
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
func benchmarkRun(b *testing.B, s store, d *Database, run, rows, step int) (seconds float64, bytes int64) {
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
		case c.Name == "_fetched_at" || c.Merge != schemas.Newest:
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
