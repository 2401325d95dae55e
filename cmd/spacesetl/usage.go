package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// usageError is a command line that cannot be carried out.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

// ofJob makes an error of a job that the command line can mend a usage error.
func ofJob(ctx *cli.Context, err error) error {
	var (
		token   *jobs.TokenError
		trust   *jobs.TrustError
		account *jobs.AccountError
		client  *jobs.ClientError
		none    *jobs.NoRunError
	)
	switch {
	case errors.As(err, &none):
		return &usageError{commandOf(ctx), withoutRun(ctx.Command.Name, none)}
	case errors.As(err, &token), errors.As(err, &trust), errors.As(err, &account), errors.As(err, &client):
		return &usageError{commandOf(ctx), err}
	}
	return err
}

// withoutRun says which flags name a store that has run.
func withoutRun(command string, e *jobs.NoRunError) error {
	switch {
	case e.Run != "":
		return e
	case command == "status":
		return fmt.Errorf("%w: name the store of a job that has run with --store or -f", e)
	case command == "cost":
		return fmt.Errorf("%w: name a store with --store", e)
	}
	return fmt.Errorf("there are no runs in %s: give the --store of a job that has run", e.Store)
}

// near proposes the word that was meant, for the end of a message.
func near(word string, words []string) string {
	if best := jobfile.Nearest(word, words); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

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
	if best := jobfile.Nearest(word, flagNames(ctx.Command.Flags)); best != "" {
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
			invalid.Problems[i].Text = "nothing to do: name a job file, or give --ids, --ids-file, --creators or --search"
		case p.Key != "" && ctx.IsSet(name):
			invalid.Problems[i].Text = "--" + name + ": " + strings.TrimPrefix(p.Text, p.Key+": ")
		}
	}
	return err
}
