package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// A run finds the rows that one before it inserted in the same transaction, which have no
// places of their own yet.
func TestRunsOfOneTransactionMeetEachOther(t *testing.T) {
	t.Parallel()
	one, each := newStore(t), newStore(t)
	one.holdSample()
	each.holdSample()
	one.inPlace = true
	together := one.duckdb()
	for i, rows := range []int{30, 25} { // the second changes rows of the first
		run, at := fmt.Sprintf("r%d", i+2), noon.Add(time.Duration(i+1)*time.Hour)
		tables := map[string][]row{}
		for _, name := range []string{"users", "user_entities", "spaces", "space_users"} {
			tables[name] = sample(schemas.Lookup(name), rows, run, at)
		}
		batches := batchesOf(t, run, tables)
		each.publish(run, batches...)
		if err := together.Prepare(t.Context(), schemas.Load{Parts: one.commit(run, batches)}, one.dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := together.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	want, err := each.duckdb().Hashes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := one.duckdb().Hashes(t.Context())
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-one by one +together):\n%s", err, d)
	}
}

// BenchmarkChange publishes runs that change some 300 rows of a large database, and
// reports the least and the median of what a publish took, of CPU time and of the clock,
// and how much the file grew. BENCHMARK_CHANGE says in which file the database is, or is
// to be made, of so many copies of the simulator's rows with keys of their own, and how
// many runs there are: "/tmp/large.duckdb 10 20".
func BenchmarkChange(b *testing.B) {
	stored, copies, runs := filepath.Join(b.TempDir(), "stored.duckdb"), 0, 10
	if text := os.Getenv("BENCHMARK_CHANGE"); text != "" {
		if _, err := fmt.Sscan(text, &stored, &copies, &runs); err != nil {
			b.Fatal(err)
		}
	}
	if !exists(stored) {
		makeLarge(b, stored, copies)
	}
	for _, inPlace := range []bool{false, true} {
		b.Run(fmt.Sprintf("in place %v", inPlace), func(b *testing.B) {
			for b.Loop() {
				s := newStore(b)
				s.inPlace = inPlace
				if err := copyFile(b.Context(), stored, s.path); err != nil {
					b.Fatal(err)
				}
				changes(b, s, runs)
			}
		})
	}
}

func changes(b *testing.B, s store, runs int) {
	size := func() int64 {
		info, err := os.Stat(s.path)
		if err != nil {
			b.Fatal(err)
		}
		return info.Size()
	}
	before := size()
	var rows int64
	var cpu, clock []float64
	for run := range runs {
		id := fmt.Sprintf("20260802T%02d%02d00Z-c5164b", run/60, run%60)
		parts := s.commit(id, changed(id, run))
		rows = 0
		for _, p := range parts {
			rows += p.Rows
		}
		d := s.duckdb()
		start, began := loadtest.CPUTime(b), time.Now()
		if err := d.Prepare(context.Background(), schemas.Load{RunID: id, Parts: parts}, s.dir); err != nil {
			b.Fatal(err)
		}
		if err := d.Commit(context.Background()); err != nil {
			b.Fatal(err)
		}
		cpu, clock = append(cpu, (loadtest.CPUTime(b)-start).Seconds()), append(clock, time.Since(began).Seconds())
	}
	slices.Sort(cpu)
	slices.Sort(clock)
	b.ReportMetric(cpu[0], "cpu-s/least")
	b.ReportMetric(cpu[len(cpu)/2], "cpu-s/median")
	b.ReportMetric(clock[0], "s/least")
	b.ReportMetric(clock[len(clock)/2], "s/median")
	b.ReportMetric(float64(rows), "rows")
	b.ReportMetric(float64(before)/1e6, "MB")
	b.ReportMetric(float64(size()-before)/1e6, "MB-more")
}

var counts = regexp.MustCompile(`"(followers_count|tweet_count|participant_count)":\d+`)

// changed is what a run sees of twelve Spaces, of which counts are others each time.
func changed(id string, run int) []schemas.Batch {
	sim := simulator.New(simulator.Config{Spaces: 40_000, NoRateLimits: true, ForgetSeen: true, UserTokens: map[string]string{}})
	page := loadtest.Fetched(sim, schemas.Request{Endpoint: schemas.Spaces, IDs: sim.SpaceIDs(15_000)[run*12 : run*12+12]}, noon.Add(24*time.Hour+time.Duration(run)*time.Minute))
	page.RunID = id
	page.Body = counts.ReplaceAll(page.Body, fmt.Appendf(nil, `"$1":%d`, 1_000_000+run))
	batches, err := transform.NewDecoder().Pages([]schemas.Page{page}, loadtest.ClaimOnce{})
	if err != nil {
		panic(err)
	}
	return batches
}

// makeLarge publishes the corpus, and multiplies its rows.
func makeLarge(b *testing.B, path string, copies int) {
	b.Helper()
	s := newStore(b)
	parts := s.commit("20260801T120000Z-c5164b", loadtest.Corpus())
	d := New(Config{Path: path, Parts: s.dir})
	if err := d.Publish(context.Background(), parts); err != nil {
		b.Fatal(err)
	}
	if copies == 0 {
		return
	}
	if err := copyFile(b.Context(), path, path+".one"); err != nil {
		b.Fatal(err)
	}
	script := fmt.Sprintf("SET preserve_insertion_order = false; ATTACH %s AS one (READ_ONLY);\n", schemas.QuoteText(path+".one"))
	for _, t := range schemas.Tables() {
		var columns []string
		for _, c := range t.Columns {
			name := schemas.Quote(c.Name)
			if c.Name != "_run_id" && (strings.HasSuffix(c.Name, "_id") || c.Name == "media_key") {
				name += " || lpad(copy::VARCHAR, 4, '0')"
			}
			columns = append(columns, name)
		}
		if t.Name != "runs" {
			script += fmt.Sprintf("INSERT INTO %s SELECT %s FROM range(%d) AS copies(copy), one.%[1]s;\n", schemas.Quote(t.Name), strings.Join(columns, ", "), copies)
		}
	}
	query(b, path, script+"CHECKPOINT")
	if err := os.Remove(path + ".one"); err != nil {
		b.Fatal(err)
	}
}
