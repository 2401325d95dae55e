// Package usage is how the program is used: the flags of its commands, what help,
// completion and the manual say of them, and what is said of a command line that
// is wrong. It is made of the commands; those of a job's flags, of the job's keys.
package usage

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// Error is a command line that cannot be carried out.
type Error struct{ err error }

func (e *Error) Error() string { return e.err.Error() }

func (e *Error) Unwrap() error { return e.err }

// Errorf makes an Error as fmt.Errorf does.
func Errorf(format string, args ...any) error { return &Error{fmt.Errorf(format, args...)} }

// Of makes an error an Error.
func Of(err error) error { return &Error{err} }

// Near proposes the word that was meant, for the end of a message.
func Near(word string, words []string) string {
	if best := jobfile.Nearest(word, words); best != "" {
		return fmt.Sprintf(": did you mean %q?", best)
	}
	return ""
}

// noArguments refuses what is not a flag.
func noArguments(ctx *cli.Context) error {
	if !ctx.Args().Present() || ctx.Command.ArgsUsage != "" {
		return nil
	}
	word := ctx.Args().First()
	hint := ""
	if best := jobfile.Nearest(word, Names(ctx.Command.Flags)); best != "" {
		hint = fmt.Sprintf(": did you mean --%s?", best)
	}
	return Errorf("%q is not a flag%s", word, hint)
}

// Names are the long names of flags.
func Names(flags []cli.Flag) []string {
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
