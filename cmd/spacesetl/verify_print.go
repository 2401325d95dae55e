package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/proof"
)

// proofOptions reads what is to be proved, and refuses flags that keep each other from
// their work.
func proofOptions(ctx *cli.Context) (proof.Options, error) {
	o := proof.Options{All: ctx.Bool("all"), Files: ctx.Bool("files"), Only: usage.Trimmed(ctx.StringSlice("run")), Sample: ctx.Int("sample")}
	var err error
	if since := ctx.String("since"); since != "" {
		o.Since, err = sinceWhen(since, time.Now())
	}
	switch {
	case err != nil:
	case o.Files && o.All:
		err = errors.New("--files compares all checksums whatever was proved before: leave out --all, or leave out --files to make the tables again")
	case o.Files && o.Sample > 1:
		err = errors.New("--files looks for no values: leave out --sample")
	case o.Sample < 1:
		err = fmt.Errorf("--sample %d: want 1 for every page, or more", o.Sample)
	case len(o.Only) > 0 && !o.Since.IsZero():
		err = errors.New("--run names the runs and --since does: leave out one of them")
	}
	if err != nil {
		return o, usage.Of(err)
	}
	return o, nil
}

// sinceWhen is a day (UTC), or so long before now.
func sinceWhen(text string, now time.Time) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago <= 0 {
		return time.Time{}, fmt.Errorf("--since: %q is neither a day such as 2026-11-01 nor a duration such as 720h", text)
	}
	return now.Add(-ago), nil
}

func printVerification(c *console, v *health.Verification, format string) error {
	if format == "json" {
		return c.printJSON(v)
	}
	if v.Runs > 0 || v.Before == 0 { // else nothing was looked at
		_ = c.print("%s, %s (%s bytes): checksums verified\n", plural(v.Runs, "run"), plural(v.Pages, "page"), thousands(v.Bytes))
		for _, endpoint := range slices.Sorted(maps.Keys(v.Leaves)) {
			leaves := v.Leaves[endpoint]
			_ = c.print("  %-9s  %s of %s values found in the rows\n", endpoint, thousands(int64(leaves.Found)), thousands(int64(leaves.Seen)))
		}
		_ = c.print("%s files match their manifests\n", thousands(int64(v.Files)))
		_ = c.print("%s tables are what the pages make anew\n", thousands(int64(v.Tables)))
	}
	if v.Database != "none" {
		_ = c.print("database: %s\n", v.Database)
	}
	if v.Before > 0 {
		_ = c.print("%s proved before: --all proves them again\n", plural(v.Before, "run"))
	}
	if v.BeforeFiles > 0 {
		_ = c.print("%s of joined rows proved before\n", plural(v.BeforeFiles, "file"))
	}
	if v.Others > 0 {
		_ = c.print("%s not asked for\n", plural(v.Others, "run"))
	}
	for _, note := range v.Notes {
		_ = c.print("note   %s\n", note)
	}
	if v.Forgotten != "" {
		_ = c.print("note   %s\n", v.Forgotten)
	}
	for _, problem := range v.Problems {
		_ = c.print("WRONG  %s\n", problem)
	}
	if len(v.Problems) == 0 {
		_ = c.print("%s\n", wholeness(v))
	}
	return nil
}

// wholeness says of how much of a store nothing is wrong.
func wholeness(v *health.Verification) string {
	if v.Others > 0 {
		return "the runs that were asked for are whole"
	}
	return "the store is whole"
}
