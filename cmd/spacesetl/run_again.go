package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// again is the command that goes on with this run.
func again(ctx *cli.Context) string { return jobs.Command(wordsOf(ctx, nil)...) }

// wordsOf is the command line of a command, its flags as they are now: also those
// of the environment. Of a flag in paths the value is an absolute path.
func wordsOf(ctx *cli.Context, paths []string, but ...string) []string {
	words := []string{ctx.Command.Name}
	but = append(but, append(secretFlags(), "resume")...)
	for _, name := range ctx.LocalFlagNames() {
		if len(name) == 1 || slices.Contains(but, name) {
			continue // the short form of another, or not to be shown
		}
		switch value := ctx.Value(name).(type) {
		case bool:
			if name = "--" + name; !value {
				name += "=false"
			}
			words = append(words, name)
		case cli.StringSlice:
			words = append(words, "--"+name, strings.Join(value.Value(), ","))
		case *usage.Query:
			for _, q := range value.Given(name) {
				words = append(words, "--"+name, q)
			}
		default:
			text := fmt.Sprint(value)
			if slices.Contains(paths, name) {
				text = absolute(text)
			}
			words = append(words, "--"+name, text)
		}
	}
	return words
}

// absolute is a path that holds in every folder.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// origin is how the job of a run is given, for whoever goes on with it later and
// elsewhere. An address with a path is not noted, since the path may be a secret:
// neither are then its flags, which are not the job without.
func origin(ctx *cli.Context, spec jobs.Spec) store.JobNote {
	var note store.JobNote
	if file := ctx.String("file"); file != "" {
		note.File = absolute(file)
	}
	others := append(usage.Names(watchFlags()), usage.Names(tellFlags())...) // that are not the job's
	given := wordsOf(ctx, []string{"ids-file"}, append(others, "file", "store", "output", "no-report", "zone", "memory", "token-file")...)
	if len(given) == 1 && note.File != "" && !ctx.IsSet("store") {
		return note
	}
	if u, err := url.Parse(ctx.String("base-url")); err != nil || strings.Trim(u.Path, "/") != "" {
		return store.JobNote{}
	}
	if note.File != "" {
		given = append(given, "--file", note.File)
	}
	note.Flags = append(given, "--store", absolute(spec.Store))
	return note
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
