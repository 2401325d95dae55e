package main

import (
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/jobs/ready"
	"github.com/spacesetl/spacesetl/pipeline/answer"
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
		ArgsUsage: "SHELL",
		Action: func(ctx *cli.Context) error {
			words := map[string][]string{"completion": usage.Shells(), "query": answer.Names(), "export": exported()}
			for _, job := range ready.Jobs() {
				words["jobs show"] = append(words["jobs show"], job.Name)
			}
			script, err := usage.Completion(ctx.Args().Slice(), ctx.App.Commands, words)
			if err != nil {
				return err
			}
			return c.text(script)
		},
	}
}
