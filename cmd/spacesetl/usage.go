package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
)

// usageError is a command line that cannot be carried out.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// commandOf is how a user calls a command: spacesetl auth login.
func commandOf(ctx *cli.Context) string {
	if ctx.Command == nil || ctx.Command.HelpName == "" {
		return "spacesetl"
	}
	return ctx.Command.HelpName
}

// noArguments refuses what is not a flag.
func noArguments(ctx *cli.Context) error {
	if !ctx.Args().Present() {
		return nil
	}
	word := ctx.Args().First()
	hint := ""
	if best := jobs.Nearest(word, flagNames(ctx.Command.Flags)); best != "" {
		hint = fmt.Sprintf(": did you mean --%s?", best)
	}
	return &usageError{commandOf(ctx), fmt.Errorf("%q is not a flag%s", word, hint)}
}

func flagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()[0])
	}
	return names
}

// What the flag and cli packages say of a wrong flag, for which they have no
// types.
var (
	unknownFlag = regexp.MustCompile(`^flag provided but not defined: -+(.*)$`)
	emptyFlag   = regexp.MustCompile(`^flag needs an argument: -+(.*)$`)
	wrongFlag   = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-+(\S+): `)
	wrongTwin   = regexp.MustCompile(`^could not parse (".*") .*environment variable "(\w+)".* for flag (\S+): `)
)

// usage names the flag that is wrong, the value, and what was meant.
func usage(ctx *cli.Context, err error, _ bool) error {
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
	return &usageError{commandOf(ctx), err}
}

// dashed is a flag as it is written.
func dashed(name string) string { return strings.Repeat("-", min(len(name), 2)) + name }

// noFlag is a flag that a command does not have: another may, or it is written
// in another way.
func noFlag(ctx *cli.Context, name string, flags []cli.Flag) error {
	if best := jobs.Nearest(name, flagNames(flags)); best != "" {
		return fmt.Errorf("there is no flag %s: did you mean --%s?", dashed(name), best)
	}
	if ctx.Command == nil || commandOf(ctx) == "spacesetl" {
		for _, command := range append([]*cli.Command{ctx.App.Command("run")}, ctx.App.Commands...) {
			if slices.Contains(flagNames(command.Flags), name) {
				return fmt.Errorf("there is no flag %s before the command: write it after, as in spacesetl %s %s", dashed(name), command.Name, dashed(name))
			}
		}
	}
	return errors.New("there is no flag " + dashed(name))
}

// find is a flag by one of its names.
func find(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// written is how a flag is written with its value.
func written(flags []cli.Flag, name string) string {
	f, ok := find(flags, name).(documented)
	if !ok {
		return dashed(name) + " VALUE"
	}
	return dashed(f.Names()[0]) + " " + flagSyntax(f).value
}

// kindOf is what a flag takes.
func kindOf(flags []cli.Flag, name string) string {
	f := find(flags, name)
	if short, ok := f.(shortFlag); ok {
		f = short.documented
	}
	switch f.(type) {
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

// asHelp turns the words that people try for help into the flag: help, help
// run, run help.
func asHelp(args []string) []string {
	if len(args) > 1 && args[1] == "help" {
		return slices.Concat(args[:1], args[2:], []string{"--help"})
	}
	if n := len(args); n == 3 && args[2] == "help" {
		return []string{args[0], args[1], "--help"}
	}
	return args
}

// inFlags rewrites the mistakes of a job whose values came by flags, so that
// they name the flag instead of the key.
func inFlags(ctx *cli.Context, err error) error {
	var invalid *jobs.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	for i, p := range invalid.Problems {
		name := strings.ReplaceAll(p.Key, "_", "-")
		switch {
		case p.Line > 0 || p.File != "":
		case p.Key == "" && strings.HasPrefix(p.Text, "nothing to do"):
			invalid.Problems[i].Text = "nothing to do: give --ids, --ids-file, --creators or --search, or a job file with -f"
		case p.Key != "" && ctx.IsSet(name):
			invalid.Problems[i].Text = "--" + name + ": " + strings.TrimPrefix(p.Text, p.Key+": ")
		}
	}
	return err
}
