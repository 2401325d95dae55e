package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// twins ends the help of a command with flags.
const twins = "Every flag has a twin in the environment: --some-flag is SPACESETL_SOME_FLAG."

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

// helpFlag is --help. The library's own is one variable for all programs of a
// process, which it writes to when it reads a command line; tests run several.
func helpFlag() cli.Flag {
	return &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help"}
}

// flagGroup is the heading that a flag of a job stands under.
func flagGroup(name string) string {
	switch name = strings.TrimPrefix(name, "--"); {
	case slices.Contains([]string{"file", "name", "ids", "ids-file", "creators", "search", "state", "with", "users", "no-users", "private", "follow"}, name):
		return groupGet
	case slices.Contains([]string{"to", "store", "publish", "partition"}, name):
		return groupTo
	case slices.Contains([]string{"workers", "max-wait", "max-total-wait", "deadline", "retry-for", "ask-again", "resume-within", "strict", "memory"}, name), strings.HasPrefix(name, "budget-"):
		return groupLimits
	case slices.Contains([]string{"progress", "log-level", "log-format", "metrics-file", "pushgateway", "ping-url", "otlp-endpoint", "no-report"}, name):
		return groupWatch
	}
	return groupOther
}

// The groups of a job's flags.
const (
	groupGet    = "What to get"
	groupTo     = "Where to"
	groupLimits = "Limits and money"
	groupWatch  = "To watch it"
	groupOther  = "Other"
)
