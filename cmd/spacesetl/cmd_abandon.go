package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
)

func abandonCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "abandon",
		Usage: "give a run up: what it got is loaded, what it had left is not asked for",
		UsageText: "spacesetl abandon 20261122T084606Z-c5164b --store ./spaces\n" +
			"spacesetl abandon 20261122T084606Z-c5164b -f job.yaml",
		Description: "For a run that stopped and is not to go on: the next run begins anew, and status no longer\n" +
			"shows it as unfinished. Its pages stay. The ids of runs are shown by spacesetl status.",
		ArgsUsage: "RUN",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			memoryFlag(),
		},
		Action: func(ctx *cli.Context) error { return abandonRun(c, ctx) },
	}
}

func abandonRun(c *console, ctx *cli.Context) error {
	if ctx.Args().Len() != 1 {
		return usage.Errorf("name one run: spacesetl status shows their ids")
	}
	run := ctx.Args().First()
	o := c.options()
	var err error
	if o.Memory, err = setMemory(ctx); err != nil {
		return err
	}
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	err = jobs.Open(spec, o).Abandon(ctx.Context, run)
	var over *jobs.OverError
	if errors.As(err, &over) {
		return usage.Of(err)
	}
	if err != nil {
		return ofJob(ctx, err)
	}
	return c.print("run %s is given up: what it got is in the tables, and nothing more is asked for it\n", run)
}
