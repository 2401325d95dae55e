package duckdb

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// otherDuckDBs are the interpreters of Python that have a DuckDB of their own.
func otherDuckDBs(t *testing.T) []string {
	t.Helper()
	if listed := filepath.SplitList(os.Getenv("SPACESETL_DUCKDB_PYTHONS")); len(listed) > 0 {
		return listed
	}
	err := exec.CommandContext(t.Context(), "python3", "-c", "import duckdb").Run()
	if err != nil && os.Getenv("SPACESETL_TOOLS") == "required" {
		t.Fatal("SPACESETL_TOOLS=required, and python3 has no DuckDB: list interpreters that have one in SPACESETL_DUCKDB_PYTHONS")
	}
	if err != nil {
		t.Skip("python3 has no DuckDB: pip install duckdb, or list interpreters that have one in SPACESETL_DUCKDB_PYTHONS")
	}
	return []string{"python3"}
}

// Whatever DuckDB a reader has, from 1.0 to the newest, it finds the rows, views
// and macros that the one that wrote them finds.
func TestOtherVersionsOpenTheDatabase(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	pythons := otherDuckDBs(t)
	s := newStore(t)
	s.publish("r1", evening(t)...)
	s.publish("r2", everything(t, 3000, "r2", noon.Add(3*time.Hour))...)
	header, err := ReadHeader(s.path)
	if err != nil || header.Reader() != "1.0.0" {
		t.Errorf("its header says that DuckDB %q reads it (%v), want 1.0.0", header.Reader(), err)
	}
	queries := comparisons()
	var want []string
	for _, q := range queries {
		want = append(want, q+"\n"+strings.Join(s.query("SET TimeZone = 'UTC'; %s", q), "\n"))
	}
	for _, python := range pythons {
		command := exec.CommandContext(t.Context(), python, "testdata/answers.py", s.path)
		command.Stdin = strings.NewReader(strings.Join(queries, "\n") + "\n")
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			t.Errorf("%s: %v", python, err)
			continue
		}
		version, answers, _ := strings.Cut(string(out), "\n")
		var got []string
		for i, answer := range strings.Split(strings.TrimSpace(answers), "\n\n") {
			got = append(got, queries[i]+"\n"+answer)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("DuckDB %s (-linked in +other):\n%s", version, d)
		}
		t.Logf("DuckDB %s: %d answers", version, len(got))
	}
}

// comparisons ask, of every table, view and macro, for the number of rows, one
// of them and a sum of all: in JSON, since other texts of a row changed with
// the versions.
func comparisons() []string {
	var from []string
	for _, t := range schemas.Tables() {
		from = append(from, schemas.Quote(t.Name))
	}
	for _, v := range schemas.Views() {
		from = append(from, schemas.Quote(v.Name))
	}
	for _, m := range schemas.Macros(time.Time{}) {
		from = append(from, schemas.Quote(m.Name)+"(TIMESTAMPTZ '2026-08-01 13:30:00Z')", schemas.Quote(m.Name)+"(TIMESTAMPTZ '2100-01-01 00:00:00Z')")
	}
	queries := make([]string, len(from))
	for i, name := range from {
		queries[i] = fmt.Sprintf("SELECT concat_ws(' ', count(*), min(line), md5(string_agg(line, ',' ORDER BY line))) FROM (SELECT to_json(one)::VARCHAR AS line FROM %s AS one)", name)
	}
	return queries
}
