package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
)

func watchCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "watch",
		Usage: "look at live Spaces again and again: the curves of their audiences",
		UsageText: `spacesetl watch job.yaml
spacesetl watch --search "open mic" --every 30s --dry-run`,
		Description: "It stays until it gets SIGTERM or SIGINT, and then loads what there is. Each hour is a run like\n" +
			"any other: v_audience and v_audience_curves have the curves. Started again it goes on where it was.",
		ArgsUsage: "[FILE]",
		Flags: append(append(append(usage.WatchJobFlags(), trustFlags()...),
			tokenFileFlag(),
			memoryFlag(),
			flag("standby", "while another watch has the store, wait, and take over when it ends"),
			flag("dry-run", "say how dense it can be and what that costs, and send nothing"),
		), append(watchFlags(), tellFlags()...)...),
		Action: func(ctx *cli.Context) error {
			w, err := watch(c, ctx)
			if err != nil {
				return err
			}
			return startWatch(c, ctx, w)
		},
	}
}

// startWatch watches as the command line asks.
func startWatch(c *console, ctx *cli.Context, w *observe.Observer) error {
	spec, err := readSpec(ctx, func(line string) { w.Log().Info(line) })
	if err != nil {
		return err
	}
	w.Job(spec.Name)
	o := c.options()
	o.Listener, o.Origin = listener(w), origin(ctx, spec)
	if o.Memory, err = setMemory(ctx); err != nil {
		return err
	}
	if o.Tokens, err = findTokens(c, ctx, spec); err != nil {
		return err
	}
	sayAll(func(line string) { w.Log().Warn(line) }, spec.Doubts())
	job := jobs.Open(spec, o)
	foreseen, err := job.Foresee(ctx.Context)
	if err != nil {
		return ofJob(ctx, err)
	}
	if ctx.Bool("dry-run") {
		for _, line := range foreseen.Lines() {
			if err := c.print("%s\n", line); err != nil {
				return err
			}
		}
		return nil
	}
	for _, line := range foreseen.Lines() {
		w.Log().Info(line)
	}
	w.Start(ctx.Context)
	told := func(r jobs.Result, err error) observe.End {
		return observe.End{Outcome: outcome(ended{Result: r}, err), Code: exitCode(ctx.Context, err), Manifest: r.Manifest, Err: lined(err)}
	}
	said := false // by a run, how it ended
	err = ofJob(ctx, job.Watch(ctx.Context, jobs.WatchOptions{
		Standby: ctx.Bool("standby"),
		Watched: func(now *jobs.Watching) {
			w.Watching(observe.View{
				Lines:  func(columns int) (string, []string) { return show.Live(now, columns) },
				Spaces: func() map[string]int64 { return show.People(now) },
			})
		},
		Ended: func(r jobs.Result, err error) {
			w.Ended(context.WithoutCancel(ctx.Context), told(r, err))
			said = true
		},
	}))
	finish := w.Finish
	if said {
		finish = w.Close
	}
	finish(context.WithoutCancel(ctx.Context), told(jobs.Result{}, err))
	return err
}
