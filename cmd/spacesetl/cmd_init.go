package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/schemas"
)

func initCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write a job file by asking five questions",
		UsageText: `spacesetl init
spacesetl init watch.yaml --creators @XDevelopers --with tweets --yes
spacesetl init --from ticketed-audience --store /data/audience tickets.yaml`,
		Description: "FILE is spacesetl.yaml if not given. What flags say is the answer that is proposed; --yes takes\n" +
			"all that is proposed without asking. For a job that keeps its variables, see spacesetl jobs show.",
		ArgsUsage: "[FILE]",
		Flags: []cli.Flag{
			text("creators", "", "user ids and @usernames whose Spaces to get, `LIST` comma separated"),
			text("search", "", "`WORDS` to find in titles, several searches with ; between them"),
			text("ids", "", "Space `IDS` or links, comma separated"),
			usage.Offers(text("with", "", "also get "+schemas.FollowUpNames(", ")+" of each Space, or none; `LIST`"), schemas.Companions()...),
			text("store", "", "`DIR` of the job's pages and tables (default: as the file, without .yaml)"),
			text("budget-day", "", "most that a UTC day may cost, or none; `USD`"),
			text("from", "", "begin with a ready-made job, see spacesetl jobs list; `NAME`"),
			flag("yes", "ask nothing"),
			flag("force", "write over a file that is there"),
		},
		Action: func(ctx *cli.Context) error { return initJob(c, ctx) },
	}
}

func initJob(c *console, ctx *cli.Context) error {
	if ctx.Args().Len() > 1 {
		return usage.Errorf("%q is one too many", ctx.Args().Get(1))
	}
	return writeJob(c, ctx, cmp.Or(ctx.Args().First(), folderFile))
}

func writeJob(c *console, ctx *cli.Context, path string) error {
	if _, err := os.Lstat(path); err == nil && !ctx.Bool("force") {
		return usage.Errorf("%s is there already: give another FILE, or --force to write over it", path)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p, err := proposed(ctx, path)
	if err != nil {
		return usage.Of(err)
	}
	ask := askerFor(c, ctx)
	if ask == nil {
		return usage.Errorf("this is no terminal to ask on: give --yes, and flags for what is not as proposed")
	}
	draft, err := p.draft(ask)
	if err != nil {
		return err
	}
	text, err := draft.YAML()
	if err != nil {
		return usage.Of(err)
	}
	if err := writeWhole(path, text, ctx.Bool("force")); err != nil {
		return err
	}
	file := jobs.ShellWord(path)
	return c.print("wrote %s; next:\n  spacesetl validate -f %s\n  spacesetl plan -f %[2]s\n  spacesetl run -f %[2]s\n", path, file)
}
