package main

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/pipeline/health"
)

func printOverview(c *console, o *health.Overview) error {
	_ = c.print("store %s: job %q, %d runs; raw pages %s, Parquet %s, DuckDB %s\n", o.Store, o.Job, len(o.Runs),
		humanize.IBytes(uint64(o.Bytes.Raw)), humanize.IBytes(uint64(o.Bytes.Parquet)), humanize.IBytes(uint64(o.Bytes.Database)))
	if o.Lock.Held {
		_ = c.print("in use by %s\n", o.Lock)
	}
	table := newTable(c.stdout)
	_ = c.print("\n")
	table.row("last runs", "outcome", "pages", "rows", "low", "high", "fetching took")
	for _, r := range o.Runs[max(0, len(o.Runs)-shownRuns):] {
		low, high := "?", "?"
		if r.Counted {
			low, high = r.Low.Cents(), r.High.Cents()
		}
		table.row(r.RunID, r.Outcome, thousands(int64(r.Pages)), thousands(r.Rows), low, high, took(r))
	}
	fmt.Fprintln(table)
	table.row("table", "rows in files", "files", "bytes", "rows in DuckDB", "", "")
	empty := 0
	for _, t := range o.Tables {
		if t.Rows == 0 && t.DatabaseRows == 0 {
			empty++
			continue
		}
		table.row(t.Name, thousands(t.Rows), thousands(int64(t.Files)), humanize.IBytes(uint64(t.Bytes)), thousands(t.DatabaseRows), "", "")
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if empty > 0 {
		_ = c.print("and %d tables without rows\n", empty)
	}
	printSpending(c, o)
	return printFindings(c, o, "")
}

// took is how long a run fetched.
func took(r health.RunSummary) string {
	if r.EndedAt.IsZero() {
		return "-"
	}
	return time.Duration(r.Took * float64(time.Second)).Round(time.Second).String()
}

// printSpending prints the Spaces, the money and the rate windows.
func printSpending(c *console, o *health.Overview) {
	s := o.Spaces
	_ = c.print("\nSpaces   %s open (%s scheduled, %s live), %s ended with a last look due, %s final, %s gone\n",
		thousands(int64(s.Scheduled+s.Live)), thousands(int64(s.Scheduled)), thousands(int64(s.Live)), thousands(int64(s.Ended)), thousands(int64(s.Final)), thousands(int64(s.Gone)))
	today, month := "", ""
	if b := o.Money.Budget.Day; b > 0 {
		today = " of " + b.Cents()
	}
	if b := o.Money.Budget.Month; b > 0 {
		month = " of " + b.Cents()
	}
	_ = c.print("money    today %s-%s%s, this month %s-%s%s\n", o.Money.Today.Low.Cents(), o.Money.Today.High.Cents(), today,
		o.Money.Month.Low.Cents(), o.Money.Month.High.Cents(), month)
	if n := len(o.Uncounted); n > 0 {
		_ = c.print("         without the Spaces and the money of %d runs that were not counted yet: spacesetl cost counts the money\n", n)
	}
	if o.NextReset.IsZero() {
		_ = c.print("windows  no rate window is in use\n")
		return
	}
	_ = c.print("windows  the next resets at %s UTC, in %s\n", o.NextReset.Format(time.TimeOnly), o.NextReset.Sub(o.At).Round(time.Second))
	for _, w := range o.Rates {
		if w.Reset.After(o.At) {
			_ = c.print("         %-9s %d of %d left until %s\n", w.Endpoint, w.Remaining, w.Limit, w.Reset.Format(time.TimeOnly))
		}
	}
}

// printFindings prints those of a level, or all.
func printFindings(c *console, o *health.Overview, level string) error {
	for _, f := range o.Findings {
		if level != "" && f.Level != level {
			continue
		}
		_ = c.print("%-8s %s\n", f.Level, f.Text)
		if f.Do != "" {
			_ = c.print("         %s\n", f.Do)
		}
	}
	if !o.Healthy {
		return nil
	}
	return c.print("healthy\n")
}

// shownRuns is how many runs the text shows; JSON has all.
const shownRuns = 8
