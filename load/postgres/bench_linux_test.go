package postgres_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/postgres"
	"github.com/spacesetl/spacesetl/load/postgres/postgrestest"
	"github.com/spacesetl/spacesetl/schemas"
)

// made writes the files of a run with so many rows of tables: those from a number on, as
// they are at an hour.
func made(tb testing.TB, dir, run string, from, hour int, rows map[string]int) schemas.Load {
	tb.Helper()
	return madeWith(tb, dir, run, from, hour, rows, nil)
}

// madeWith does so with other values, in DuckDB's SQL, by table and column, or column.
func madeWith(tb testing.TB, dir, run string, from, hour int, rows map[string]int, other map[string]string) schemas.Load {
	tb.Helper()
	db, err := duckdb.OpenSQL("")
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	l := schemas.Load{RunID: run, Content: run}
	for _, t := range schemas.Tables() {
		n := rows[t.Name]
		if n == 0 {
			continue
		}
		values := make([]string, len(t.Columns))
		for i, c := range t.Columns {
			values[i] = cmp.Or(other[t.Name+"."+c.Name], other[c.Name], value(t, c, run, hour)) + " AS " + schemas.Quote(c.Name)
		}
		path := fmt.Sprintf("%s-%s.parquet", t.Name, run)
		if _, err := db.Exec(fmt.Sprintf("COPY (SELECT %s FROM range(%d, %d) AS r(i)) TO %s (FORMAT parquet)", strings.Join(values, ", "), from, from+n, schemas.QuoteText(filepath.Join(dir, path)))); err != nil {
			tb.Fatal(err)
		}
		l.Parts = append(l.Parts, schemas.Part{Table: t.Name, Path: path, Rows: int64(n)})
	}
	return l
}

// value is that of a column in row i, in DuckDB's SQL: ten rows of a list have one owner.
func value(t *schemas.Table, c schemas.Column, run string, hour int) string {
	switch {
	case c.Name == "_run_id":
		return schemas.QuoteText(run)
	case c.Name == "_page_id" && t.IsKey(c.Name):
		return "'p' || i"
	case c.Name == "_page_id":
		return "'p'"
	case c.Name == schemas.ToldColumns:
		return schemas.QuoteText(strings.Repeat("1", len(t.Columns)))
	case c.Name == schemas.ToldLists:
		return schemas.QuoteText(strings.Repeat("1", len(t.Lists())))
	case c.From == schemas.ParentKey:
		return "'k' || (i // 10)"
	case c.From == schemas.Const && len(t.Sources) > 0:
		return schemas.QuoteText(t.Sources[0].Set[c.Name])
	case c.Type == schemas.Time:
		return fmt.Sprintf("TIMESTAMPTZ '2026-11-01 00:00:00+00' + INTERVAL %d HOUR", hour)
	case c.Type == schemas.Int:
		return fmt.Sprintf("i + %d", hour)
	case c.Type == schemas.Float:
		return "i / 7"
	case c.Type == schemas.Bool:
		return "i % 2 = 0"
	case t.IsKey(c.Name):
		return "'k' || i"
	}
	return fmt.Sprintf("CASE WHEN i %% 3 > 0 THEN 'text of %s ' || i %% 5000 END", c.Name)
}

var large = map[string]int{
	"spaces": 20_000, "space_users": 200_000, "space_snapshots": 20_000, "users": 100_000, "tweets": 40_000, "tweet_entities": 80_000, "runs": 1,
}

// spent is the processor's time of this process, those that it waited for, and the server.
func spent(tb testing.TB) (all time.Duration) {
	tb.Helper()
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var used syscall.Rusage
		if err := syscall.Getrusage(who, &used); err != nil {
			tb.Fatal(err)
		}
		all += time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	time.Sleep(50 * time.Millisecond) // until the server noticed that a process of its ended
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", shared.Pid()))
	if err != nil {
		tb.Fatal(err)
	}
	for _, ticks := range strings.Fields(string(text))[13:17] {
		n, _ := strconv.Atoi(ticks)
		all += time.Duration(n) * 10 * time.Millisecond
	}
	return all
}

// BenchmarkLoads tells what it costs to load a large run first, beside a COPY of the same
// rows by psql into such tables, then the same objects seen again, and then 300 rows.
func BenchmarkLoads(b *testing.B) {
	url := address(b)
	dir := b.TempDir()
	first := made(b, dir, "r1", 0, 0, large)
	total := 0
	for _, n := range large {
		total += n
	}
	publish := func(l schemas.Load) (cost, took time.Duration) {
		d, err := postgres.Open(b.Context(), postgres.Config{URL: url, Schema: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		before, start := spent(b), time.Now()
		if _, err := d.Publish(b.Context(), l, dir); err != nil {
			b.Fatal(err)
		}
		took = time.Since(start)
		_ = d.Close()
		return spent(b) - before, took
	}
	for range b.N {
		asked(b, "public", "DROP SCHEMA IF EXISTS bench CASCADE; DROP SCHEMA IF EXISTS copied CASCADE")
		publish(schemas.Load{RunID: "empty"})
		ours, _ := publish(first)
		var copies time.Duration
		asked(b, "public", "CREATE SCHEMA copied")
		for table := range large {
			path := filepath.Join(shared.Dir, table+".copy")
			asked(b, "bench", fmt.Sprintf("COPY %s TO '%s'; CREATE TABLE copied.%[1]s (LIKE %[1]s INCLUDING ALL)", table, path))
			before := spent(b)
			if out, err := exec.Command(filepath.Join(postgrestest.Programs(), "psql"), url, "-c", fmt.Sprintf("\\copy copied.%s FROM '%s'", table, path)).CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
			copies += spent(b) - before
		}
		again, _ := publish(made(b, dir, "r2", 0, 1, large))
		var costs, times []time.Duration
		for i := range 5 {
			cost, took := publish(made(b, dir, fmt.Sprint("r3-", i), i*1000, i+2, map[string]int{"spaces": 30, "space_users": 100, "users": 100, "tweets": 40, "space_snapshots": 30, "runs": 1}))
			costs, times = append(costs, cost), append(times, took)
		}
		slices.Sort(costs)
		slices.Sort(times)
		b.ReportMetric(float64(total)/ours.Seconds(), "rows/cpu-s")
		b.ReportMetric(float64(total)/again.Seconds(), "seen-again/cpu-s")
		b.ReportMetric(float64(ours)/float64(copies), "times-psql")
		b.ReportMetric(float64(costs[2].Milliseconds()), "ms-cpu-of-300-rows")
		b.ReportMetric(float64(times[2].Milliseconds()), "ms-of-300-rows")
	}
}
