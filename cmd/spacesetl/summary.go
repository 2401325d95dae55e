package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline"
)

// printResult prints what a run came to, as a manifest or to read.
func (c *console) printResult(r result, format string) error {
	if r.manifest == nil {
		return nil
	}
	if format == "json" {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r.manifest)
	}
	m := r.manifest
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "table\trows\t\n")
	empty := 0
	for _, t := range m.Tables {
		if t.Rows == 0 {
			empty++
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t\n", t.Name, thousands(t.Rows))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if empty > 0 {
		_ = c.print("and %d tables without rows\n", empty)
	}
	_ = c.print("\nrun %s: %s in %s\n", m.Run.RunID, m.Run.Outcome, r.took.Round(10*time.Millisecond))
	_ = c.print("%s pages in the run; now %s requests, %s 429s waited out, %s temporary failures retried, %s waited by all workers\n",
		thousands(int64(m.Run.Pages)), thousands(r.stats.Requests), thousands(limited(r.stats)), thousands(r.stats.Retries), r.stats.Waited.Round(100*time.Millisecond))
	if err := c.printTokens(r.stats); err != nil {
		return err
	}
	c.printNotes(m)
	return c.printPaths(r.out)
}

// printNotes prints what was not as asked.
func (c *console) printNotes(m *pipeline.Manifest) {
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
func (c *console) printPaths(out output) error {
	if out.parquet != "" {
		_ = c.print("\nParquet  %s\n         duckdb -c \"FROM read_parquet('%s') LIMIT 10\"\n", out.parquet,
			filepath.ToSlash(filepath.Join(out.parquet, "spaces", "**", "*.parquet")))
	}
	if out.duckdb != "" {
		_ = c.print("\nDuckDB   %s\n         duckdb -readonly %s -c \"FROM v_spaces LIMIT 10\"\n", out.duckdb, out.duckdb)
	}
	return nil
}

// limited is the number of 429 answers.
func limited(s extract.Stats) int64 {
	var n int64
	for _, count := range s.Limited {
		n += count
	}
	return n
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && d != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
