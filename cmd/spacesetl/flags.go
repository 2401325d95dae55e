package main

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// env is the environment twin of a flag.
func env(flag string) []string {
	return []string{"SPACESETL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))}
}

func text(name, value, usage string, aliases ...string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Value: value, Usage: usage, EnvVars: env(name), Aliases: aliases}
}

func list(name, usage string) *cli.StringSliceFlag {
	return &cli.StringSliceFlag{Name: name, Usage: usage, EnvVars: env(name)}
}

func number(name string, value int, usage string) *cli.IntFlag {
	return &cli.IntFlag{Name: name, Value: value, Usage: usage, EnvVars: env(name)}
}

func flag(name, usage string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Usage: usage, EnvVars: env(name)}
}

func duration(name, usage string) *cli.DurationFlag {
	return &cli.DurationFlag{Name: name, Usage: usage, EnvVars: env(name)}
}

// query is a flag whose values keep their commas: searches have some.
type query []string

// Set adds a value.
func (q *query) Set(value string) error {
	*q = append(*q, value)
	return nil
}

// Get makes the values readable through cli.Context.Value.
func (q *query) Get() any { return q }

// given are the values of the command line, or else that of the environment,
// which the library has set before.
func (q *query) given(name string) []string {
	if _, twin := os.LookupEnv(env(name)[0]); twin && len(*q) > 1 {
		return (*q)[1:]
	}
	return *q
}

func (q *query) String() string { return strings.Join(*q, "; ") }
