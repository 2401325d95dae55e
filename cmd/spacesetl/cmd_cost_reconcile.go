package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/jobs"
)

// reconcile asks the API for its own count and prints it beside the ledger's.
func reconcile(c *console, ctx *cli.Context, spec jobs.Spec, out string) error {
	days := ctx.Int("days")
	if ctx.IsSet("days") && (days < 1 || days > extract.MaxUsageDays) {
		return &usageError{"spacesetl cost", fmt.Errorf("--days: %d is not between 1 and %d", days, extract.MaxUsageDays)}
	}
	o := c.options()
	var err error
	if o.Tokens, err = findTokens(ctx, spec); err != nil {
		return err
	}
	o.Listener = listener(c.observer())
	a, err := jobs.Open(spec, o).Reconcile(ctx.Context, days)
	switch {
	case err != nil:
		return ofJob(ctx, err)
	case out == "json":
		return c.printJSON(a)
	}
	return printAccount(c, a)
}
