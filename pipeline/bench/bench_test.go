package main

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

func TestWrongFlagsAreUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"-mb", "0"}, {"-mb", "6001"}, {"-runs", "0"}, {"-only", "csv"}, {"-ours", "-node", "x"}, {"-at", "100,1"}, {"extra"}, {"-nosuch"},
	} {
		if o, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q: got %+v, want an error", args, o)
		}
	}
	o, err := parse([]string{"-mb", "5", "-runs", "2", "-only", "duckdb", "-json"}, io.Discard)
	if want := (options{mb: 5, seed: 1, runs: 2, json: true, only: toDuckDB, ages: ages{1, 100, 1000}}); err != nil || !reflect.DeepEqual(o, want) {
		t.Errorf("got %+v, %v, want %+v", o, err, want)
	}
}

// A store of some runs of several days is made and looked at, and what its files are
// counted as is what they are.
func TestStoresOfManyRunsAreMeasured(t *testing.T) {
	dir := t.TempDir()
	tasks := agedRuns{Dir: dir, Last: 30, End: time.Now().UTC().Truncate(time.Hour)}
	for _, to := range []int{1, 4} {
		tasks.From, tasks.To = tasks.To, to
		if m, err := tasks.run(t.Context()); err != nil || m.Wall <= 0 {
			t.Fatalf("runs to %d: %v, %+v", to, err, m)
		}
	}
	runs, err := store.Dir(dir).Runs()
	if err != nil || len(runs) != 4 {
		t.Fatalf("runs: %v, %v", runs, err)
	}
	s := &agedStore{bench: &bench{options: options{ages: ages{4}}}, dir: dir}
	if err := s.sizes(); err != nil {
		t.Fatal(err)
	}
	parquet, err := filepath.Glob(filepath.Join(dir, "parquet", "*", "*", "*.parquet"))
	if c := s.curves[slices.IndexFunc(s.curves, func(c *curve) bool { return c.name == "Parquet: files" })]; err != nil || c.values[0] != float64(len(parquet)+1) {
		t.Errorf("%v Parquet files are counted; there are %d, and _latest.json", c.values, len(parquet))
	}
	if err := (globbed{filepath.Join(dir, "parquet", "space_snapshots", "*", "*.parquet")}).run(t.Context()); err != nil {
		t.Error(err)
	}
	s.curves = []*curve{{"raw: size", "MB", []float64{1, 10}}, {"steep", "s", []float64{1, 16}}, {"even", "s", []float64{1, 12}}, {"small", "s", []float64{0, 0.4}}}
	if got := s.steep(); len(got) != 1 || !strings.HasPrefix(got[0], "steep:") {
		t.Errorf("curves that grow faster than the data: %q", got)
	}
}

func TestEqualSeedsMakeEqualPages(t *testing.T) {
	a := corpusTask{Dir: filepath.Join(t.TempDir(), "a"), MB: 1, Seed: 7}
	b := corpusTask{Dir: filepath.Join(t.TempDir(), "b"), MB: 1, Seed: 7}
	if diff := cmp.Diff(landed(t, a), landed(t, b)); diff != "" {
		t.Errorf("two corpora of one seed differ (-a +b):\n%s", diff)
	}
	before, err := os.Stat(filepath.Join(a.Dir, corpusFile))
	if err != nil {
		t.Fatal(err)
	}
	landed(t, a)
	if after, err := os.Stat(filepath.Join(a.Dir, corpusFile)); err != nil || after.ModTime() != before.ModTime() {
		t.Errorf("a corpus that was there was made again (%v)", err)
	}
	a.Seed = 8
	if c, err := a.open(t.Context()); err == nil {
		t.Errorf("got a corpus of seed %d where 8 was asked for", c.Seed)
	}
}

// landed opens a corpus and returns the content of its segments by name.
func landed(t *testing.T, task corpusTask) map[string]string {
	t.Helper()
	c, err := task.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files, err := c.segments()
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d segments, %v", len(files), err)
	}
	content := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[filepath.Base(file)] = string(text)
	}
	return content
}

func TestReportCountsHowManyTimesAsMuch(t *testing.T) {
	r := &report{
		options: options{mb: 1, runs: 3}, corpus: &corpus{Bytes: 6e6},
		results: map[string]comparison{"sql.parquet": {Tables: 1}},
	}
	for i, n := range []float64{3, 1, 2} {
		r.add(work{side: sideOurs, to: toParquet}, measurement{Round: i + 1, Work: "ours.parquet", Wall: n, CPU: 2 * n, RSS: int64(n) << 20, Size: 10})
		r.add(work{side: sideSQL, to: toParquet}, measurement{Round: i + 1, Work: "sql.parquet", Wall: 4 * n, CPU: 6 * n, Size: 5})
	}
	flat := r.flat()
	for key, want := range map[string]any{
		"ratio.parquet_wall": 4.0, "ratio.parquet_cpu": 3.0, "size_ratio": 0.5, "peak_rss_mib.parquet": 3.0,
		"mb_per_cpu_s.parquet": 1.5, "equal": true,
	} {
		if flat[key] != want {
			t.Errorf("%s: got %v, want %v", key, flat[key], want)
		}
	}
	r.results["sql.parquet"] = comparison{Tables: 1, Differences: []string{"users: other rows"}}
	if r.equal() {
		t.Error("a report with differences says equal")
	}
}
