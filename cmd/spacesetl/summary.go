package main

import (
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// printResult prints what a run came to, as a manifest or to read.
func printResult(c *console, r jobs.Result, format string) error {
	if r.Manifest == nil {
		return nil
	}
	if format == "json" {
		return c.printJSON(r.Manifest)
	}
	m := r.Manifest
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	_ = to(w, "table\trows\t\n")
	empty := 0
	for _, t := range m.Tables {
		if t.Rows == 0 {
			empty++
			continue
		}
		_ = to(w, "%s\t%s\t\n", t.Name, thousands(t.Rows))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if empty > 0 {
		_ = c.print("and %d tables without rows\n", empty)
	}
	_ = c.print("\nrun %s: %s in %s\n", m.Run.RunID, m.Run.Outcome, r.Took.Round(10*time.Millisecond))
	for _, line := range gapLines(m) {
		_ = c.print("%s\n", line)
	}
	_ = c.print("%s pages in the run; now %s requests, %s 429s waited out, %s temporary failures retried, %s waited by all workers\n",
		thousands(int64(m.Run.Pages)), thousands(r.Stats.Requests), thousands(limited(r.Stats)), thousands(r.Stats.Retries), r.Stats.Waited.Round(100*time.Millisecond))
	if err := printTokens(c, r.Stats); err != nil {
		return err
	}
	printNotes(c, m)
	return printPaths(c, r)
}

// printNotes prints what was not as asked.
func printNotes(c *console, m *store.Manifest) {
	count := 0
	for _, n := range m.Errors {
		count += n
	}
	if count > 0 {
		_ = c.print("%s things the API did not give are in api_errors\n", thousands(int64(count)))
	}
	for _, d := range m.Dropped {
		_ = c.print("left out, refused by the server: %s %s\n", d.Param, d.Value)
	}
	if n := len(m.Truncated); n > 0 {
		_ = c.print("searches that returned 100 Spaces, their most, so that there may be more: %d\n", n)
	}
	if n := len(m.Drift); n > 0 {
		_ = c.print("%d unknown API fields are kept in the extras columns: see drift in the manifest\n", n)
	}
}

// printPaths prints where the tables are and the command that opens each.
func printPaths(c *console, r jobs.Result) error {
	if r.Parquet != "" {
		_ = c.print("\nParquet  %s\n         duckdb -c \"FROM read_parquet('%s') LIMIT 10\"\n", r.Parquet,
			filepath.ToSlash(filepath.Join(r.Parquet, "spaces", "**", "*.parquet")))
	}
	if r.DuckDB != "" {
		_ = c.print("\nDuckDB   %s\n         duckdb -readonly %s -c \"FROM v_spaces LIMIT 10\"\n", r.DuckDB, jobs.ShellWord(r.DuckDB))
	}
	if r.Latest != "" {
		_ = c.print("\nlatest   %s\n         duckdb -c \"FROM '%s' LIMIT 10\"\n", r.Latest, filepath.ToSlash(filepath.Join(r.Latest, "spaces.parquet")))
	}
	return nil
}
