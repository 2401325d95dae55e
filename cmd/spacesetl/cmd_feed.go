package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/feed"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func feedCommand(c *console) *cli.Command {
	var dialects []string
	for _, d := range feed.Dialects() {
		dialects = append(dialects, d.Name)
	}
	return &cli.Command{
		Name:  "feed",
		Usage: "write the SQL that takes new runs into another engine, or give it to its client",
		UsageText: `spacesetl feed --dialect sqlite --store ./spaces --exec 'sqlite3 spaces.db'
spacesetl feed --dialect clickhouse -f job.yaml --prefix s3://bucket/parquet > new.sql
spacesetl feed --dialect duckdb --show-loads | duckdb my.duckdb > loaded
spacesetl feed --dialect duckdb --store ./spaces --loaded loaded | duckdb my.duckdb`,
		Description: "The script makes tables that are missing, takes in the rows of each run that the engine lacks,\n" +
			"and notes the run in _loads; what is there stays, so it can be given again, also after it died.\n" +
			"With neither --exec nor --loaded it has all runs. It changes nothing in the store. Engines:\n" +
			strings.Join(dialects, ", "),
		Flags: []cli.Flag{
			usage.OneOf(text("dialect", "", "`ENGINE` to feed, one of those above"), dialects...),
			text("file", "", "job `FILE` (YAML), for its store", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			text("exec", "", "client of the engine: a `COMMAND` of the shell that reads SQL; it is asked first"),
			text("loaded", "", "`FILE` with what the query of --show-loads selected; - for stdin"),
			flag("show-loads", "print the query that asks the engine what it has"),
			text("since", "", "only runs from the one with this `ID` on"),
			flag("new", "only runs that the engine has not got, as without it"),
			flag("all", "all runs, also those that the engine says it has"),
			text("prefix", "", "`PLACE` where the engine finds the parquet folder, such as s3://bucket/parquet"),
		},
		Action: func(ctx *cli.Context) error { return feedEngine(c, ctx) },
	}
}

func feedEngine(c *console, ctx *cli.Context) error {
	d, ok := feed.Named(ctx.String("dialect"))
	command := feed.Command{Line: ctx.String("exec"), Stdout: c.exact(), Stderr: c.stderr}
	prefix := ctx.String("prefix")
	if !ok {
		return usage.Errorf("--dialect: name the engine")
	}
	if ctx.Bool("show-loads") {
		_, err := io.WriteString(c.exact(), d.Loads())
		return err
	}
	if err := checkFeed(ctx, &d); err != nil {
		return err
	}
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	known, err := knownOf(c, ctx, command, &d)
	if err != nil {
		return err
	}
	var has map[string]string
	if known != nil && !ctx.Bool("all") {
		has = known.Runs
	}
	runs, notes, err := jobs.Open(spec, c.options()).Feed(has, ctx.String("since"))
	if err != nil {
		return ofJob(ctx, err)
	}
	for _, note := range notes {
		c.say("note: " + note)
	}
	lost := feed.Lost{}
	config := feed.Config{Dialect: d, Files: store.Dir(spec.Store).Parquet(), Prefix: prefix, Known: known, Notes: notes}
	write := func(w io.Writer, runs []schemas.Load) error {
		of, err := feed.Write(ctx.Context, w, config, runs)
		for column, n := range of {
			lost[column] += n
		}
		return err
	}
	if command.Line == "" {
		err = write(c.exact(), runs)
	} else if len(runs) > 0 {
		err = command.Feed(ctx.Context, &d, runs, write)
	}
	if err != nil {
		return err
	}
	for _, column := range slices.Sorted(maps.Keys(lost)) {
		c.say(fmt.Sprintf("%s cannot store %s of %s: they are NULL there, or in a key without a row", d.Title, plural(int(lost[column]), "value"), column))
	}
	if command.Line != "" {
		return c.print("%s fed\n", plural(len(runs), "run"))
	}
	return nil
}

// checkFeed refuses flags that do not go together.
func checkFeed(ctx *cli.Context, d *feed.Dialect) error {
	switch {
	case ctx.Bool("new") && ctx.Bool("all"):
		return usage.Errorf("--new or --all: choose one")
	case ctx.String("exec") != "" && ctx.String("loaded") != "":
		return usage.Errorf("--exec asks the engine what it has: leave out --loaded")
	}
	if err := d.CheckPrefix(ctx.String("prefix")); err != nil {
		return usage.Errorf("--prefix: %v", err)
	}
	return nil
}

// knownOf is what the engine says that it has; nil where nobody asks it.
func knownOf(c *console, ctx *cli.Context, command feed.Command, d *feed.Dialect) (*feed.Known, error) {
	name := ctx.String("loaded")
	if command.Line != "" {
		return command.Known(ctx.Context, d)
	}
	if name == "" {
		return nil, nil
	}
	var output []byte
	var err error
	if name == "-" {
		output, err = io.ReadAll(os.Stdin)
	} else {
		output, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, err
	}
	known, err := feed.ReadKnown(string(output))
	if err != nil {
		err = usage.Errorf("--loaded: %v", err)
	}
	return known, err
}
