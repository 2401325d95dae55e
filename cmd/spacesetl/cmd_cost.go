package main

import (
	"bytes"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/money"
)

func costCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "cost",
		Usage:     "say what a store's pages have cost",
		UsageText: "spacesetl cost --store ./spaces\nspacesetl cost -f job.yaml --output json\nspacesetl cost --store ./spaces --reconcile",
		Description: "Low: X bills neither objects that expansions bring in nor one returned twice on a UTC day.\n" +
			"High: it bills both, and answers that a crash lost. --reconcile asks the API, with the app's\n" +
			"token, for its own count of posts (it has none of Spaces and users) and sets that beside the\n" +
			"ledger's, by UTC day; --settle books what it leaves for lost answers.",
		Flags: append([]cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store and prices", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			formatFlag(),
			flag("reconcile", "set the API's own count of posts beside the ledger's"),
			flag("settle", "book for lost answers no more than the API's count leaves (with --reconcile)"),
			number("days", 0, "compare so many days, 1 to 90; `N` (default all of the store, up to 90)"),
			text("base-url", "", "`URL` of the API (default https://api.x.com)"),
			duration("max-wait", "longest single wait for a rate window; `DURATION` (default 20m)"),
			tokenFileFlag(),
		}, trustFlags()...),
		Action: func(ctx *cli.Context) error { return showCost(c, ctx) },
	}
}

func showCost(c *console, ctx *cli.Context) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	spec := jobs.Spec{}
	if file := jobFile(ctx, c.say, "store"); file != "" {
		if spec, err = loadJob(ctx, file, nil); err != nil {
			return err
		}
	}
	if err := usage.Override(ctx, &spec); err != nil {
		return err
	}
	if ctx.Bool("reconcile") {
		return reconcile(c, ctx, spec, out)
	}
	for _, name := range []string{"days", "settle"} {
		if ctx.IsSet(name) {
			return usage.Errorf("--%s goes with --reconcile", name)
		}
	}
	statement, err := jobs.Open(spec, c.options()).Cost(ctx.Context)
	switch {
	case err != nil:
		return ofJob(ctx, err)
	case out == "json":
		return c.printJSON(statement)
	}
	return printCost(c, statement)
}

func printCost(c *console, s money.Statement) error {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, part := range []struct {
		name string
		rows []money.Spent
	}{{"day", s.Days}, {"endpoint", s.Endpoints}, {"resource", s.Objects}, {"run", s.Runs}, {"job", s.Jobs}} {
		_ = to(w, "%s\treturned\trepeated\tincluded\tlow\thigh\t\n", part.name)
		for _, row := range part.rows {
			_ = to(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n", row.Name, thousands(row.Returned), thousands(row.Repeated), thousands(row.Included), usd(row.Low), usd(row.High))
		}
		_ = to(w, "\t\t\t\t\t\t\n")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		_ = c.print("%s\n", strings.TrimRight(line, " \n"))
	}
	_ = c.print("low: X bills neither what expansions include nor what it repeats on a UTC day; high: both\n")
	if s.Lost > 0 {
		_ = c.print("high holds %s for answers that a crash lost\n", usd(s.Lost))
	}
	if s.Damaged > 0 {
		_ = c.print("%d pages cannot be read: what they cost is not counted\n", s.Damaged)
	}
	return c.print("spent: %s to %s\n", usd(s.Low), usd(s.High))
}
