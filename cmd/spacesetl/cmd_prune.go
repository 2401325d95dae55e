package main

import (
	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/keep"
)

func pruneCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "prune",
		Usage: "remove the landed pages of months that are old",
		UsageText: "spacesetl prune --store ./spaces --keep-raw 90d --dry-run\n" +
			"spacesetl prune --store ./spaces --keep-raw 1y --archive /mnt/archive",
		Description: "What a job's keep says, the first run of a day does; this does it at once. Tables, manifests, what\n" +
			"was paid and what is known of each Space stay. What is removed cannot be proved nor made again:\n" +
			"with --archive it goes into a file a month, and spacesetl restore --archive FILE brings it back.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store and keep", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			flag("dry-run", "say what would be removed, and change nothing"),
			text("keep-raw", "", "remove pages of months that have been over for `AGE`, such as 90d, 26w or 2y"),
			text("archive", "", "archive the pages of each month in `DIR` before"),
			outputFlag(),
		},
		Action: func(ctx *cli.Context) error { return pruneStore(c, ctx) },
	}
}

func pruneStore(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	for name, key := range map[string]string{"keep-raw": "raw", "archive": "archive"} {
		if ctx.IsSet(name) {
			if err := spec.Keep.Set(key, ctx.String(name)); err != nil {
				return usage.Errorf("--%s: %w", name, err)
			}
		}
	}
	if spec.Keep.Raw == 0 {
		return usage.Errorf("say how long pages are kept: --keep-raw 90d, or keep: {raw: 90d} in the job")
	}
	dry := ctx.Bool("dry-run")
	sum, err := jobs.Open(spec, c.options()).Prune(ctx.Context, dry)
	if err != nil {
		return ofJob(ctx, err)
	}
	if out == "json" {
		return c.printJSON(sum)
	}
	return printPruned(c, &sum, dry)
}

func printPruned(c *console, sum *keep.PruneSummary, dry bool) error {
	for _, m := range sum.Months {
		_ = c.print("%s  %s from %s to %s, %s, %s\n", m.First[:6], plural(m.Runs, "run"), m.First, m.Last, plural(m.Files, "file"), humanize.IBytes(uint64(m.Bytes)))
		if m.Archive != "" {
			_ = c.print("        archived in %s\n", m.Archive)
		}
	}
	if sum.Stays != "" {
		_ = c.print("what is newer stays: %s\n", sum.Stays)
	}
	switch n := len(sum.Months); {
	case n == 0:
		return c.print("nothing to prune\n")
	case dry:
		return c.print("the pages of %s would be removed; nothing was changed\n", plural(n, "month"))
	default:
		return c.print("the pages of %s were removed\n", plural(n, "month"))
	}
}
