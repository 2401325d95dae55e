package main

import (
	"errors"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/keep"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

func restoreCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "restore",
		Usage: "make a store of a backup",
		UsageText: "spacesetl restore /mnt/backup/spaces --store ./spaces\n" +
			"spacesetl restore --archive /mnt/archive/parquet-2026-03.tar.zst --store ./spaces\n" +
			"spacesetl restore spaces-monday.tar.zst --store ./monday --verify",
		Description: "The store is a new folder. Its files are held against the checksums of the backup and of their\n" +
			"manifests; --verify proves the tables against the pages, too. A restore that was killed leaves a\n" +
			"folder that says so, and the same command goes on. A backup can be from anybody: nothing is\n" +
			"written outside of the folder. Exit code 1 when a file is not what was written.",
		ArgsUsage: "BACKUP",
		Flags: []cli.Flag{
			text("store", "", "new `DIR` of the job's pages and tables"),
			text("archive", "", "bring back to the --store what was pruned from it into `FILE`"),
			flag("verify", "prove the store then, as spacesetl verify does"),
			memoryFlag(),
			outputFlag(),
		},
		Action: func(ctx *cli.Context) error { return restoreStore(c, ctx) },
	}
}

func restoreStore(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	if ctx.String("archive") != "" && ctx.String("store") != "" && !ctx.Args().Present() {
		return restoreArchive(c, ctx)
	}
	if ctx.Args().Len() != 1 || ctx.String("store") == "" {
		return usage.Errorf("name one backup, a folder, an archive or - for stdin, and the new --store")
	}
	done, err := keep.Restore(ctx.Context, keep.From{Backup: ctx.Args().First(), In: os.Stdin, Store: store.Dir(ctx.String("store"))})
	var none *keep.NoBackupError
	var taken *keep.TakenError
	if errors.As(err, &none) || errors.As(err, &taken) || errors.Is(err, os.ErrNotExist) {
		return usage.Of(err)
	}
	if err != nil {
		return err
	}
	switch {
	case out != "json":
		err = printRestored(c, done, ctx.Bool("verify"))
	case !ctx.Bool("verify"): // what verify prints is the same form
		err = c.printJSON(done)
	}
	switch {
	case err != nil:
		return err
	case ctx.Bool("verify"):
		return verifyStore(c, ctx, proof.Options{All: true})
	case len(done.Problems) > 0:
		return &notWholeError{done.Problems}
	}
	return nil
}

// restoreArchive brings back what was pruned.
func restoreArchive(c *console, ctx *cli.Context) error {
	month, err := keep.RestoreArchive(ctx.Context, store.Dir(ctx.String("store")), ctx.String("archive"), nil)
	var none *keep.NoBackupError
	if errors.As(err, &none) || errors.Is(err, os.ErrNotExist) {
		return usage.Of(err)
	}
	if err != nil {
		return err
	}
	what, as := "pages", "count"
	if month.Tables != nil {
		what, as = "Parquet files", "list"
	}
	switch {
	case ctx.String("output") != "json":
		err = c.print("the %s of %s are back, from %s to %s: %s, %s, as their manifests %s them\n", what, plural(month.Runs, "run"), month.First, month.Last, plural(month.Files, "file"), humanize.IBytes(uint64(month.Bytes)), as)
	case !ctx.Bool("verify"):
		err = c.printJSON(month)
	}
	if err == nil && ctx.Bool("verify") {
		err = verifyStore(c, ctx, proof.Options{All: true})
	}
	return err
}

func printRestored(c *console, done *keep.Restored, proved bool) error {
	for _, left := range done.Left {
		_ = c.print("note   %s\n", left)
	}
	for _, problem := range done.Problems {
		_ = c.print("WRONG  %s\n", problem)
	}
	_ = c.print("%s files, %s of %s as of %s, with %s\n", thousands(int64(done.Files)), humanize.IBytes(uint64(done.Bytes)), done.Of, done.At.Format("2006-01-02 15:04:05 UTC"), plural(done.Runs, "run"))
	if len(done.Problems) == 0 {
		_ = c.print("all are what was backed up, and what the manifests list\n")
	}
	if !proved {
		_ = c.print("spacesetl verify --store %s proves the tables against the pages\n", jobs.ShellWord(done.Store))
	}
	return c.print("spacesetl status --store %s says how to go on\n", jobs.ShellWord(done.Store))
}
