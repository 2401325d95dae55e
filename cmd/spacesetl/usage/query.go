package usage

import (
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// Query is the value of a flag whose values keep their commas: searches have some.
type Query []string

// Queries is a flag with such values.
func Queries(name, help string) cli.Flag {
	return Flag{documented: &cli.GenericFlag{Name: name, Value: &Query{}, Usage: help, EnvVars: Env(name)}}
}

// Set adds a value.
func (q *Query) Set(value string) error {
	*q = append(*q, value)
	return nil
}

// Get makes the values readable through cli.Context.Value.
func (q *Query) Get() any { return q }

// Given are the values of the command line, or else that of the environment,
// which the library has set before.
func (q *Query) Given(name string) []string {
	if _, twin := os.LookupEnv(Env(name)[0]); twin && len(*q) > 1 {
		return (*q)[1:]
	}
	return *q
}

func (q *Query) String() string { return strings.Join(*q, "; ") }
