package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

func completionCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "completion",
		Usage: "print a completion script for bash, zsh or fish",
		UsageText: `spacesetl completion bash > /etc/bash_completion.d/spacesetl
spacesetl completion zsh  > "${fpath[1]}/_spacesetl"
spacesetl completion fish > ~/.config/fish/completions/spacesetl.fish
source <(spacesetl completion bash)`,
		Description: "The script completes commands, flags, the values of flags that take one of a few, and files.\n" +
			"It needs nothing else: not this program while it completes, nor a package of completions.",
		Action: func(ctx *cli.Context) error {
			shells := []string{"bash", "zsh", "fish"}
			write := map[string]func(*syntax) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
			shell := ctx.Args().First()
			switch {
			case shell == "":
				return &usageError{commandOf(ctx), fmt.Errorf("name the shell: %s", strings.Join(shells, ", "))}
			case write[shell] == nil:
				return &usageError{commandOf(ctx), fmt.Errorf("there is no completion for %q, but for %s%s", shell, strings.Join(shells, ", "), near(shell, shells))}
			case ctx.NArg() > 1:
				return &usageError{commandOf(ctx), fmt.Errorf("%q is one shell too many", ctx.Args().Get(1))}
			}
			return c.text(write[shell](syntaxOf(ctx.App.Commands)))
		},
	}
}
