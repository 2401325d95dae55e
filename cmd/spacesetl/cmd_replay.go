package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

func (c *console) replayCommand() *cli.Command {
	return &cli.Command{
		Name:  "replay",
		Usage: "make the tables again from landed pages, without the API",
		UsageText: `spacesetl replay --store ./archive
spacesetl replay --store ./archive --run 20261122T023015Z-1f3a9c --to parquet --out ./elsewhere`,
		Description: "Twice the same replay gives the same Parquet files, byte by byte.",
		Flags: append([]cli.Flag{
			text("store", "spacesetl-store", "`DIR` whose landed pages to read"),
			text("run", "", "`ID` of the run; default all runs, oldest first"),
			list("to", "destinations: parquet, duckdb; `LIST` (default both)"),
			text("out", "", "`DIR` to write to instead of the store"),
			memoryFlag(),
			outputFlag(),
		}, append(watchFlags(), profileFlags()...)...),
		Action: func(ctx *cli.Context) error {
			return profiled(ctx, func() error { return c.replay(ctx) })
		},
	}
}

func (c *console) replay(ctx *cli.Context) error {
	if _, err := format(ctx); err != nil {
		return err
	}
	watch, err := c.watch(ctx)
	if err != nil {
		return err
	}
	to := trimmed(ctx.StringSlice("to"))
	for _, name := range to {
		if err := chosen(ctx, "to", name); err != nil {
			return err
		}
	}
	if len(to) == 0 {
		to = []string{"parquet", "duckdb"}
	}
	memory, err := setMemory(ctx)
	if err != nil {
		return err
	}
	store := pipeline.Store(ctx.String("store"))
	runs, err := runsToReplay(ctx, store, ctx.String("run"))
	if err != nil {
		return err
	}
	dir := store
	if ctx.IsSet("out") {
		dir = pipeline.Store(ctx.String("out"))
	}
	unlock, err := dir.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	tables := destinations(string(dir), to)
	tables.memory = memory
	return c.replayRuns(ctx, &replaying{store, dir, tables, watch}, runs)
}

// replayRuns replays one run after the other and prints what each came to.
func (c *console) replayRuns(ctx *cli.Context, r *replaying, runs []string) error {
	r.watch.Start(ctx.Context)
	defer r.watch.Stop()
	for _, id := range runs {
		r.watch.Run(id)
		came, err := r.run(ctx.Context, id)
		if err != nil {
			return err
		}
		r.watch.Clear()
		if err := c.printResult(came, ctx.String("output")); err != nil {
			return err
		}
	}
	return nil
}

// runsToReplay lists the runs that were asked for.
func runsToReplay(ctx *cli.Context, store pipeline.Store, id string) ([]string, error) {
	runs, err := store.Runs()
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, &usageError{commandOf(ctx), fmt.Errorf("there are no runs in %s: give the --store of a job that has run", store)}
	}
	if id == "" {
		return runs, nil
	}
	if !slices.Contains(runs, id) {
		return nil, &usageError{commandOf(ctx), fmt.Errorf("there is no run %q in %s%s; the last is %s", id, store, near(id, runs), runs[len(runs)-1])}
	}
	return []string{id}, nil
}

// replaying is from where and to where runs are replayed.
type replaying struct {
	store, dir pipeline.Store
	out        output
	watch      *observe.Observer
}

// run loads the landed pages of one run.
func (r *replaying) run(ctx context.Context, id string) (result, error) {
	start := time.Now()
	planned, err := r.store.Planned(id)
	if err != nil {
		return result{}, err
	}
	switch m, err := r.store.Manifest(id); {
	case err == nil:
		planned.Run.Outcome = m.Run.Outcome
	case errors.Is(err, fs.ErrNotExist):
		planned.Run.Outcome = schemas.Interrupted
	default:
		return result{}, err
	}
	p, done, err := assemble(r.store, planned, r.out, nil)
	if err != nil {
		return result{}, err
	}
	defer done()
	p.Out, p.Progress = r.dir, r.watch.Progress
	if err := p.Open(); err != nil {
		return result{}, err
	}
	defer p.Close()
	m, err := p.Load(ctx)
	return result{manifest: m, took: time.Since(start), out: r.out}, err
}
