package main

import (
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
)

func planCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "plan",
		Usage: "say what a job will ask and cost, without a request",
		UsageText: `spacesetl plan job.yaml
spacesetl plan --creators @XDevelopers --search "open mic" --with tweets --output json`,
		Description: "Costs are a range: nothing official says whether X bills objects that expansions bring in, or\n" +
			"one returned twice on a UTC day. Low: neither is billed. High: both are. What seeds lead to is\n" +
			"taken from the store's runs, or guessed where there are none. Minutes are what the documented\n" +
			"rate windows let through with the tokens a run would find; no token is used.",
		ArgsUsage: "[FILE]",
		Flags:     append(append(usage.JobFlags(), trustFlags()...), tokenFileFlag(), formatFlag()),
		Action:    func(ctx *cli.Context) error { return showPlan(c, ctx) },
	}
}

func showPlan(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	spec, err := readSpec(ctx, c.say)
	if err != nil {
		return err
	}
	o := c.options()
	if o.Tokens, err = findTokens(c, ctx, spec); err != nil {
		return err
	}
	sayAll(c.say, spec.Doubts())
	f, err := jobs.Open(spec, o).Plan(ctx.Context)
	switch {
	case err != nil:
		return ofJob(ctx, err)
	case out == "json":
		return c.printJSON(f)
	}
	return show.Plan(c.stdout, f)
}
