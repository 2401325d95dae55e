package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline"
)

func (c *console) statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "show a store at a glance: runs, tables, money, what is wrong",
		UsageText: `spacesetl status --store ./spaces
spacesetl status -f job.yaml --output json
spacesetl status --store ./spaces --check || mail -s "spaces" me`,
		Description: "Reads manifests and file sizes, asks nobody, takes no lock and changes nothing: a run may be\n" +
			"under way. Problems are shown; with --check they are also exit code 1.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store, budget and prices", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			flag("check", "print problems only, and end with exit code 1 if there are any"),
			duration("stale", "a last run older than this is a problem; `DURATION` (default thrice the usual)"),
			text("output", "text", "print text, or json; `FORMAT`", "o"),
		},
		Action: c.status,
	}
}

// unhealthyError is what status --check ends with.
type unhealthyError struct {
	store    string
	problems int
}

func (e *unhealthyError) Error() string {
	return fmt.Sprintf("store %s: problems found: %d", e.store, e.problems)
}

func (c *console) status(ctx *cli.Context) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	spec, err := storeSpec(ctx)
	if err != nil {
		return err
	}
	store := pipeline.Store(spec.Store)
	if runs, err := store.Runs(); err != nil {
		return err
	} else if len(runs) == 0 {
		return noRuns(ctx, spec.Store)
	}
	o, err := store.Overview(ctx.Context, pipeline.OverviewConfig{
		Now: c.clock(), Prices: spec.PriceTable(), Budget: spec.Budget, Stale: ctx.Duration("stale"),
		Database: databaseView(ctx.Context, store),
	})
	if err != nil {
		return err
	}
	advise(o, store, spec, ctx.String("file"))
	switch {
	case out == "json":
		err = c.printJSON(o)
	case ctx.Bool("check"):
		err = c.printFindings(o, pipeline.Problem)
	default:
		err = c.printOverview(o)
	}
	if err == nil && ctx.Bool("check") && !o.Healthy {
		err = &unhealthyError{spec.Store, problems(o)}
	}
	return err
}

// storeSpec is the job of -f, if any, with the store of --store. Only what the
// job says of its store counts here: a job without seeds will do.
func storeSpec(ctx *cli.Context) (jobs.Spec, error) {
	spec := jobs.Spec{}
	if file := ctx.String("file"); file != "" {
		var err error
		if spec, err = jobs.Load(file, os.LookupEnv, nil); err != nil {
			return spec, err
		}
	}
	if ctx.IsSet("store") {
		spec.Store = ctx.String("store")
	}
	spec.Defaults()
	return spec, nil
}

// noRuns says that a folder is no store that has run.
func noRuns(ctx *cli.Context, store string) error {
	return &usageError{commandOf(ctx), errors.New("there is no run in " + store + ": name the store of a job that has run with --store or -f")}
}

// databaseView asks the store's database.
func databaseView(ctx context.Context, store pipeline.Store) pipeline.DatabaseView {
	contents, err := load.NewDuckDB(load.DuckDBConfig{Path: store.DuckDB(), Threads: 1}).Inspect(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return pipeline.DatabaseView{Runs: map[string]bool{}}
	}
	view := pipeline.DatabaseView{Rows: contents.Rows, Err: err}
	if err == nil {
		view.Runs = map[string]bool{}
		for _, id := range contents.Runs {
			view.Runs[id] = true
		}
	}
	return view
}

// advise puts the commands in that go on with unfinished runs.
func advise(o *pipeline.Overview, store pipeline.Store, spec jobs.Spec, file string) {
	for i, f := range o.Findings {
		if f.Kind != "unfinished" {
			continue
		}
		if planned, err := store.Planned(f.Run); err == nil {
			if command := resumeCommand(planned.Plan, spec, file); command != "" {
				o.Findings[i].Do = command
			}
		}
	}
}

func problems(o *pipeline.Overview) int {
	n := 0
	for _, f := range o.Findings {
		if f.Level == pipeline.Problem {
			n++
		}
	}
	return n
}

func (c *console) printJSON(value any) error {
	encoder := json.NewEncoder(c.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// shownRuns is how many runs the text shows; JSON has all.
const shownRuns = 8

func (c *console) printOverview(o *pipeline.Overview) error {
	_ = c.print("store %s: job %q, %d runs; raw pages %s, Parquet %s, DuckDB %s\n", o.Store, o.Job, len(o.Runs),
		humanize.IBytes(uint64(o.Bytes.Raw)), humanize.IBytes(uint64(o.Bytes.Parquet)), humanize.IBytes(uint64(o.Bytes.Database)))
	if o.Lock.Held {
		_ = c.print("in use by %s\n", o.Lock)
	}
	table := newTable(c.stdout)
	table.row("\nlast runs", "outcome", "pages", "rows", "low", "high", "fetching took")
	for _, r := range o.Runs[max(0, len(o.Runs)-shownRuns):] {
		low, high := "?", "?"
		if r.Counted {
			low, high = r.Low.Cents(), r.High.Cents()
		}
		table.row(r.RunID, r.Outcome, thousands(int64(r.Pages)), thousands(r.Rows), low, high, took(r))
	}
	table.row("\ntable", "rows in files", "files", "bytes", "rows in DuckDB", "", "")
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
	c.printSpending(o)
	return c.printFindings(o, "")
}

// took is how long a run fetched.
func took(r pipeline.RunSummary) string {
	if r.EndedAt.IsZero() {
		return "-"
	}
	return time.Duration(r.Took * float64(time.Second)).Round(time.Second).String()
}

// printSpending prints the Spaces, the money and the rate windows.
func (c *console) printSpending(o *pipeline.Overview) {
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
func (c *console) printFindings(o *pipeline.Overview, level string) error {
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
