package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/account"
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
	out := ctx.String("output")
	spec, err := storeSpec(c, ctx)
	if err != nil {
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
	return show.Cost(c.stdout, statement)
}

// reconcile asks the API for its own count and prints it beside the ledger's.
func reconcile(c *console, ctx *cli.Context, spec jobs.Spec, out string) error {
	days := ctx.Int("days")
	if ctx.IsSet("days") && (days < 1 || days > extract.MaxUsageDays) {
		return usage.Errorf("--days: %d is not between 1 and %d", days, extract.MaxUsageDays)
	}
	o := c.options()
	var err error
	if o.Tokens, err = findTokens(c, ctx, spec); err != nil {
		return err
	}
	o.Listener = listener(c.observer())
	ask := jobs.Open(spec, o).Reconcile
	if ctx.Bool("settle") {
		ask = jobs.Open(spec, o).Settle
	}
	a, err := ask(ctx.Context, days)
	switch {
	case err != nil:
		return ofJob(ctx, err)
	case out == "json":
		return c.printJSON(a)
	}
	return errors.Join(show.Account(c.stdout, a), printSettled(c, ctx, a))
}

// printSettled says what the API's count leaves for lost answers.
func printSettled(c *console, ctx *cli.Context, a account.Account) error {
	switch {
	case a.NoSettle != "":
		return c.print("lost answers stay booked as the most they can have cost: %s\n", a.NoSettle)
	case len(a.Settle) == 0:
		return nil
	case a.Settled:
		return c.text(money.SettledText(a.Settle) + "; settled\n")
	}
	return c.text(money.SettledText(a.Settle) + "; to settle that: " + jobs.Command(append(wordsOf(ctx, nil), "--settle")...) + "\n")
}
