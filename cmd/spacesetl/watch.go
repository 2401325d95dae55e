package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
)

// watchFlags say what is told of a run while it goes.
func watchFlags() []cli.Flag {
	return []cli.Flag{
		text("progress", "auto", "bar, log, json, none, or auto: bar on a terminal; `HOW`"),
		text("log-level", "info", "least that is logged: debug, info, warn, error; `LEVEL`"),
		text("log-format", "auto", "text, json, or auto: text on a terminal only; `FORMAT`"),
	}
}

// watch returns the observer of a command with watchFlags.
func (c *console) watch(ctx *cli.Context) (*observe.Observer, error) {
	w, err := observe.New(observe.Options{
		Stderr: c.stderr, Dumb: os.Getenv("TERM") == "dumb",
		Progress: ctx.String("progress"), Level: ctx.String("log-level"), Format: ctx.String("log-format"),
	})
	if err != nil {
		return nil, &usageError{"spacesetl " + ctx.Command.Name, err}
	}
	return w, nil
}

// watched runs work under the command's observer, and prints what it came to.
func (c *console) watched(ctx *cli.Context, work func(*observe.Observer) (result, error)) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	w, err := c.watch(ctx)
	if err != nil {
		return err
	}
	w.Start()
	r, err := work(w)
	w.Finish()
	if printErr := c.printResult(r, out); err == nil {
		err = printErr
	}
	return withAdvice(err, again(ctx))
}
