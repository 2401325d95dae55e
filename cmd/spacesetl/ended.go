package main

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// ended is a run that has come to its end, whichever.
type ended struct {
	jobs.Result
	job   *jobs.Job
	store string
}

// watched runs work under the command's observer, prints what it came to and
// makes its report.
func watched(c *console, ctx *cli.Context, work func(*observe.Observer) (ended, error)) error {
	out := resultFormat(ctx)
	w, err := watch(c, ctx)
	if err != nil {
		return err
	}
	w.Start(ctx.Context)
	r, err := work(w)
	w.Finish(context.WithoutCancel(ctx.Context), observe.End{Outcome: outcome(r, err), Code: exitCode(ctx.Context, err), Manifest: r.Manifest, Err: lined(err)})
	if printErr := printResult(c, r.Result, out); err == nil {
		err = printErr
	}
	reportRun(c, ctx, w, r, out)
	return withAdvice(err, again(ctx))
}

// outcome is what a run came to that ended with err.
func outcome(r ended, err error) schemas.Outcome {
	var stopped *pipeline.StoppedError
	var gaps *gapsError
	switch {
	case (err == nil || errors.As(err, &gaps)) && r.Manifest != nil:
		return r.Manifest.Run.Outcome
	case err == nil:
		return schemas.Done
	case errors.As(err, &stopped):
		return stopped.Outcome
	case errors.Is(err, context.Canceled):
		return schemas.Interrupted
	}
	return schemas.Failed
}

// quietly is the format of no result.
const quietly = "none"

// resultFormat is how the result of a run is printed.
func resultFormat(ctx *cli.Context) string {
	if out := ctx.String("output"); out == "json" || !ctx.Bool("quiet") {
		return out
	}
	return quietly
}

// printResult prints what a run came to, as a manifest or to read.
func printResult(c *console, r jobs.Result, format string) error {
	switch {
	case r.Manifest == nil:
		return nil
	case format == quietly: // but for what is missing
		sayAll(c.say, show.Gaps(r.Manifest))
		return nil
	case format == "json":
		return c.printJSON(r.Manifest)
	}
	return show.Run(c.stdout, r)
}
