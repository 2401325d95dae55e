package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func runCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "fetch what a job asks for and load it",
		UsageText: `spacesetl run job.yaml
spacesetl run --search "open mic" --search crypto --creators @XDevelopers --with tweets`,
		Description: "Tokens are those of spacesetl auth, or X_BEARER_TOKEN (app) and X_USER_TOKEN (user, for buyers).\n" +
			"A run that stopped early goes on when run again. Without anything to get the job is spacesetl.yaml.",
		ArgsUsage: "[FILE]",
		Flags: append(append(append(usage.JobFlags(), trustFlags()...),
			tokenFileFlag(),
			memoryFlag(),
			outputFlag(),
			noReportFlag(),
			usage.In(usage.Watch, zoneFlag())[0],
			flag("dry-run", "say what it would ask and cost, as plan does, and send nothing"),
			flag("resume", "go on with the last run of this job even if it has come to its end"),
		), append(watchFlags(), tellFlags()...)...),
		Action: func(ctx *cli.Context) error {
			if ctx.Bool("dry-run") {
				return showPlan(c, ctx)
			}
			return watched(c, ctx, func(w *observe.Observer) (ended, error) { return startRun(c, ctx, w) })
		},
	}
}

func outputFlag() cli.Flag {
	return usage.OneOf(text("output", "text", "print at the end: text, or json, the manifest; `FORMAT`", "o"), "text", "json")
}

// formatFlag is outputFlag of what is no run.
func formatFlag() cli.Flag {
	return usage.OneOf(text("output", "text", "print text, or json; `FORMAT`", "o"), "text", "json")
}

// startRun runs the job that the command line asks for.
func startRun(c *console, ctx *cli.Context, w *observe.Observer) (ended, error) {
	if _, err := zoneOf(ctx); err != nil {
		return ended{}, err
	}
	spec, err := readSpec(ctx, func(line string) { w.Log().Info(line) })
	if err != nil {
		return ended{}, err
	}
	w.Job(spec.Name)
	o := c.options()
	o.Resume, o.Listener, o.Origin = ctx.Bool("resume"), listener(w), origin(ctx, spec)
	if o.Memory, err = setMemory(ctx); err != nil {
		return ended{}, err
	}
	if o.Tokens, err = findTokens(c, ctx, spec); err != nil {
		return ended{}, err
	}
	sayAll(func(line string) { w.Log().Warn(line) }, spec.Doubts())
	job := jobs.Open(spec, o)
	result, err := job.Run(ctx.Context)
	if m := result.Manifest; err == nil && spec.Strict && m != nil && m.Run.Outcome == schemas.DoneWithGaps {
		err = &gapsError{m}
	}
	return ended{result, job, spec.Store}, ofJob(ctx, err)
}

// gapsError is what a strict job ends with that is done with gaps.
type gapsError struct{ manifest *store.Manifest }

func (e *gapsError) Error() string {
	return "done with gaps, which strict takes for a failure: " + strings.Join(show.Gaps(e.manifest), "; ")
}
