// Spacesetl-iceberg keeps tables of an Apache Iceberg catalogue that have the Parquet files
// of a store's runs. It is a program and a module of its own, since nothing else needs its
// hundred modules.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args, os.Stdout, os.Stderr))
}

// usageError is a command line that cannot be followed.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// run is the program; it returns the exit code, of which spacesetl has the same.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := &cli.App{
		Name:  "spacesetl-iceberg",
		Usage: "add the Parquet files of new runs to the tables of an Iceberg catalogue",
		UsageText: `spacesetl-iceberg --store ./spaces --catalog sqlite:////srv/catalog.db --warehouse /srv/warehouse
spacesetl-iceberg --store ./spaces --catalog postgresql://etl@db/catalog --warehouse s3://bucket/warehouse --prefix s3://bucket/parquet
spacesetl-iceberg --store ./spaces --catalog https://catalog.example/api --warehouse analytics --prefix s3://bucket/parquet`,
		Description: "Each table has all rows of all runs. What is there stays as it is: it can be run again, also\n" +
			"after it died. Files that are added are listed in parquet/_held, so that they are not joined.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "store", Value: "./spacesetl-store", Usage: "`DIR` of the job's pages and tables"},
			&cli.StringFlag{Name: "catalog", Usage: "`URI` of the catalogue: sqlite:///FILE, postgresql://…, or https://… of a REST catalogue"},
			&cli.StringFlag{Name: "name", Value: "spacesetl", Usage: "`NAME` of the catalogue, by which those in a database keep their tables"},
			&cli.StringFlag{Name: "namespace", Value: "spacesetl", Usage: "`NAMESPACE` of the tables, of this store alone"},
			&cli.StringFlag{Name: "warehouse", Usage: "`PLACE` of the tables' metadata, or a name that the REST catalogue knows"},
			&cli.StringFlag{Name: "prefix", Usage: "`PLACE` where readers find the parquet folder, such as s3://bucket/parquet; copy it there first"},
			&cli.StringSliceFlag{Name: "property", Usage: "one more `KEY=VALUE` for the catalogue, such as scope=PRINCIPAL_ROLE:ALL or s3.endpoint=…"},
			&cli.BoolFlag{Name: "all", Usage: "compare the files of all runs with those of the tables: after replay, restore, or a dropped table"},
		},
		Writer: stdout, ErrWriter: stderr, HideVersion: true, HideHelpCommand: true,
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return &usageError{err.Error()} },
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return &usageError{"no arguments, flags only: what is " + c.Args().First() + "?"}
			}
			return load(c, stdout, stderr)
		},
	}
	err := app.RunContext(ctx, args)
	var (
		wrong *usageError
		busy  *store.BusyError
		newer *store.FormatError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &busy), errors.Is(err, errMeanwhile):
		fmt.Fprintln(stderr, "spacesetl-iceberg:", err)
		return 75
	case errors.As(err, &wrong), errors.As(err, &newer):
		fmt.Fprintln(stderr, "spacesetl-iceberg:", err)
		return 2
	}
	fmt.Fprintln(stderr, "spacesetl-iceberg:", err)
	if ctx.Err() != nil {
		return 130
	}
	return 1
}

func load(c *cli.Context, stdout, stderr io.Writer) error {
	place := place{
		uri: c.String("catalog"), name: c.String("name"), namespace: c.String("namespace"), warehouse: c.String("warehouse"),
		properties: c.StringSlice("property"), env: os.Getenv,
	}
	catalogue, err := place.open(c.Context)
	if err != nil {
		return place.hide(err)
	}
	defer catalogue.close()
	l := &loader{
		catalogue: catalogue, store: store.Dir(c.String("store")), prefix: strings.TrimSuffix(c.String("prefix"), "/"),
		holder: place.holder(), all: c.Bool("all"),
	}
	sum, err := l.load(c.Context)
	for _, note := range sum.notes {
		fmt.Fprintln(stderr, "note:", note)
	}
	if err != nil {
		return place.hide(err)
	}
	_, err = fmt.Fprintln(stdout, sum.text())
	return err
}
