package main

import "github.com/urfave/cli/v2"

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
			text("output", "text", "print text, or json; `FORMAT`", "o"),
		}, trustFlags()...),
		Action: func(ctx *cli.Context) error { return examine(c, ctx) },
	}
}

func examine(c *console, ctx *cli.Context) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	e := &examination{ctx: ctx.Context, cli: ctx, offline: ctx.Bool("offline"), now: c.clock(), say: c.say}
	readJob(e)
	checkVersions(e)
	checkMemory(e)
	checkTokens(e)
	checkDisk(e)
	checkLock(e)
	checkStore(e)
	checkDatabase(e)
	if err := ctx.Context.Err(); err != nil {
		return err
	}
	failed := 0
	for _, v := range e.found {
		if v.Level == levelFail {
			failed++
		}
	}
	if out == "json" {
		err = c.printJSON(struct {
			OK     bool      `json:"ok"`
			Store  string    `json:"store"`
			Checks []verdict `json:"checks"`
		}{failed == 0, e.spec.Store, e.found})
	} else {
		err = printVerdicts(c, e.found)
	}
	if err == nil && failed > 0 {
		err = &unwellError{failed}
	}
	return err
}

func printVerdicts(c *console, found []verdict) error {
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
