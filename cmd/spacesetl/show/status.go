package show

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/pipeline/health"
)

// Overview prints a store at a glance.
func Overview(out io.Writer, o *health.Overview) error {
	_ = to(out, "store %s: job %q, %d runs; raw pages %s, Parquet %s, DuckDB %s\n", o.Store, o.Job, len(o.Runs),
		humanize.IBytes(uint64(o.Bytes.Raw)), humanize.IBytes(uint64(o.Bytes.Parquet)), humanize.IBytes(uint64(o.Bytes.Database)))
	if o.Lock.Held {
		_ = to(out, "in use by %s\n", o.Lock)
	}
	table := newTable(out)
	_ = to(out, "\n")
	table.row("last runs", "outcome", "pages", "rows", "low", "high", "fetching took")
	for _, r := range o.Runs[max(0, len(o.Runs)-shownRuns):] {
		low, high := "?", "?"
		if r.Counted {
			low, high = r.Low.Cents(), r.High.Cents()
		}
		table.row(r.RunID, r.Outcome, Thousands(int64(r.Pages)), Thousands(r.Rows), low, high, took(r))
	}
	fmt.Fprintln(table)
	table.row("table", "rows in files", "files", "bytes", "rows in DuckDB", "", "")
	empty := 0
	for _, t := range o.Tables {
		if t.Rows == 0 && t.DatabaseRows == 0 {
			empty++
			continue
		}
		table.row(t.Name, Thousands(t.Rows), Thousands(int64(t.Files)), humanize.IBytes(uint64(t.Bytes)), Thousands(t.DatabaseRows), "", "")
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if empty > 0 {
		_ = to(out, "and %d tables without rows\n", empty)
	}
	printSpending(out, o)
	return Findings(out, o, "")
}

// took is how long a run fetched.
func took(r health.RunSummary) string {
	if r.EndedAt.IsZero() {
		return "-"
	}
	return time.Duration(r.Took * float64(time.Second)).Round(time.Second).String()
}

// printSpending prints the Spaces, the money and the rate windows.
func printSpending(out io.Writer, o *health.Overview) {
	s := o.Spaces
	_ = to(out, "\nSpaces   %s open (%s scheduled, %s live), %s ended with a last look due, %s final, %s gone\n",
		Thousands(int64(s.Scheduled+s.Live)), Thousands(int64(s.Scheduled)), Thousands(int64(s.Live)), Thousands(int64(s.Ended)), Thousands(int64(s.Final)), Thousands(int64(s.Gone)))
	today, month := "", ""
	if b := o.Money.Budget.Day; b > 0 {
		today = " of " + b.Cents()
	}
	if b := o.Money.Budget.Month; b > 0 {
		month = " of " + b.Cents()
	}
	_ = to(out, "money    today %s-%s%s, this month %s-%s%s\n", o.Money.Today.Low.Cents(), o.Money.Today.High.Cents(), today,
		o.Money.Month.Low.Cents(), o.Money.Month.High.Cents(), month)
	if n := len(o.Uncounted); n > 0 {
		_ = to(out, "         without the Spaces and the money of %d runs that were not counted yet: spacesetl cost counts the money\n", n)
	}
	if o.NextReset.IsZero() {
		_ = to(out, "windows  no rate window is in use\n")
		return
	}
	_ = to(out, "windows  the next resets at %s UTC, in %s\n", o.NextReset.Format(time.TimeOnly), o.NextReset.Sub(o.At).Round(time.Second))
	for _, w := range o.Rates {
		if w.Reset.After(o.At) {
			_ = to(out, "         %-9s %d of %d left until %s\n", w.Endpoint, w.Remaining, w.Limit, w.Reset.Format(time.TimeOnly))
		}
	}
}

// Findings prints those of a level, or all.
func Findings(out io.Writer, o *health.Overview, level string) error {
	for _, f := range o.Findings {
		if level != "" && f.Level != level {
			continue
		}
		_ = to(out, "%-8s %s\n", f.Level, f.Text)
		if f.Do != "" {
			_ = to(out, "         %s\n", f.Do)
		}
	}
	if !o.Healthy {
		return nil
	}
	return to(out, "healthy\n")
}

// shownRuns is how many runs the text shows; JSON has all.
const shownRuns = 8

// table aligns cells, the first of a row to the left.
type table struct{ *tabwriter.Writer }

func newTable(w io.Writer) table {
	return table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

// row writes a row; cells at its end that are empty are left out.
func (t table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = printable.Line(cell)
	}
	fmt.Fprintln(t, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}
