package show

import (
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

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
	_ = to(out, "%s pages in the run; now %s requests, %s 429s waited out, %s temporary failures retried, %s waited by all workers\n",
		Thousands(int64(m.Run.Pages)), Thousands(r.Stats.Requests), Thousands(limited(r.Stats)), Thousands(r.Stats.Retries), r.Stats.Waited.Round(100*time.Millisecond))
	if err := printTokens(out, r.Stats); err != nil {
		return err
	}
	printNotes(out, m)
	return printPaths(out, r)
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
		_ = to(out, "\nParquet  %s\n         duckdb -c \"FROM read_parquet('%s') LIMIT 10\"\n", r.Parquet,
			filepath.ToSlash(filepath.Join(r.Parquet, "spaces", "**", "*.parquet")))
	}
	if r.DuckDB != "" {
		_ = to(out, "\nDuckDB   %s\n         duckdb -readonly %s -c \"FROM v_spaces LIMIT 10\"\n", r.DuckDB, jobs.ShellWord(r.DuckDB))
	}
	if r.Latest != "" {
		_ = to(out, "\nlatest   %s\n         duckdb -c \"FROM '%s' LIMIT 10\"\n", r.Latest, filepath.ToSlash(filepath.Join(r.Latest, "spaces.parquet")))
	}
	return nil
}
