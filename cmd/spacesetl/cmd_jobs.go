package main

import (
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/jobs/ready"
)

func jobsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "jobs",
		Usage: "ready-made jobs, and what makes a scheduler run them",
		UsageText: `spacesetl jobs list
spacesetl jobs show hourly-creators > hourly-creators.yaml
spacesetl jobs show hourly-creators --for systemd`,
		Description: "To write one of your own, see spacesetl init.",
		Subcommands: []*cli.Command{jobsListCommand(c), jobsShowCommand(c)},
	}
}

func jobsListCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "list the ready-made jobs",
		UsageText: "spacesetl jobs list\nspacesetl jobs list --output json",
		Flags:     []cli.Flag{formatFlag()},
		Action: func(ctx *cli.Context) error {
			out := ctx.String("output")
			if out == "json" {
				return c.printJSON(ready.Jobs())
			}
			w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
			_ = printable.To(w, "job\truns (UTC)\tneeds\twhat it gets\n")
			for _, r := range ready.Jobs() {
				_ = printable.To(w, "%s\t%s\t%s\t%s\n", r.Name, r.Schedule.Cron(), r.Needs.Name, r.About)
			}
			return w.Flush()
		},
	}
}
