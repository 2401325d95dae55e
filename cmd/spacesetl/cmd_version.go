package main

import (
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/notices"
)

func versionCommand(c *console) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version", UsageText: "spacesetl version\nspacesetl version --licenses",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "licenses", Usage: "print the licences of all that is linked and shipped"}},
		Action: func(ctx *cli.Context) error {
			if ctx.Bool("licenses") {
				return c.text(notices.Text())
			}
			return printVersion(c)
		},
	}
}

func printVersion(c *console) error {
	return c.print("spacesetl %s %s %s/%s\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// programVersion is the version set by the linker, or that of the module.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "dev" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return version
}
