package main

import (
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/destinations"
)

func replayCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "replay",
		Usage: "make the tables again from landed pages, without the API",
		UsageText: `spacesetl replay --store ./archive
spacesetl replay --store ./archive --run 20261122T023015Z-1f3a9c --to parquet --out ./elsewhere`,
		Description: "Twice the same replay gives the same Parquet files, byte by byte.",
		Flags: append([]cli.Flag{
			text("store", "spacesetl-store", "`DIR` whose landed pages to read"),
			text("run", "", "`ID` of the run; default all runs, oldest first"),
			usage.OneOf(list("to", destinations.Help()), destinations.Names()...),
			schemaFlag(),
			text("out", "", "`DIR` to write to instead of the store"),
			flag("skip-damaged", "go over pages that cannot be read; the manifest names them"),
			memoryFlag(),
			outputFlag(),
		}, append(watchFlags(), profileFlags()...)...),
		Action: func(ctx *cli.Context) error {
			return profiled(ctx, func() error { return replay(c, ctx) })
		},
	}
}

// schemaFlag is the job's, of what reads no job.
func schemaFlag() cli.Flag {
	return text("postgres-schema", "", "`SCHEMA` of the tables in PostgreSQL (default spacesetl)")
}

// replay prints what each run came to when it is made.
func replay(c *console, ctx *cli.Context) error {
	out := resultFormat(ctx)
	w, err := watch(c, ctx)
	if err != nil {
		return err
	}
	spec := jobs.Spec{Store: ctx.String("store"), To: usage.Trimmed(ctx.StringSlice("to")), PostgresSchema: ctx.String("postgres-schema")}
	o := c.options()
	o.Listener = listener(w)
	if o.Memory, err = setMemory(ctx); err != nil {
		return err
	}
	w.Start(ctx.Context)
	defer w.Stop()
	for result, err := range jobs.Open(spec, o).Replay(ctx.Context, jobs.ReplayOptions{Run: ctx.String("run"), Out: ctx.String("out"), SkipDamaged: ctx.Bool("skip-damaged")}) {
		if err != nil {
			return ofJob(ctx, err)
		}
		w.Clear()
		if err := printResult(c, result, out); err != nil {
			return err
		}
	}
	return nil
}
