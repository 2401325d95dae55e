package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// twins ends the description of a command with flags.
const twins = "Every flag has a twin in the environment: --some-flag is SPACESETL_SOME_FLAG."

// concise makes the help of a command fit a screen: one short line a flag.
func concise(command *cli.Command) {
	if len(command.Flags) == 0 {
		return
	}
	command.Description = strings.TrimPrefix(command.Description+"\n"+twins, "\n")
	for i, f := range command.Flags {
		if f, ok := f.(documented); ok {
			command.Flags[i] = shortFlag{f}
		}
	}
}

// documented is what all flags of the library are.
type documented interface {
	cli.DocGenerationFlag
	cli.VisibleFlag
}

// shortFlag prints without what the library repeats for each flag.
type shortFlag struct{ documented }

// String is the flag's line of help, with a tab between its columns. The word
// in backquotes is what the flag takes; after "; " it is not shown again.
func (f shortFlag) String() string {
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
		names = append(names, strings.Repeat("-", min(len(name), 2))+name+value)
	}
	if d := f.GetDefaultText(); f.TakesValue() && !slices.Contains([]string{"", `""`, "0", "0s"}, d) {
		usage += " (default " + strings.Trim(d, `"`) + ")"
	}
	return strings.Join(names, ", ") + "\t" + usage
}
