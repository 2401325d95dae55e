package main

import (
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

func (c *console) versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version", UsageText: "spacesetl version",
		Action: func(*cli.Context) error {
			text := version
			if info, ok := debug.ReadBuildInfo(); ok && text == "dev" && info.Main.Version != "" && info.Main.Version != "(devel)" {
				text = info.Main.Version
			}
			return c.print("spacesetl %s %s %s/%s\n", text, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
