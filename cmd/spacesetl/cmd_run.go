package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/pipeline"
)

func (c *console) runCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "fetch what a job asks for and load it",
		UsageText: `spacesetl run -f job.yaml
spacesetl run --creators @XDevelopers,2244994945 --with tweets --store ./spaces
spacesetl run --search "open mic" --search crypto --state live --output json`,
		Description: "Tokens are those of spacesetl auth, or X_BEARER_TOKEN (app) and X_USER_TOKEN (user, for buyers).\n" +
			"A run that stopped early goes on when the same job is run again.",
		Flags: append(append(jobFlags(),
			tokenFileFlag(),
			memoryFlag(),
			outputFlag(),
			noReportFlag(),
			flag("resume", "go on with the last run of this job even if it has come to its end"),
		), append(watchFlags(), tellFlags()...)...),
		Action: c.run,
	}
}

func outputFlag() cli.Flag {
	return text("output", "text", "print at the end: text, or json, the manifest; `FORMAT`", "o")
}

// format reads --output.
func format(ctx *cli.Context) (string, error) {
	value := ctx.String("output")
	return value, chosen(ctx, "output", value)
}

func (c *console) run(ctx *cli.Context) error {
	return c.watched(ctx, func(w *observe.Observer) (result, error) {
		job, err := c.job(ctx, w)
		if err != nil {
			return result{}, err
		}
		return job.run(ctx.Context)
	})
}

// job is the job that the command line asks for.
func (c *console) job(ctx *cli.Context, w *observe.Observer) (*etl, error) {
	spec, err := readSpec(ctx)
	if err != nil {
		return nil, err
	}
	w.Job(spec.Name)
	memory, err := setMemory(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := findTokens(ctx, spec)
	if err == nil {
		err = tokens.enough(ctx, spec)
	}
	return &etl{spec: spec, tokens: tokens, resume: ctx.Bool("resume"), memory: memory, watch: w, hooks: c.hooks}, err
}

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
			parts = append(parts, "--"+name, shellQuoted(strings.Join(value.Value(), ",")))
		case *query:
			for _, q := range value.given(name) {
				parts = append(parts, "--"+name, shellQuoted(q))
			}
		default:
			parts = append(parts, "--"+name, shellQuoted(fmt.Sprint(value)))
		}
	}
	return strings.Join(parts, " ")
}

// shellQuoted makes a word that a shell takes as it is.
func shellQuoted(word string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("@%+=:,./-_", r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
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
