package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/jobs/ready"
)

// choices are the values of a flag that takes one of a few, or a list of them;
// nil for other flags.
func choices(flag string) []string {
	switch flag {
	case "to":
		return []string{"parquet", "duckdb", "latest"}
	case "with":
		return []string{"buyers", "tweets"}
	case "state":
		return []string{"live", "scheduled", "all"}
	case "dialect":
		return []string{"tweet", "post"}
	case "publish":
		return []string{"copy", "in_place"}
	case "partition":
		return []string{"day", "month", "none"}
	case "follow":
		return []string{"open", "none"}
	case "users":
		return []string{"expand", "batch", "none"}
	case "output":
		return []string{"text", "json"}
	case "progress":
		return observe.Progresses
	case "log-level":
		return observe.Levels
	case "log-format":
		return observe.Formats
	case "for":
		return ready.Schedulers()
	case "format":
		return schemaFormats()
	}
	return simulatorChoices(flag)
}

// simulatorChoices are those of the simulator's flags.
func simulatorChoices(flag string) []string {
	switch flag {
	case "only-dialect":
		return []string{"both", "tweet", "post"}
	case "unknown-fields":
		return []string{"ignore", "reject", "reject2"}
	case "ended":
		return []string{"return", "error", "notfound"}
	case "missing":
		return []string{"error", "omit", "notfound"}
	case "paging":
		return []string{"normal", "quirks", "repeat", "expired"}
	}
	return nil
}

// chosen refuses a value that is none of a flag's choices.
func chosen(ctx *cli.Context, flag, value string) error {
	allowed := choices(flag)
	if slices.Contains(allowed, value) {
		return nil
	}
	return &usageError{commandOf(ctx), fmt.Errorf("--%s: %q is not one of %s%s", flag, value, strings.Join(allowed, ", "), near(value, allowed))}
}
