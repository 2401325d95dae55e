package main

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

func manCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "print the manual page",
		UsageText: `spacesetl man | man -l -
spacesetl man > /usr/local/share/man/man1/spacesetl.1`,
		Action: func(ctx *cli.Context) error {
			return c.text(usage.Manual(ctx.App, usage.Edition{Day: builtOn(), Version: programVersion(), Status: exitMeanings(), Failures: manFailures()}))
		},
	}
}

// builtOn is the day of the commit that the program was built of, or that of
// its file.
func builtOn() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" && len(s.Value) >= len(time.DateOnly) {
				return s.Value[:len(time.DateOnly)]
			}
		}
	}
	built := time.Now()
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			built = info.ModTime()
		}
	}
	return built.UTC().Format(time.DateOnly)
}
