package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
)

// grouped are flags that say what they take and where they stand in help.
func grouped(flags []cli.Flag) []cli.Flag {
	for i, f := range flags {
		flags[i] = usage.OneOf(usage.In(flagGroup(f.Names()[0]), f)[0], choices(f.Names()[0])...)
	}
	return flags
}

// choices are the values of a flag that takes one of a few, or a list of them.
func choices(flag string) []string {
	i := slices.IndexFunc(jobfile.Keys(), func(k jobfile.Key) bool { return k.Name == flag })
	if i < 0 {
		return nil
	}
	return jobfile.Keys()[i].Values
}

// flagGroup is the heading that a flag of a job stands under.
func flagGroup(name string) string {
	switch {
	case slices.Contains([]string{"file", "name", "ids", "ids-file", "creators", "search", "state", "with", "users", "no-users", "private", "follow"}, name):
		return usage.GroupGet
	case slices.Contains([]string{"to", "store", "publish"}, name):
		return usage.GroupTo
	case slices.Contains([]string{"workers", "max-wait", "max-total-wait", "deadline", "retry-for", "ask-again", "resume-within", "strict"}, name), strings.HasPrefix(name, "budget-"):
		return usage.GroupLimits
	}
	return ""
}
