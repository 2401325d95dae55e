package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
)

func (c *console) jobsCommand() *cli.Command {
	command := &cli.Command{
		Name:  "jobs",
		Usage: "ready-made jobs, and what makes a scheduler run them",
		UsageText: `spacesetl jobs list
spacesetl jobs show hourly-creators > hourly-creators.yaml
spacesetl jobs show hourly-creators --for systemd`,
		Description: "To write one of your own, see spacesetl init.",
		Subcommands: []*cli.Command{c.jobsListCommand(), c.jobsShowCommand()},
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

func (c *console) jobsListCommand() *cli.Command {
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
				encoder := json.NewEncoder(c.stdout)
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				return encoder.Encode(jobs.ReadyMade())
			}
			w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "job\truns (UTC)\tneeds\twhat it gets\n")
			for _, r := range jobs.ReadyMade() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Name, r.Schedule.Cron(), r.Needs.Name, r.About)
			}
			return w.Flush()
		},
	}
}

func (c *console) jobsShowCommand() *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "print a ready-made job, or what makes a scheduler run it",
		UsageText: `spacesetl jobs show hourly-creators > hourly-creators.yaml
spacesetl jobs show hourly-creators --for cron
spacesetl jobs show hourly-creators --for systemd --dir /etc/systemd/system
spacesetl jobs show hourly-creators --for kubernetes --job-file mine.yaml | kubectl apply -f -`,
		Description: "There is no secret in what is printed: it says where the scheduler keeps those.",
		Flags: []cli.Flag{
			text("for", "", "scheduler: cron, systemd, kubernetes or airflow; `SCHEDULER`"),
			text("job-file", "", "`FILE` with the job (default /etc/spacesetl/NAME.yaml, kubernetes: as shown)"),
			text("bin", "", "`FILE` of the program there (default /usr/local/bin/spacesetl)"),
			text("image", jobs.DefaultImage, "container `IMAGE`"),
			text("user", "", "`NAME` of the user to run as (systemd, cron.d)"),
			text("memory", "1536MiB", "memory to stay within, such as `1GiB`"),
			text("dir", "", "`DIR` to write the files to, instead of printing them"),
		},
		Action: c.jobsShow,
	}
}

func (c *console) jobsShow(ctx *cli.Context) error {
	if again, err := flagsFirst(ctx, "jobs", "show"); err != nil || again != nil {
		if err == nil {
			return c.app().RunContext(ctx.Context, again)
		}
		return ofJobs(ctx, err)
	}
	scheduler := ctx.String("for")
	if scheduler != "" {
		if err := chosen(ctx, "for", scheduler); err != nil {
			return err
		}
	}
	ready, err := readyMade(ctx.Args().First())
	if err != nil {
		return ofJobs(ctx, err)
	}
	files := []jobs.DeployedFile{{Name: ready.Name + ".yaml", Text: ready.YAML}}
	if scheduler != "" {
		if files, err = deployed(ctx, ready, scheduler); err != nil {
			return ofJobs(ctx, err)
		}
	}
	if dir := ctx.String("dir"); dir != "" {
		return c.writeAll(dir, files)
	}
	var texts []string
	for _, f := range files {
		texts = append(texts, f.Text)
	}
	return c.print("%s", strings.Join(texts, "\n"))
}

// deployed is what makes a scheduler run the job.
func deployed(ctx *cli.Context, ready jobs.Ready, scheduler string) ([]jobs.DeployedFile, error) {
	memory, err := humanize.ParseBytes(ctx.String("memory"))
	if err != nil || memory < leastMemory || memory > 1<<50 {
		return nil, &usageError{err: fmt.Errorf("--memory: %q is not a size of %s or more, such as 512MiB or 2GB", ctx.String("memory"), humanize.IBytes(leastMemory))}
	}
	d := jobs.Deployment{Bin: ctx.String("bin"), Image: ctx.String("image"), JobFile: ctx.String("job-file"), User: ctx.String("user"), Memory: int64(memory)}
	if scheduler == "kubernetes" && d.JobFile != "" {
		text, err := os.ReadFile(d.JobFile)
		if err != nil {
			return nil, &usageError{err: fmt.Errorf("--job-file: %w", err)}
		}
		d.Job, d.JobFile = string(text), ""
	}
	files, err := ready.Deploy(scheduler, d)
	if err != nil {
		return nil, &usageError{err: err}
	}
	return files, nil
}

// readyMade finds a ready-made job.
func readyMade(name string) (jobs.Ready, error) {
	var names []string
	for _, r := range jobs.ReadyMade() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	slices.Sort(names)
	if name == "" {
		return jobs.Ready{}, &usageError{err: fmt.Errorf("no job named: one of %s", strings.Join(names, ", "))}
	}
	return jobs.Ready{}, &usageError{err: fmt.Errorf("there is no ready-made job %q%s", name, near(name, names))}
}

// writeAll writes files that are not there yet.
func (c *console) writeAll(dir string, files []jobs.DeployedFile) error {
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := writeWhole(path, f.Text, false); err != nil {
			return err
		}
		_ = c.print("wrote %s\n", path)
	}
	return nil
}
