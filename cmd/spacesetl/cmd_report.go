package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/report"
	"github.com/spacesetl/spacesetl/schemas"
)

func (c *console) reportCommand() *cli.Command {
	return &cli.Command{
		Name:  "report",
		Usage: "make one HTML page of a run and its store",
		UsageText: "spacesetl report --store ./spaces\nspacesetl report -f job.yaml --run 20261122T084606Z-c5164b --out report.html\n" +
			"spacesetl report --store ./spaces --out - > report.html",
		Description: "What was asked, found, missing and refused, what it cost, and what is in the tables, as charts\n" +
			"and tables. The page needs no network and no other file. It reads the store and changes nothing\n" +
			"else; a run makes the same page at its end.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store, prices and budget", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			text("run", "", "`ID` of the run; default the latest"),
			text("out", "", "`FILE` to write, - for standard output (default report.html in the store)"),
			memoryFlag(),
		},
		Action: c.report,
	}
}

func noReportFlag() cli.Flag { return flag("no-report", "make no report.html at the end") }

func (c *console) report(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	memory, err := setMemory(ctx)
	if err != nil {
		return err
	}
	spec, err := storeSpec(ctx)
	if err != nil {
		return err
	}
	cfg := reportOn(spec, memory)
	cfg.RunID, cfg.Now = ctx.String("run"), c.clock()
	page, err := report.Make(ctx.Context, cfg)
	var none *report.NoRunError
	if errors.As(err, &none) {
		return &usageError{"spacesetl report", err}
	}
	if err != nil {
		return err
	}
	path := ctx.String("out")
	switch path {
	case "-":
		return page.Write(c.stdout)
	case "":
		path = reportPath(spec.Store)
	}
	if err := page.WriteFile(path); err != nil {
		return err
	}
	return c.print("Report   %s\n", path)
}

// reportPath is where a store's report lies.
func reportPath(store string) string { return filepath.Join(store, "report.html") }

func reportOn(spec jobs.Spec, memory int64) report.Config {
	return report.Config{
		Store: pipeline.Store(spec.Store), Prices: spec.PriceTable(), Budget: spec.Budget, Version: version, MemoryLimit: duckdbSize(memory),
	}
}

// reported makes the report of a run that has ended, and prints where it is.
// That it cannot be made is said and ends nothing: the tables are there.
func (c *console) reported(ctx *cli.Context, w *observe.Observer, r result, format string) {
	if r.job == nil || r.manifest == nil || ctx.Bool("no-report") {
		return
	}
	cfg := reportOn(r.job.spec, r.job.memory)
	cfg.RunID, cfg.Expected, cfg.Again, cfg.Now = r.manifest.Run.RunID, r.job.expected, again(ctx), c.clock()
	cfg.Limited = map[schemas.Endpoint]int64{}
	for endpoint, t := range r.stats.Endpoints {
		for _, n := range t.Limited {
			cfg.Limited[endpoint] += n
		}
	}
	path := reportPath(r.job.spec.Store)
	page, err := report.Make(context.WithoutCancel(ctx.Context), cfg) // a deadline ends fetching, not this
	if err == nil {
		err = page.WriteFile(path)
	}
	switch {
	case err != nil:
		w.Log().Warn("no report: " + err.Error())
	case format == "json":
		w.Log().Info("report " + path)
	default:
		_ = c.print("\nReport   %s\n", path)
	}
}
