package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

func validateCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:        "validate",
		Usage:       "check job files and name every mistake",
		UsageText:   "spacesetl validate job.yaml\nspacesetl validate jobs/*.yaml",
		Description: "Each FILE is checked; without one that is spacesetl.yaml. Exit code 2 if any is wrong.",
		ArgsUsage:   "[FILE…]",
		Flags:       append([]cli.Flag{text("file", "", "job `FILE` (YAML); may be given more than once", "f")}, trustFlags()...),
		Action:      func(ctx *cli.Context) error { return validate(c, ctx) },
	}
}

// validate checks every file, also after one that is wrong.
func validate(c *console, ctx *cli.Context) error {
	files := ctx.Args().Slice()
	if file := jobFile(ctx, c.say); len(files) == 0 && file != "" {
		files = []string{file}
	}
	if len(files) == 0 {
		return usage.Of(errors.New("no job file: name one, or write " + folderFile + " with spacesetl init"))
	}
	var wrong error
	for _, file := range files {
		spec, err := loadJob(ctx, file, nil)
		if err == nil {
			err = c.print("%s is valid: job %q\n%s\n", file, spec.Name, spec.Price())
			sayAll(c.say, spec.Doubts())
		}
		wrong = errors.Join(wrong, err)
	}
	return wrong
}
