package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/health"
)

func verifyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "prove that a store is whole and that its tables are what its pages say",
		UsageText: "spacesetl verify --store ./archive\nspacesetl verify --store ./archive --sample 20 --output json",
		Description: "Reads every landed page and checks its checksum, every file against its manifest, the tables\n" +
			"against tables made anew from the pages, and that every value of every page is found in a row.\n" +
			"It changes nothing and asks the API nothing. Exit code 1 when anything is off.",
		Flags: []cli.Flag{
			text("store", "spacesetl-store", "`DIR` of the job"),
			number("sample", 1, "look for the values of every `N`th page only"),
			memoryFlag(),
			outputFlag(),
		},
		Action: func(ctx *cli.Context) error { return verifyStore(c, ctx) },
	}
}

// notWholeError is a store with something wrong in it.
type notWholeError struct{ problems []string }

func (e *notWholeError) Error() string {
	more := ""
	if n := len(e.problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return "the store is not whole: " + e.problems[0] + more
}

func verifyStore(c *console, ctx *cli.Context) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	o := c.options()
	if o.Memory, err = setMemory(ctx); err != nil {
		return err
	}
	v, err := jobs.Open(jobs.Spec{Store: ctx.String("store")}, o).Verify(ctx.Context, ctx.Int("sample"))
	if err != nil {
		return ofJob(ctx, err)
	}
	if err := printVerification(c, v, out); err != nil {
		return err
	}
	if len(v.Problems) > 0 {
		return &notWholeError{v.Problems}
	}
	return nil
}

func printVerification(c *console, v *health.Verification, format string) error {
	if format == "json" {
		return c.printJSON(v)
	}
	_ = c.print("%s runs, %s pages (%s bytes): checksums verified\n", thousands(int64(v.Runs)), thousands(int64(v.Pages)), thousands(v.Bytes))
	for _, endpoint := range slices.Sorted(maps.Keys(v.Leaves)) {
		leaves := v.Leaves[endpoint]
		_ = c.print("  %-9s  %s of %s values found in the rows\n", endpoint, thousands(int64(leaves.Found)), thousands(int64(leaves.Seen)))
	}
	_ = c.print("%s files match their manifests\n", thousands(int64(v.Files)))
	_ = c.print("%s tables are what the pages make anew\n", thousands(int64(v.Tables)))
	for _, note := range v.Notes {
		_ = c.print("note   %s\n", note)
	}
	for _, problem := range v.Problems {
		_ = c.print("WRONG  %s\n", problem)
	}
	if len(v.Problems) == 0 {
		_ = c.print("the store is whole\n")
	}
	return nil
}
