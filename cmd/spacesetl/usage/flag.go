package usage

import (
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// twins ends the help of a command with flags.
const twins = "Every flag has a twin in the environment: --some-flag is SPACESETL_SOME_FLAG."

// Env is the environment twin of a flag.
func Env(flag string) []string {
	return []string{"SPACESETL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))}
}

// Text is a flag that takes a text. The word in backquotes of its line of help is
// what it takes; after "; " that is not shown again.
func Text(name, value, help string, aliases ...string) cli.Flag {
	return Flag{documented: &cli.StringFlag{Name: name, Value: value, Usage: help, EnvVars: Env(name), Aliases: aliases}}
}

// List is a flag that takes several texts, with commas between or by standing
// several times.
func List(name, help string) cli.Flag {
	return Flag{documented: &cli.StringSliceFlag{Name: name, Usage: help, EnvVars: Env(name)}}
}

// Number is a flag that takes a whole number.
func Number(name string, value int, help string) cli.Flag {
	return Flag{documented: &cli.IntFlag{Name: name, Value: value, Usage: help, EnvVars: Env(name)}}
}

// Bool is a flag that stands or does not.
func Bool(name, help string, aliases ...string) cli.Flag {
	return Flag{documented: &cli.BoolFlag{Name: name, Usage: help, EnvVars: Env(name), Aliases: aliases}}
}

// Duration is a flag that takes a time such as 20m.
func Duration(name, help string) cli.Flag {
	return Flag{documented: &cli.DurationFlag{Name: name, Usage: help, EnvVars: Env(name)}}
}

// documented is what all flags of the library are.
type documented interface {
	cli.DocGenerationFlag
	cli.VisibleFlag
}

// Flag is one of the library's that prints without what that repeats for each.
type Flag struct {
	documented
	values []string      // that it takes one of, or a list of; nil for any
	free   bool          // its command has something to say of other values
	group  jobfile.Group // heading in help; see In
}

// flagOf is a flag of the library as ours.
func flagOf(f cli.Flag) Flag {
	if f, ok := f.(Flag); ok {
		return f
	}
	return Flag{documented: f.(documented)}
}

// Offers is a flag that takes one of a few values, or a list of them, and whose
// command checks that it does.
func Offers(f cli.Flag, values ...string) cli.Flag {
	one := flagOf(f)
	one.values, one.free = values, true
	return one
}

// OneOf is a flag that takes one of a few values, or a list of them, and no other.
func OneOf(f cli.Flag, values ...string) cli.Flag {
	one := flagOf(f)
	one.values = values
	return one
}

// Watch is the heading of flags that tell of a run, beside those of a job's keys.
const Watch jobfile.Group = "To watch it"

// In are flags that stand under a heading where a command has many.
func In(group jobfile.Group, flags ...cli.Flag) []cli.Flag {
	for i, f := range flags {
		one := flagOf(f)
		one.group = group
		flags[i] = one
	}
	return flags
}

// checked refuses words that a command does not take, and values that are none of
// those that flags take.
func checked(ctx *cli.Context) error {
	if err := noArguments(ctx); err != nil {
		return err
	}
	for _, f := range ctx.Command.Flags {
		f, name := flagOf(f), f.Names()[0]
		if f.values == nil || f.free || !ctx.IsSet(name) {
			continue
		}
		given := []string{ctx.String(name)}
		if _, list := f.documented.(*cli.StringSliceFlag); list {
			given = ctx.StringSlice(name)
		}
		for _, value := range Trimmed(given) {
			if err := Among(name, value, f.values...); err != nil {
				return err
			}
		}
	}
	return nil
}

// Among refuses a value of a flag that is none of a few.
func Among(flag, value string, values ...string) error {
	if slices.Contains(values, value) {
		return nil
	}
	return Errorf("--%s: %q is not one of %s%s", flag, value, strings.Join(values, ", "), Near(value, values))
}

// String is the flag's line of help, with a tab between its columns.
func (f Flag) String() string {
	usage, value := f.GetUsage(), ""
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		word, after, _ := strings.Cut(rest, "`")
		value, usage = " "+word, before+word+after
		if start, end, ok := strings.Cut(usage, "; "+word); ok && (end == "" || end[0] == ' ') {
			usage = start + end
		}
	}
	var names []string
	for _, name := range f.Names() {
		names = append(names, dashed(name)+value)
	}
	if d := f.GetDefaultText(); f.TakesValue() && !slices.Contains([]string{"", `""`, "0", "0s"}, d) {
		usage += " (default " + strings.Trim(d, `"`) + ")"
	}
	return strings.Join(names, ", ") + "\t" + usage
}

// helpFlag is --help. The library's own is one variable for all programs of a
// process, which it writes to when it reads a command line; tests run several.
func helpFlag() cli.Flag {
	return &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help"}
}

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
