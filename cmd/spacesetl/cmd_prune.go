package main

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/landing"
)

func pruneCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "prune",
		Usage: "remove landed pages, Parquet files and versions of rows that are old",
		UsageText: "spacesetl prune --store ./spaces --keep-raw 90d --dry-run\n" +
			"spacesetl prune --store ./spaces --keep-raw 1y --keep-parquet 2y --archive /mnt/archive",
		Description: "What a job's keep says, the first run of a day does; this does it at once. The database, manifests,\n" +
			"what was paid and what is known of each Space stay. What is removed cannot be proved nor made again:\n" +
			"with --archive it goes into files a month, and spacesetl restore --archive FILE brings it back.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store and keep", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			flag("dry-run", "say what would be removed, and change nothing"),
			text("keep-raw", "", "remove pages of months that have been over for `AGE`, such as 90d, 26w or 2y"),
			text("keep-parquet", "", "remove Parquet files of months that have been over for `AGE`"),
			text("keep-history", "", "remove versions of rows that ended `AGE` ago from the database"),
			text("archive", "", "archive what goes of each month in `DIR` before"),
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
	for name, key := range map[string]string{"keep-raw": "raw", "keep-parquet": "parquet", "keep-history": "history", "archive": "archive"} {
		if ctx.IsSet(name) {
			if err := spec.Keep.Set(key, ctx.String(name)); err != nil {
				return usage.Errorf("--%s: %w", name, err)
			}
		}
	}
	if !spec.Keep.Removes() {
		return usage.Errorf("say what is kept how long: --keep-raw 90d, --keep-parquet 2y or --keep-history 3y, or keep: {raw: 90d, parquet: 2y} in the job")
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
		printMonth(c, m, "pages")
	}
	if sum.Stays != "" {
		_ = c.print("pages that are newer stay: %s\n", sum.Stays)
	}
	for _, m := range sum.Tables {
		printMonth(c, m.PrunedMonth, fmt.Sprintf("Parquet of %s, %s", plural(len(m.Tables), "table"), plural(int(m.Rows), "row")))
	}
	for _, why := range sum.Left {
		_ = c.print("%s\n", why)
	}
	if len(sum.Months)+len(sum.Tables) == 0 && sum.Versions.Rows == 0 {
		return c.print("nothing to prune\n")
	}
	var what []string
	if n := len(sum.Months); n > 0 {
		what = append(what, "pages of "+plural(n, "month"))
	}
	if n := len(sum.Tables); n > 0 {
		what = append(what, "Parquet files of "+plural(n, "month"))
	}
	if v := sum.Versions; v.Rows > 0 {
		what = append(what, fmt.Sprintf("%s of rows that ended before %s", plural(int(v.Rows), "version"), v.Before))
	}
	did := "were removed"
	if dry {
		did = "would be removed; nothing was changed"
	}
	return c.print("%s %s\n", strings.Join(what, " and "), did)
}

func printMonth(c *console, m landing.PrunedMonth, what string) {
	_ = c.print("%s  %s from %s to %s, %s, %s: %s\n", m.First[:6], plural(m.Runs, "run"), m.First, m.Last, plural(m.Files, "file"), humanize.IBytes(uint64(m.Bytes)), what)
	if m.Archive != "" {
		_ = c.print("        archived in %s\n", m.Archive)
	}
}
