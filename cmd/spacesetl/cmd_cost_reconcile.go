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
