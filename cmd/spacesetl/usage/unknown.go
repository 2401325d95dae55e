package usage

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// What the flag and cli packages say of a wrong flag, for which they have no
// types.
var (
	unknownFlag = regexp.MustCompile(`^flag provided but not defined: -+(.*)$`)
	emptyFlag   = regexp.MustCompile(`^flag needs an argument: -+(.*)$`)
	wrongFlag   = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-+(\S+): `)
	wrongTwin   = regexp.MustCompile(`^could not parse (".*") .*environment variable "(\w+)".* for flag (\S+): `)
)

// onError names the flag that is wrong, the value, and what was meant.
func onError(ctx *cli.Context, err error, _ bool) error {
	flags := ctx.App.Flags
	if ctx.Command != nil && len(ctx.Command.Flags) > 0 {
		flags = ctx.Command.Flags
	}
	text := err.Error()
	if m := unknownFlag.FindStringSubmatch(text); m != nil {
		err = noFlag(ctx, m[1], flags)
	} else if m := emptyFlag.FindStringSubmatch(text); m != nil {
		err = fmt.Errorf("%s has no value: write %s", dashed(m[1]), written(flags, m[1]))
	} else if m := wrongFlag.FindStringSubmatch(text); m != nil {
		err = fmt.Errorf("%s: %s is not %s", dashed(m[2]), m[1], kindOf(flags, m[2]))
	} else if m := wrongTwin.FindStringSubmatch(text); m != nil {
		err = fmt.Errorf("%s: %s is not %s, as --%s takes", m[2], m[1], kindOf(flags, m[3]), m[3])
	}
	return Of(err)
}

// dashed is a flag as it is written.
func dashed(name string) string { return strings.Repeat("-", min(len(name), 2)) + name }

// noFlag is a flag that a command does not have: another may, or it is written
// in another way.
func noFlag(ctx *cli.Context, name string, flags []cli.Flag) error {
	if best := jobfile.Nearest(name, Names(flags)); best != "" {
		return fmt.Errorf("there is no flag %s: did you mean --%s?", dashed(name), best)
	}
	if ctx.Command == nil || ctx.Command.Name == ctx.App.Name {
		for _, command := range append([]*cli.Command{ctx.App.Command("run")}, ctx.App.Commands...) {
			if slices.Contains(Names(command.Flags), name) {
				return fmt.Errorf("there is no flag %s before the command: write it after, as in spacesetl %s %s", dashed(name), command.Name, dashed(name))
			}
		}
	}
	return errors.New("there is no flag " + dashed(name))
}

// Find is a flag by one of its names.
func Find(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// written is how a flag is written with its value.
func written(flags []cli.Flag, name string) string {
	f := Find(flags, name)
	if f == nil {
		return dashed(name) + " VALUE"
	}
	return dashed(f.Names()[0]) + " " + flagSyntax(flagOf(f)).value
}

// kindOf is what a flag takes.
func kindOf(flags []cli.Flag, name string) string {
	f, _ := Find(flags, name).(Flag)
	switch f.documented.(type) {
	case *cli.IntFlag:
		return "a whole number"
	case *cli.Float64Flag:
		return "a number"
	case *cli.DurationFlag:
		return "a duration such as 90s, 20m or 1h30m"
	case *cli.BoolFlag:
		return "true or false; the flag alone is true"
	}
	return "what it takes"
}
