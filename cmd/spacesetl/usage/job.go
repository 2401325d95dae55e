package usage

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/schemas"
)

// inOrder are a job's flags as help lists them, the usual ones first; others follow.
const inOrder = "file name ids ids-file creators search state with to postgres-schema store base-url dialect publish follow accounts private no-users users budget-run budget-day budget-month " +
	"every discover workers max-wait max-total-wait deadline retry-for ask-again resume-within strict"

// JobFlags are the parts of a job as flags: its file, and all keys that are flags.
func JobFlags() []cli.Flag { return jobFlags(false) }

// WatchJobFlags are those of a watch, with how often it asks.
func WatchJobFlags() []cli.Flag { return jobFlags(true) }

func jobFlags(watch bool) []cli.Flag {
	flags := In(jobfile.Get, Text("file", "", "job `FILE` (YAML); flags override it", "f"))
	for _, k := range jobfile.Flags() {
		if k.OfWatch() && !watch {
			continue
		}
		flags = append(flags, In(k.Flag.Group, Offers(keyFlag(k, k.FlagName()), k.Values...))...)
	}
	names := strings.Fields(inOrder)
	slices.SortStableFunc(flags, func(a, b cli.Flag) int {
		return cmp.Compare(uint(slices.Index(names, a.Names()[0])), uint(slices.Index(names, b.Names()[0]))) // -1 is the most
	})
	return flags
}

// keyFlag is a key as a flag.
func keyFlag(k jobfile.Key, name string) cli.Flag {
	switch k.Into(&jobfile.Spec{}).(type) {
	case *[]jobfile.Search:
		return Queries(name, k.Flag.Help)
	case *[]string:
		return List(name, k.Flag.Help)
	case *bool:
		return Bool(name, k.Flag.Help)
	case *int:
		return Number(name, 0, k.Flag.Help)
	case *time.Duration:
		return Duration(name, k.Flag.Help)
	}
	return Text(name, "", k.Flag.Help)
}

// Override lets the flags of a command replace what a job says.
func Override(ctx *cli.Context, spec *jobfile.Spec) error {
	var wrong []error
	for _, k := range jobfile.Flags() {
		name := k.FlagName()
		if !ctx.IsSet(name) {
			continue
		}
		spec.Elsewhere(k.Name)
		if err := override(ctx, name, k.Into(spec)); err != nil {
			wrong = append(wrong, Errorf("--%s: %w", name, err))
		}
	}
	return errors.Join(wrong...)
}

// override takes the value of a flag.
func override(ctx *cli.Context, name string, into any) (err error) {
	switch into := into.(type) {
	case *string:
		*into = ctx.String(name)
	case *[]string:
		*into = Trimmed(ctx.StringSlice(name))
	case *[]jobfile.Search:
		*into = nil
		for _, q := range ctx.Generic(name).(*Query).Given(name) {
			*into = append(*into, jobfile.Search{Query: q})
		}
	case *bool:
		*into = ctx.Bool(name)
	case *int:
		if *into = ctx.Int(name); *into == 0 {
			return errors.New("0 is none: leave it out for the default")
		}
	case *time.Duration:
		if *into = ctx.Duration(name); *into == 0 {
			return errors.New(jobfile.NoTime)
		}
	case *schemas.Money:
		*into, err = schemas.ParseMoney(ctx.String(name))
		if err == nil && *into == 0 {
			err = errors.New("nothing: leave it out for no bound")
		}
		if err != nil {
			return fmt.Errorf("%q is %w", ctx.String(name), err)
		}
	}
	return nil
}

// Trimmed drops the blanks and empty items of a comma list.
func Trimmed(values []string) []string {
	var kept []string
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			kept = append(kept, v)
		}
	}
	return slices.Clip(kept)
}
