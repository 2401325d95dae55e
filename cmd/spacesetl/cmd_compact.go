package main

import (
	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

func compactCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "compact",
		Usage:     "join the files of days and months that are over",
		UsageText: "spacesetl compact --store ./spaces\nspacesetl compact -f job.yaml --all",
		Description: "Parquet files of runs become one a table and day once the day is over, and one a table and\n" +
			"month once the month is; their pages, and their plans and manifests, one a day, then month. The\n" +
			"first run of a day does it at its end, unless the job says compact: none. Rows and pages stay the\n" +
			"same, readers see the old files or the new ones, manifests stay as they are.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			flag("all", "look at all months, check joined files, move those in folders of before"),
			outputFlag(),
		},
		Action: func(ctx *cli.Context) error { return compactStore(c, ctx) },
	}
}

func compactStore(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	if spec.Compact == jobfile.CompactNone { // of the job's runs: here it is asked for
		spec.Compact = jobfile.CompactMonths
	}
	sum, err := jobs.Open(spec, c.options()).Compact(ctx.Context, ctx.Bool("all"))
	if err != nil {
		return ofJob(ctx, err)
	}
	if out == "json" {
		return c.printJSON(sum)
	}
	for _, left := range sum.Left {
		_ = c.print("stays as it is: %s\n", left)
	}
	if sum.Before == 0 {
		return c.print("nothing to join: the files of each day and month that is over are one a table\n")
	}
	return c.print("%s files became %s, %s\n", thousands(int64(sum.Before)), thousands(int64(sum.After)), humanize.IBytes(uint64(sum.Bytes)))
}
