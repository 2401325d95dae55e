package main

import (
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/ready"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

func demoCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "demo",
		Usage:     "run a whole job against the built-in simulator",
		UsageText: "spacesetl demo\nspacesetl demo --days 2 --dir ./two-days\nspacesetl demo --spaces 20000 --seed 7 --dir ./big-demo",
		Description: "The simulator has the documented rate limits in windows of about a second instead of\n" +
			"15 minutes, so that one sees the pacing without the wait. No token is needed. --days runs an\n" +
			"hourly job on a clock of its own over the days before now, in which Spaces come and go.",
		Flags: append([]cli.Flag{
			text("dir", "spacesetl-demo", "`DIR` to write to"),
			number("seed", 1, "seed of the simulated world; `N`"),
			number("spaces", 1000, "size of the simulated world; `N`"),
			number("days", 0, "run an hourly job over `N` simulated days, to 14"),
			outputFlag(),
			noReportFlag(),
		}, watchFlags()...),
		Action: func(ctx *cli.Context) error { return demo(c, ctx) },
	}
}

func demo(c *console, ctx *cli.Context) error {
	if n := ctx.Int("spaces"); n < 10 || n > 1_000_000 {
		return usage.Errorf("--spaces must be between 10 and 1000000")
	}
	demo := runDemo
	switch days := ctx.Int("days"); {
	case days < 0 || days > 14:
		return usage.Errorf("--days must be between 1 and 14")
	case days > 0:
		if _, err := os.Lstat(ctx.String("dir")); err == nil {
			return usage.Errorf("%s is there: the days before now can only be made in a new --dir", ctx.String("dir"))
		}
		demo = runDays
	}
	return watched(c, ctx, func(w *observe.Observer) (ended, error) { return demo(c, ctx, w) })
}

// runDays runs the hourly job of some days, the last run now.
func runDays(c *console, ctx *cli.Context, w *observe.Observer) (ended, error) {
	last := ended{store: ctx.String("dir")}
	end := time.Now().UTC().Truncate(time.Second)
	hours := 24 * ctx.Int("days")
	at := end.Add(-time.Duration(hours) * time.Hour)
	clock := func() time.Time { return at }
	world := simulator.New(ready.DemoDays(uint64(ctx.Int("seed")), ctx.Int("spaces"), ctx.Int("days"), clock))
	server, err := serve(ctx.Context, "127.0.0.1:0", world)
	if err != nil {
		return last, err
	}
	defer server.stop()
	o := c.options()
	o.Tokens, o.Now = jobs.Tokens{App: ready.DemoAppToken}, clock
	o.Client = func(cfg *extract.Config) { cfg.Now, cfg.CreatorSpacing = clock, time.Nanosecond }
	if o.Memory, err = setMemory(ctx); err != nil {
		return last, err
	}
	spec := ready.DemoHourly(world, ctx.String("dir"), server.url)
	all := spec.To
	spec.To = []string{store.ParquetFiles}
	for range hours {
		at = at.Add(time.Hour)
		result, err := jobs.Open(spec, o).Run(ctx.Context)
		if last.Result = result; err != nil {
			return last, ofJob(ctx, err)
		}
		w.Log().Info("an hour has gone by", "at", at.Format(time.RFC3339), "pages", result.Manifest.Run.Pages)
	}
	// All runs at once go into the database quicker than one by one.
	spec.To = []string{store.DuckDBFile}
	for result, err := range jobs.Open(spec, o).Replay(ctx.Context, jobs.ReplayOptions{}) {
		if err != nil {
			return last, err
		}
		last.DuckDB = result.DuckDB
	}
	spec.To = all
	last.job = jobs.Open(spec, o)
	return last, nil
}

func runDemo(c *console, ctx *cli.Context, w *observe.Observer) (ended, error) {
	cfg, creator := ready.DemoWorld(uint64(ctx.Int("seed")), ctx.Int("spaces"))
	cfg.Epoch = time.Now()
	world := simulator.New(cfg)
	server, err := serve(ctx.Context, "127.0.0.1:0", world)
	if err != nil {
		return ended{}, err
	}
	defer server.stop()
	o := c.options()
	o.Tokens, o.Listener = jobs.Tokens{App: ready.DemoAppToken, User: ready.DemoUserToken}, listener(w)
	o.Client = func(cfg *extract.Config) {
		cfg.CreatorSpacing, cfg.BaseDelay, cfg.BurstDelay = 100*time.Millisecond, 50*time.Millisecond, 100*time.Millisecond
	}
	if o.Memory, err = setMemory(ctx); err != nil {
		return ended{}, err
	}
	w.Log().Info("simulator at " + server.url)
	job := jobs.Open(ready.Demo(world, creator, ctx.String("dir"), server.url), o)
	result, err := job.Run(ctx.Context)
	return ended{result, job, ctx.String("dir")}, ofJob(ctx, err)
}
