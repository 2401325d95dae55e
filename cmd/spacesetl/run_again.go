package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
)

// again is the command that goes on with this run.
func again(ctx *cli.Context) string {
	parts := []string{"spacesetl", ctx.Command.Name}
	for _, name := range ctx.LocalFlagNames() {
		if len(name) == 1 || slices.Contains(secretFlags(), name) {
			continue // the short form of another, or not to be shown
		}
		switch value := ctx.Value(name).(type) {
		case bool:
			parts = append(parts, "--"+name)
		case cli.StringSlice:
			parts = append(parts, "--"+name, jobs.ShellWord(strings.Join(value.Value(), ",")))
		case *query:
			for _, q := range value.given(name) {
				parts = append(parts, "--"+name, jobs.ShellWord(q))
			}
		default:
			parts = append(parts, "--"+name, jobs.ShellWord(fmt.Sprint(value)))
		}
	}
	return strings.Join(parts, " ")
}

// adviceError adds the next step to the error of a run that stopped early.
type adviceError struct {
	error
	advice string
}

func (e *adviceError) Error() string { return e.error.Error() + "\n" + e.advice }

func (e *adviceError) Unwrap() error { return e.error }

func withAdvice(err error, command string) error {
	var stopped *pipeline.StoppedError
	if !errors.As(err, &stopped) {
		return err
	}
	return &adviceError{err, "everything received is kept; to go on where this run stopped: " + command}
}
