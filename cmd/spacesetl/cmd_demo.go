package main

import (
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/ready"
)

func demoCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "demo",
		Usage:     "run a whole job against the built-in simulator",
		UsageText: "spacesetl demo\nspacesetl demo --spaces 20000 --seed 7 --dir ./big-demo",
		Description: "The simulator has the documented rate limits in windows of about a second instead of\n" +
			"15 minutes, so that one sees the pacing without the wait. No token is needed.",
		Flags: append([]cli.Flag{
			text("dir", "spacesetl-demo", "`DIR` to write to"),
			number("seed", 1, "seed of the simulated world; `N`"),
			number("spaces", 1000, "size of the simulated world; `N`"),
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
	return watched(c, ctx, func(w *observe.Observer) (ended, error) { return runDemo(c, ctx, w) })
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
