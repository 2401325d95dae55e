package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// spoken runs the program and returns its exit code and what it printed.
func spoken(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	code = run(t.Context(), append([]string{"spacesetl"}, args...), &out, &log)
	return code, out.String(), log.String()
}

func TestStatusOfAHealthyStore(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	small := smallStore(t)
	locked, err := store.Dir(small).Lock() // as a run under way has it
	if err != nil {
		t.Fatal(err)
	}
	before := listing(t, small)
	o := overviewOf(t, "--store", small)
	if after := listing(t, small); after != before {
		t.Errorf("status changed the store:\n%s\nnow\n%s", before, after)
	}
	if !o.Lock.Held || o.Lock.PID != os.Getpid() {
		t.Errorf("lock: got %+v, want this process", o.Lock)
	}
	locked.Unlock()
	if o = overviewOf(t, "--store", small); o.Lock.Held {
		t.Errorf("lock after unlock: got %+v, want it free", o.Lock)
	}
	if !o.Healthy || len(o.Runs) != 1 || o.Runs[0].Outcome != "done_with_gaps" || o.Runs[0].Missing != 1 || o.Runs[0].Pages == 0 || o.Runs[0].High <= 0 || !o.Runs[0].Counted {
		t.Errorf("got %+v, want one healthy run with pages and money", o)
	}
	m, err := store.Dir(small).Manifest(o.Runs[0].RunID)
	if err != nil {
		t.Fatal(err)
	}
	for i, table := range m.Tables {
		if got := o.Tables[i]; got.Name != table.Name || got.Rows != table.Rows || got.DatabaseRows != table.Rows {
			t.Errorf("table: got %+v, want %+v in files and database", got, table)
		}
	}
	if n := o.Spaces; n.Scheduled+n.Live+n.Ended+n.Final+n.Gone < 20 {
		t.Errorf("Spaces: got %+v, want at least the 20 asked for", n)
	}
	if o.Money.Today.High != o.Runs[0].High || o.Money.Month != o.Money.Today {
		t.Errorf("money: got %+v, want the run's %s", o.Money, o.Runs[0].High)
	}
	for _, derived := range []string{"ledger.json", "state.json"} { // a run leaves them, and they say what the pages say
		if err := os.Remove(filepath.Join(small, derived)); err != nil {
			t.Error(err)
		}
	}
	if again := overviewOf(t, "--store", small); again.Money != o.Money || again.Spaces != o.Spaces || again.Runs[0] != o.Runs[0] {
		t.Errorf("without derived files: got %+v, want %+v", again, o)
	}
	if code, stdout, _ := spoken(t, "status", "--store", small, "--check"); code != 0 || stdout != "healthy\n" {
		t.Errorf("--check: exit code %d, %q", code, stdout)
	}
	if code, stdout, _ := spoken(t, "status", "--store", small); code != 0 || !strings.Contains(stdout, "space_users") || !strings.HasSuffix(stdout, "healthy\n") {
		t.Errorf("text: exit code %d, %s", code, stdout)
	}
}

func TestStatusNamesEveryProblem(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	whole := smallStore(t)
	runs, err := store.Dir(whole).Runs()
	if err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join("runs", runs[0], "manifest.json")
	spaces := filepath.Join("parquet", "spaces", "run_date="+runs[0][:4]+"-"+runs[0][4:6]+"-"+runs[0][6:8], runs[0]+"-0.parquet")
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, name)) }
	}
	write := func(name, text string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644) }
	}
	for _, c := range []struct {
		name   string
		damage func(dir string) error
		args   []string
		want   []string
		says   string
	}{
		{"killed", remove(manifest), nil, []string{"unfinished", "orphans"}, "run the job's own command again"},
		{"torn manifest", write(manifest, "{"), nil, []string{"damaged", "orphans"}, "manifest.json is damaged"},
		{"missing file", remove(spaces), nil, []string{"files"}, "replay"},
		{"cut file", func(dir string) error { return os.Truncate(filepath.Join(dir, spaces), 100) }, nil, []string{"files"}, "not of the size listed"},
		{"orphan", write(filepath.Join(filepath.Dir(spaces), "20200101T000000Z-abcdef-0.parquet"), "x"), nil, []string{"orphans"}, "20200101T000000Z"},
		{"no database", remove("spaces.duckdb"), nil, []string{"behind"}, "a store' --to duckdb"},
		{"another file for a database", write("spaces.duckdb", "text"), nil, []string{"database"}, "spaces.duckdb"},
		{"stale", func(string) error { return nil }, []string{"--stale", "1ns"}, []string{"stale"}, "the last run was started"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a store")
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"--store", dir}, c.args...)
			o := overviewOf(t, args...)
			if got := kinds(o); o.Healthy || !slices.Equal(got, c.want) {
				t.Errorf("problems: got %v, want %v: %+v", got, c.want, o.Findings)
			}
			code, stdout, _ := spoken(t, append([]string{"status", "--check"}, args...)...)
			if code != 1 || !strings.Contains(stdout, c.says) {
				t.Errorf("--check: exit code %d, want 1 and %q in %s", code, c.says, stdout)
			}
		})
	}
}
