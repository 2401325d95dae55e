package main

import (
	"errors"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/keep"
)

func backupCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "backup",
		Usage: "copy a store, also while a run is at work in it",
		UsageText: "spacesetl backup --store ./spaces /mnt/backup/spaces\n" +
			"spacesetl backup -f job.yaml /mnt/backup/spaces-monday.tar.zst\n" +
			"spacesetl backup --store ./spaces - | ssh host 'cat > spaces.tar.zst'",
		Description: "A folder is brought up to the store: what is there already is not copied again, and until\n" +
			"the new backup is whole the one before is. A run that is under way is copied as one that was\n" +
			"killed. Files are held against their manifests; exit code 1 when one is not what was written,\n" +
			"which a folder does not take over what it had. spacesetl restore makes a store of it.",
		ArgsUsage: "DEST",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			outputFlag(),
		},
		Action: func(ctx *cli.Context) error { return backupStore(c, ctx) },
	}
}

func backupStore(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	if ctx.Args().Len() != 1 {
		return usage.Errorf("name one folder, a file that ends in .tar.zst, or - for stdout")
	}
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	to, said := ctx.Args().First(), c
	if to == "-" {
		if printable.Terminal(c.stdout) != nil {
			return usage.Errorf("a terminal takes no archive: send it to a file or a command")
		}
		said = &console{stdout: c.stderr}
	}
	sum, err := jobs.Open(spec, c.options()).Backup(ctx.Context, to, c.exact())
	var none *keep.NoBackupError
	if errors.As(err, &none) {
		return usage.Of(err)
	}
	if err != nil {
		return ofJob(ctx, err)
	}
	if out == "json" {
		err = said.printJSON(sum)
	} else {
		err = printBackup(said, &sum)
	}
	if err == nil && len(sum.Problems) > 0 {
		err = &notWholeError{sum.Problems}
	}
	return err
}

func printBackup(c *console, sum *keep.Summary) error {
	if n := len(sum.Foreign); n > 0 {
		_ = c.print("not copied: %s that spacesetl did not make, such as %s\n", plural(n, "file"), sum.Foreign[0])
	}
	for _, left := range sum.Left {
		_ = c.print("note   %s\n", left)
	}
	for _, problem := range sum.Problems {
		_ = c.print("WRONG  %s\n", problem)
	}
	return c.print("%s files, %s; copied %s, %s\n", thousands(int64(sum.Files)), humanize.IBytes(uint64(sum.Bytes)), thousands(int64(sum.Copied)), humanize.IBytes(uint64(sum.CopiedBytes)))
}
