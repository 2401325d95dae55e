package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/proof"
)

func verifyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "prove that a store is whole and that its tables are what its pages say",
		UsageText: `spacesetl verify --store ./archive
spacesetl verify --store ./archive --files --output json
spacesetl verify --store ./archive --all --since 720h`,
		Description: "Reads landed pages and checks their checksums, files against their manifests, the tables\n" +
			"against tables made anew from the pages, and that every value of every page is found in a row.\n" +
			"It asks the API nothing, PostgreSQL which runs it has, and changes nothing but proved.ndjson in the\n" +
			"store, where it remembers what it proved: that is passed by as long as the sizes and times of its\n" +
			"files stay the same. So a byte that changes without them, as on a disk that decays, is found by\n" +
			"--files and --all alone; so are, of over 24 runs, versions that ended. Exit code 1 if anything is.",
		Flags: []cli.Flag{
			text("store", "spacesetl-store", "`DIR` of the job"),
			flag("all", "prove everything again, whatever was proved before"),
			flag("files", "compare the checksums of all files only, as fast as they are read"),
			list("run", "only the run with this `ID`; can be given more than once"),
			text("since", "", "only runs since this `DAY`, such as 2026-11-01, or 720h ago"),
			number("sample", 1, "look for the values of every `N`th page only"),
			schemaFlag(),
			memoryFlag(),
			outputFlag(),
		},
		Action: func(ctx *cli.Context) error {
			options, err := proofOptions(ctx)
			if err != nil {
				return err
			}
			return verifyStore(c, ctx, options)
		},
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

func verifyStore(c *console, ctx *cli.Context, options proof.Options) error {
	o := c.options()
	var err error
	if o.Memory, err = setMemory(ctx); err != nil {
		return err
	}
	v, err := jobs.Open(jobs.Spec{Store: ctx.String("store"), PostgresSchema: ctx.String("postgres-schema")}, o).Verify(ctx.Context, options)
	if err != nil {
		return ofJob(ctx, err)
	}
	if ctx.String("output") == "json" {
		err = c.printJSON(v)
	} else {
		err = show.Verification(c.stdout, v)
	}
	if err != nil {
		return err
	}
	if len(v.Problems) > 0 {
		return &notWholeError{v.Problems}
	}
	return nil
}

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
