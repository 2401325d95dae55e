package main

import (
	"context"
	"errors"
	"time"
	_ "time/tzdata" // where the machine has no zones

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/report"
)

func reportCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "report",
		Usage: "make one HTML page of a run and its store",
		UsageText: "spacesetl report --store ./spaces\nspacesetl report -f job.yaml --run 20261122T084606Z-c5164b --out report.html\n" +
			"spacesetl report --store ./spaces --zone Europe/Berlin --out - > report.html",
		Description: "What was live, the biggest, the newest and the unusual, audiences, hours, hosts and topics; on a\n" +
			"second page what was asked, found, missing and refused, and what it cost. The file needs no network\n" +
			"and no other. It reads the store and changes nothing else; a run makes the same at its end.",
		Flags: []cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store, prices and budget", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			text("run", "", "`ID` of the run; default the latest"),
			text("out", "", "`FILE` to write, - for standard output (default report.html in the store)"),
			zoneFlag(),
			memoryFlag(),
		},
		Action: func(ctx *cli.Context) error { return makeReport(c, ctx) },
	}
}

func zoneFlag() cli.Flag {
	return text("zone", "UTC", "`ZONE` of the report's hours and times, as Europe/Berlin")
}

// zoneOf is the zone asked for, that of UTC where none is.
func zoneOf(ctx *cli.Context) (*time.Location, error) {
	zone, err := time.LoadLocation(ctx.String("zone"))
	if err != nil || zone == time.Local {
		return nil, usage.Errorf("--zone: %q is no zone, as Europe/Berlin or America/New_York is", ctx.String("zone"))
	}
	return zone, nil
}

func noReportFlag() cli.Flag {
	return usage.In(usage.Watch, flag("no-report", "make no report.html at the end"))[0]
}

func makeReport(c *console, ctx *cli.Context) error {
	o := c.options()
	var err error
	if o.Memory, err = setMemory(ctx); err != nil {
		return err
	}
	zone, err := zoneOf(ctx)
	if err != nil {
		return err
	}
	spec, err := storeSpec(c, ctx)
	if err != nil {
		return err
	}
	page, err := jobs.Open(spec, o).Report(ctx.Context, jobs.ReportOptions{Run: ctx.String("run"), Zone: zone})
	var none *report.NoRunError
	if errors.As(err, &none) {
		return usage.Of(err)
	}
	if err != nil {
		return err
	}
	path := ctx.String("out")
	switch path {
	case "-":
		return page.Write(c.exact())
	case "":
		path = jobs.ReportPath(spec.Store)
	}
	if err := page.WriteFile(path); err != nil {
		return err
	}
	return c.print("Report   %s\n", path)
}

// reportRun makes the report of a run that has ended, and prints where it is.
// That it cannot be made is said and ends nothing: the tables are there.
func reportRun(c *console, ctx *cli.Context, w *observe.Observer, r ended, format string) {
	if r.Manifest == nil || ctx.Bool("no-report") {
		return
	}
	path := jobs.ReportPath(r.store)
	zone, err := zoneOf(ctx)
	var page *report.Page
	if err == nil {
		page, err = r.job.Report(context.WithoutCancel(ctx.Context), jobs.ReportOptions{Zone: zone, Ended: &r.Result, Again: again(ctx)}) // a deadline ends fetching, not this
	}
	if err == nil {
		err = page.WriteFile(path)
	}
	switch {
	case err != nil:
		w.Log().Warn("no report: " + err.Error())
	case format == "json", format == quietly:
		w.Log().Info("report " + path)
	default:
		_ = c.print("\nReport   %s\n", path)
	}
}
