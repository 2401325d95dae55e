package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/health"
)

func statusCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "show a store at a glance: runs, tables, money, what is wrong",
		UsageText: `spacesetl status --store ./spaces
spacesetl status -f job.yaml --output json
spacesetl status --store ./spaces --check || mail -s "spaces" me`,
		Description: "Reads manifests and file sizes, takes no lock and changes nothing: a run may be under way. It asks\n" +
			"nobody but PostgreSQL, where a job says \"to\" it. Problems are shown; with --check they are also\n" +
			"exit code 1.",
		Flags: append([]cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store, budget and prices", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			flag("check", "print problems only, and end with exit code 1 if there are any"),
			duration("stale", "a last run older than this is a problem; `DURATION` (default thrice the usual)"),
			formatFlag(),
		}, trustFlags()...),
		Action: func(ctx *cli.Context) error { return showStatus(c, ctx) },
	}
}

// unhealthyError is what status --check ends with.
type unhealthyError struct {
	store    string
	problems int
}

func (e *unhealthyError) Error() string {
	return fmt.Sprintf("store %s: problems found: %d", e.store, e.problems)
}

func showStatus(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	o, err := jobs.Open(spec, c.options()).Status(ctx.Context, jobs.StatusOptions{Stale: ctx.Duration("stale"), File: ctx.String("file"), Env: os.LookupEnv})
	if err != nil {
		return ofJob(ctx, err)
	}
	switch {
	case out == "json":
		err = c.printJSON(o)
	case ctx.Bool("check"):
		err = show.Findings(c.stdout, o, health.Problem)
	default:
		err = show.Overview(c.stdout, o)
	}
	if err == nil && ctx.Bool("check") && !o.Healthy {
		err = &unhealthyError{spec.Store, problems(o)}
	}
	return err
}

// storeSpec is the job of a file, if any, with what flags say, such as its store. Only
// what the job says of that counts here: a job without seeds will do.
func storeSpec(c *console, ctx *cli.Context) (jobs.Spec, error) {
	spec := jobs.Spec{}
	if file := jobFile(ctx, c.say, "store"); file != "" {
		var err error
		if spec, err = loadJob(ctx, file, nil); err != nil {
			return spec, err
		}
	}
	err := usage.Override(ctx, &spec)
	spec.Defaults()
	return spec, err
}

func problems(o *health.Overview) int {
	n := 0
	for _, f := range o.Findings {
		if f.Level == health.Problem {
			n++
		}
	}
	return n
}
