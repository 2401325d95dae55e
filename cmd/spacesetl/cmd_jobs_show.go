package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/ready"
)

func jobsShowCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "print a ready-made job, or what makes a scheduler run it",
		UsageText: `spacesetl jobs show hourly-creators > hourly-creators.yaml
spacesetl jobs show hourly-creators --for cron
spacesetl jobs show hourly-creators --for systemd --dir /etc/systemd/system
spacesetl jobs show hourly-creators --for kubernetes --job-file mine.yaml | kubectl apply -f -`,
		ArgsUsage:   "JOB",
		Description: "There is no secret in what is printed: it says where the scheduler keeps those.",
		Flags: []cli.Flag{
			usage.OneOf(text("for", "", "scheduler: cron, systemd, kubernetes or airflow; `SCHEDULER`"), ready.Schedulers()...),
			text("job-file", "", "`FILE` with the job (default /etc/spacesetl/NAME.yaml, kubernetes: as shown)"),
			text("bin", "", "`FILE` of the program there (default /usr/local/bin/spacesetl)"),
			text("image", ready.DefaultImage, "container `IMAGE`"),
			text("user", "", "`NAME` of the user to run as (systemd, cron.d)"),
			text("memory", "1536MiB", "memory to stay within, such as `1GiB`"),
			text("dir", "", "`DIR` to write the files to, instead of printing them"),
		},
		Action: func(ctx *cli.Context) error { return showReady(c, ctx) },
	}
}

func showReady(c *console, ctx *cli.Context) error {
	if ctx.Args().Len() > 1 {
		return usage.Errorf("%q is one too many", ctx.Args().Get(1))
	}
	scheduler := ctx.String("for")
	job, err := readyMade(ctx.Args().First())
	if err != nil {
		return err
	}
	files := []ready.File{{Name: job.Name + ".yaml", Text: job.YAML}}
	if scheduler != "" {
		if files, err = deployed(ctx, job, scheduler); err != nil {
			return err
		}
	}
	if dir := ctx.String("dir"); dir != "" {
		return writeAll(c, dir, files)
	}
	var texts []string
	for _, f := range files {
		texts = append(texts, f.Text)
	}
	return c.text(strings.Join(texts, "\n"))
}

// deployed is what makes a scheduler run the job.
func deployed(ctx *cli.Context, job ready.Job, scheduler string) ([]ready.File, error) {
	memory, err := humanize.ParseBytes(ctx.String("memory"))
	if err != nil || memory < leastMemory || memory > 1<<50 {
		return nil, usage.Errorf("--memory: %q is not a size of %s or more, such as 512MiB or 2GB", ctx.String("memory"), humanize.IBytes(leastMemory))
	}
	d := ready.Deployment{Bin: ctx.String("bin"), Image: ctx.String("image"), JobFile: ctx.String("job-file"), User: ctx.String("user"), Memory: int64(memory)}
	if scheduler == "kubernetes" && d.JobFile != "" {
		text, err := os.ReadFile(d.JobFile)
		if err != nil {
			return nil, usage.Errorf("--job-file: %w", err)
		}
		d.JobText, d.JobFile = string(text), ""
	}
	files, err := job.Deploy(scheduler, d)
	if err != nil {
		return nil, usage.Of(err)
	}
	return files, nil
}

// readyMade finds a ready-made job.
func readyMade(name string) (ready.Job, error) {
	var names []string
	for _, r := range ready.Jobs() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	slices.Sort(names)
	if name == "" {
		return ready.Job{}, usage.Errorf("no job named: one of %s", strings.Join(names, ", "))
	}
	return ready.Job{}, usage.Errorf("there is no ready-made job %q%s", name, usage.Near(name, names))
}

// writeAll writes files that are not there yet.
func writeAll(c *console, dir string, files []ready.File) error {
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := writeWhole(path, f.Text, false); err != nil {
			return err
		}
		_ = c.print("wrote %s\n", path)
	}
	return nil
}
