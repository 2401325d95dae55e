package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/schemas"
)

// jobFlags are the parts of a job as flags.
func jobFlags() []cli.Flag {
	flags := []cli.Flag{
		text("file", "", "job `FILE` (YAML); flags override it", "f"),
		text("name", "", "`NAME` of the job; a store belongs to one"),
		list("ids", "Space `IDS` or links, comma separated"),
		text("ids-file", "", "`FILE` with one Space id or link per line"),
		list("creators", "user ids and @usernames whose Spaces to get, `LIST` comma separated"),
		usage.Queries("search", "`WORDS` to find in titles; repeatable"),
		text("state", "", "live, scheduled or all Spaces in searches; `STATE`"),
		list("with", "also get buyers, tweets of each Space; `LIST`"),
		list("to", "destinations: parquet, duckdb, latest; `LIST` (default the first two)"),
		text("store", "", "`DIR` of the job's pages and tables (default ./spacesetl-store)"),
		text("base-url", "", "`URL` of the API (default https://api.x.com)"),
		text("dialect", "", "field names to ask with: tweet or post; `NAME`"),
		text("publish", "", "merge runs in a copy of the database, or in_place; `HOW` (default copy)"),
		text("follow", "", "look again at open Spaces, or at none: open, none; `HOW` (with -f: open)"),
		list("accounts", "accounts to ask with, see spacesetl auth; `LIST` (default all)"),
		flag("private", "ask for fields that need the owner's token too"),
		flag("no-users", "do not look up users that no answer includes"),
		text("users", "", "get people with answers, looked up, or not: expand, batch, none; `HOW`"),
		text("budget-run", "", "stop before this start can cost more; `USD`"),
		text("budget-day", "", "stop before the store's runs of a UTC day can cost more; `USD`"),
		text("budget-month", "", "the same for a calendar month; `USD`"),
		number("workers", 0, "requests under way at a time; `N` (default 4)"),
		duration("max-wait", "longest single wait for a rate window; `DURATION` (default 20m)"),
		duration("max-total-wait", "longest that a run may wait in all; `DURATION` (default an hour without a page)"),
		duration("deadline", "stop after this time, resumable; `DURATION`"),
		duration("retry-for", "how long an outage is weather, tried again; `DURATION` (default 15m)"),
		duration("ask-again", "age of a run from which today's questions come first; `DURATION` (default 10m)"),
		duration("resume-within", "age of a run from which it is closed as it is; `DURATION` (default 25h)"),
		flag("strict", "end with exit code 3 where something asked for did not come"),
	}
	return grouped(flags)
}

// seedFlags say what to get, so that no job file has to.
func seedFlags() []string { return []string{"ids", "ids-file", "creators", "search"} }

// readSpec reads the job file, if any, and lets flags override it. It returns
// every mistake at once. That the file is the folder's own is said.
func readSpec(ctx *cli.Context, say func(string)) (jobs.Spec, error) {
	if ctx.Args().Present() {
		return jobs.Spec{}, usage.Errorf("%q is neither a flag nor a file: what to get is given by a job file, --ids, --creators or --search", ctx.Args().First())
	}
	var wrong error
	spec, err := loadJob(ctx, jobFile(ctx, say, seedFlags()...), func(spec *jobs.Spec) { override(ctx, spec); wrong = overrideBounds(ctx, spec) })
	err = inFlags(ctx, err)
	if wrong != nil {
		err = errors.Join(err, usage.Of(wrong))
	}
	return spec, err
}

func override(ctx *cli.Context, spec *jobs.Spec) {
	given := func(name string) bool {
		if ctx.IsSet(name) {
			spec.Elsewhere(strings.ReplaceAll(name, "-", "_"))
		}
		return ctx.IsSet(name)
	}
	for name, into := range map[string]*string{
		"name": &spec.Name, "state": &spec.State, "store": &spec.Store,
		"base-url": &spec.BaseURL, "dialect": &spec.Dialect, "follow": &spec.Follow, "publish": &spec.Publish, "ids-file": &spec.IDsFile,
		"users": &spec.Users,
	} {
		if given(name) {
			*into = ctx.String(name)
		}
	}
	for name, into := range map[string]*[]string{"ids": &spec.IDs, "creators": &spec.Creators, "with": &spec.With, "to": &spec.To, "accounts": &spec.Accounts} {
		if given(name) {
			*into = trimmed(ctx.StringSlice(name))
		}
	}
	if given("search") {
		spec.Search = nil
		for _, q := range ctx.Generic("search").(*usage.Query).Given("search") {
			spec.Search = append(spec.Search, jobs.Search{Query: q})
		}
	}
	for name, into := range map[string]*bool{"private": &spec.Private, "no-users": &spec.NoUsers, "strict": &spec.Strict} {
		if given(name) {
			*into = ctx.Bool(name)
		}
	}
	if given("workers") {
		spec.Workers = ctx.Int("workers")
	}
	for key, into := range spec.Durations() {
		if name := strings.ReplaceAll(key, "_", "-"); given(name) {
			*into = ctx.Duration(name)
		}
	}
}

// overrideBounds reads the bounds of what a job may cost, and refuses durations
// of nothing.
func overrideBounds(ctx *cli.Context, spec *jobs.Spec) error {
	for _, key := range slices.Sorted(maps.Keys(spec.Durations())) {
		if name := strings.ReplaceAll(key, "_", "-"); ctx.IsSet(name) && ctx.Duration(name) == 0 {
			return fmt.Errorf("--%s: %s", name, jobfile.NoTime)
		}
	}
	for name, into := range map[string]*schemas.Money{"budget-run": &spec.Budget.Run, "budget-day": &spec.Budget.Day, "budget-month": &spec.Budget.Month} {
		if !ctx.IsSet(name) {
			continue
		}
		amount, err := schemas.ParseMoney(ctx.String(name))
		if err == nil && amount == 0 {
			err = errors.New("nothing: leave it out for no bound")
		}
		if err != nil {
			return fmt.Errorf("--%s: %q is %w", name, ctx.String(name), err)
		}
		*into = amount
		spec.Elsewhere("budget.usd_per_" + strings.TrimPrefix(name, "budget-"))
	}
	return nil
}

// trimmed drops the blanks and empty items of a comma list.
func trimmed(values []string) []string {
	var kept []string
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			kept = append(kept, v)
		}
	}
	return slices.Clip(kept)
}
