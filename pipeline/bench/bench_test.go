package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrongFlagsAreUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"-mb", "0"}, {"-mb", "6001"}, {"-runs", "0"}, {"-only", "csv"}, {"-ours", "-node", "x"}, {"extra"}, {"-nosuch"},
	} {
		if o, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q: got %+v, want an error", args, o)
		}
	}
	o, err := parse([]string{"-mb", "5", "-runs", "2", "-only", "duckdb", "-json"}, io.Discard)
	if want := (options{mb: 5, seed: 1, runs: 2, json: true, only: toDuckDB}); err != nil || o != want {
		t.Errorf("got %+v, %v, want %+v", o, err, want)
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
