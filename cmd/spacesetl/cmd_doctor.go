package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/doctor"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

func doctorCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check tokens, clock, disk, lock, store and versions",
		UsageText: `spacesetl doctor
spacesetl doctor -f job.yaml
spacesetl doctor --store ./spaces --offline --output json`,
		Description: "Says what is wrong and what to do. Asks the API one request for each token and one without,\n" +
			"all to an endpoint that returns nothing X charges for. Exit code 1 when a check fails.",
		Flags: append([]cli.Flag{
			text("file", "", "job `FILE` (YAML), for its store, API and accounts", "f"),
			text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
			text("base-url", "", "`URL` of the API (default https://api.x.com)"),
			flag("offline", "ask nobody"),
			tokenFileFlag(),
			formatFlag(),
		}, trustFlags()...),
		Action: func(ctx *cli.Context) error { return examine(c, ctx) },
	}
}

func examine(c *console, ctx *cli.Context) error {
	out := ctx.String("output")
	p, err := patient(c, ctx)
	if err != nil {
		return err
	}
	found := doctor.Examine(ctx.Context, p)
	if err := ctx.Context.Err(); err != nil {
		return err
	}
	failed := 0
	for _, v := range found {
		if v.Failed() {
			failed++
		}
	}
	if out == "json" {
		err = c.printJSON(struct {
			OK     bool             `json:"ok"`
			Store  string           `json:"store"`
			Checks []doctor.Finding `json:"checks"`
		}{failed == 0, p.Spec.Store, found})
	} else {
		err = printFound(c, found)
	}
	if err == nil && failed > 0 {
		err = &unwellError{failed}
	}
	return err
}

// unwellError is what doctor ends with when checks failed.
type unwellError struct{ failed int }

func (e *unwellError) Error() string { return fmt.Sprintf("checks that failed: %d", e.failed) }

// patient is what the command line is about; mistakes of its job file are findings.
func patient(c *console, ctx *cli.Context) (doctor.Patient, error) {
	p := doctor.Patient{
		File: jobFile(ctx, c.say, "store"), Env: environment(), Insecure: insecure(ctx), Offline: ctx.Bool("offline"),
		Version: version, Built: programVersion(), Environ: withoutSecrets(os.Environ()), Secret: secretOf, Now: c.clock(),
	}
	p.TokenFile, _ = tokenFile(ctx)
	if p.File != "" {
		p.Spec, p.Job = loadJob(ctx, p.File, nil)
	}
	err := usage.Override(ctx, &p.Spec)
	p.Spec.Defaults()
	return p, err
}

func printFound(c *console, found []doctor.Finding) error {
	for _, v := range found {
		if err := c.print("%-4s  %-10s %s\n", v.Level, v.Check, v.Text); err != nil {
			return err
		}
		if v.Do != "" {
			_ = c.print("                 -> %s\n", v.Do)
		}
	}
	return nil
}
