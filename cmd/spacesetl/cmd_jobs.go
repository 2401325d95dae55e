package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/ready"
)

func jobsCommand(c *console) *cli.Command {
	command := &cli.Command{
		Name:  "jobs",
		Usage: "ready-made jobs, and what makes a scheduler run them",
		UsageText: `spacesetl jobs list
spacesetl jobs show hourly-creators > hourly-creators.yaml
spacesetl jobs show hourly-creators --for systemd`,
		Description: "To write one of your own, see spacesetl init.",
		Subcommands: []*cli.Command{jobsListCommand(c), jobsShowCommand(c)},
		Action: func(ctx *cli.Context) error {
			if name := ctx.Args().First(); name != "" {
				return &usageError{"spacesetl jobs", fmt.Errorf("there is no command %q%s", "jobs "+name, near(name, []string{"list", "show"}))}
			}
			return cli.ShowSubcommandHelp(ctx)
		},
	}
	for _, sub := range command.Subcommands {
		sub.OnUsageError = func(ctx *cli.Context, err error, isSub bool) error { return ofJobs(ctx, usage(ctx, err, isSub)) }
		concise(sub, "jobs")
	}
	return command
}

// ofJobs makes a usage error name both words of the command.
func ofJobs(ctx *cli.Context, err error) error {
	var u *usageError
	if errors.As(err, &u) {
		u.command = "spacesetl jobs " + ctx.Command.Name
	}
	return err
}

func jobsListCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "list the ready-made jobs",
		UsageText: "spacesetl jobs list\nspacesetl jobs list --output json",
		Flags:     []cli.Flag{text("output", "text", "print text, or json; `FORMAT`", "o")},
		Action: func(ctx *cli.Context) error {
			out, err := format(ctx)
			if err == nil && ctx.Args().Present() {
				err = &usageError{err: fmt.Errorf("%q is not a flag", ctx.Args().First())}
			}
			if err != nil {
				return ofJobs(ctx, err)
			}
			if out == "json" {
				return c.printJSON(ready.Jobs())
			}
			w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
			_ = to(w, "job\truns (UTC)\tneeds\twhat it gets\n")
			for _, r := range ready.Jobs() {
				_ = to(w, "%s\t%s\t%s\t%s\n", r.Name, r.Schedule.Cron(), r.Needs.Name, r.About)
			}
			return w.Flush()
		},
	}
}
