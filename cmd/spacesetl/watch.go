package main

import (
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
)

// watchFlags say what is told of a run while it goes.
func watchFlags() []cli.Flag {
	return []cli.Flag{
		text("log-level", "info", "least that is logged: debug, info, warn, error; `LEVEL`"),
		text("log-format", "auto", "text, json, or auto: text on a terminal only; `FORMAT`"),
	}
}

// watch returns the observer of a command with watchFlags.
func (c *console) watch(ctx *cli.Context) (*observe.Observer, error) {
	w, err := observe.New(observe.Options{
		Stderr: c.stderr, Level: ctx.String("log-level"), Format: ctx.String("log-format"),
	})
	if err != nil {
		return nil, &usageError{"spacesetl " + ctx.Command.Name, err}
	}
	return w, nil
}
