package show

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Run prints what a run came to, which has a manifest.
func Run(out io.Writer, r jobs.Result) error {
	m := r.Manifest
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_ = to(w, "table\trows\t\n")
	empty := 0
	for _, t := range m.Tables {
		if t.Rows == 0 {
			empty++
			continue
		}
		_ = to(w, "%s\t%s\t\n", t.Name, Thousands(t.Rows))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if empty > 0 {
		_ = to(out, "and %d tables without rows\n", empty)
	}
	_ = to(out, "\nrun %s: %s in %s\n", m.Run.RunID, m.Run.Outcome, r.Took.Round(10*time.Millisecond))
	for _, line := range Gaps(m) {
		_ = to(out, "%s\n", line)
	}
	if m.Plan.Import == "" {
		asked(out, r)
	}
	if err := printTokens(out, r.Stats); err != nil {
		return err
	}
	printNotes(out, m)
	return printPaths(out, r)
}

// asked prints what a run took.
func asked(out io.Writer, r jobs.Result) {
	_ = to(out, "%s pages in the run; now %s requests, %s 429s waited out, %s temporary failures retried, %s waited by all workers\n",
		Thousands(int64(r.Manifest.Run.Pages)), Thousands(r.Stats.Requests), Thousands(limited(r.Stats)), Thousands(r.Stats.Retries), r.Stats.Waited.Round(100*time.Millisecond))
}

// printNotes prints what was not as asked.
func printNotes(out io.Writer, m *store.Manifest) {
	count := 0
	for _, n := range m.Errors {
		count += n
	}
	if count > 0 {
		_ = to(out, "%s things the API did not give are in api_errors\n", Thousands(int64(count)))
	}
	for _, d := range m.Dropped {
		_ = to(out, "left out, refused by the server: %s %s\n", d.Param, d.Value)
	}
	if n := len(m.Truncated); n > 0 {
		_ = to(out, "searches that returned 100 Spaces, their most, so that there may be more: %d\n", n)
	}
	if n := len(m.Drift); n > 0 {
		_ = to(out, "%d unknown API fields are kept in the extras columns: see drift in the manifest\n", n)
	}
}

// printPaths prints where the tables are and the command that opens each.
func printPaths(out io.Writer, r jobs.Result) error {
	if r.Parquet != "" {
		_ = to(out, "\nParquet  %s\n         duckdb -c \"FROM read_parquet('%s') LIMIT 10\"\n         a row for each run that saw a Space; once, as it is now: spacesetl query --store %s \"FROM v_spaces LIMIT 10\"\n", r.Parquet,
			filepath.ToSlash(filepath.Join(r.Parquet, "spaces", "**", "*.parquet")), jobs.ShellWord(filepath.Dir(r.Parquet)))
	}
	if r.DuckDB != "" {
		_ = to(out, "\nDuckDB   %s\n         spacesetl query --store %s \"FROM v_spaces LIMIT 10\"\n", r.DuckDB, jobs.ShellWord(filepath.Dir(r.DuckDB)))
	}
	if r.Latest != "" {
		_ = to(out, "\nlatest   %s\n         duckdb -c \"FROM '%s' LIMIT 10\"\n", r.Latest, filepath.ToSlash(filepath.Join(r.Latest, "spaces.parquet")))
	}
	for _, p := range r.Elsewhere {
		_ = to(out, "\n%s  %s\n         %s\n", p.Title, p.Where, p.Look)
	}
	return nil
}

// Gaps say what was asked for and did not come.
func Gaps(m *store.Manifest) []string {
	var lines, kinds []string
	gaps, missing, asked := m.Gaps(), 0, 0
	for _, kind := range slices.Sorted(maps.Keys(gaps)) {
		missing += gaps[kind]
		kinds = append(kinds, Thousands(int64(gaps[kind]))+" "+strings.ReplaceAll(string(kind), "_", " "))
	}
	for _, n := range m.Asked {
		asked += n
	}
	switch {
	case missing > 0 && m.Plan.Import != "":
		lines = append(lines, fmt.Sprintf("%s of the files could not be read (missing in the manifest)", Plural(missing, "part")))
	case missing > 0:
		lines = append(lines, fmt.Sprintf("%s of %s asked for did not come: %s (api_errors, and missing in the manifest)",
			Thousands(int64(missing)), Thousands(int64(asked)), strings.Join(kinds, ", ")))
	}
	if n := len(m.Cut); n > 0 {
		lines = append(lines, fmt.Sprintf("%s cut before the end (cut in the manifest)", were(n, "collection")))
	}
	return lines
}

// were counts things in the past: 1 collection was, 2 collections were.
func were(n int, thing string) string {
	if n == 1 {
		return Plural(n, thing) + " was"
	}
	return Plural(n, thing) + " were"
}

// printTokens prints what each of several tokens did.
func printTokens(out io.Writer, s extract.Stats) error {
	if len(s.Tokens) < 2 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_ = to(w, "\ntoken\trequests\tpages\twaited\t\n")
	for _, name := range slices.Sorted(maps.Keys(s.Tokens)) {
		t := s.Tokens[name]
		_ = to(w, "%s\t%s\t%s\t%s\t\n", name, Thousands(t.Requests), Thousands(t.Pages), t.Waited.Round(100*time.Millisecond))
	}
	return w.Flush()
}
