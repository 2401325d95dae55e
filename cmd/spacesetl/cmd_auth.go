package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs"
)

func authCommand(c *console) *cli.Command {
	command := &cli.Command{
		Name:  "auth",
		Usage: "log in and out; see who is logged in",
		UsageText: `spacesetl auth login
spacesetl auth app
spacesetl auth status
spacesetl auth logout --name XDevelopers`,
		Description: "Tokens are kept in one file that only its owner can read, by account, and are renewed before\n" +
			"they expire. Where X_BEARER_TOKEN or X_USER_TOKEN is set, it is used instead.",
		Subcommands: []*cli.Command{authLoginCommand(c), authAppCommand(c), authStatusCommand(c), authLogoutCommand(c)},
	}
	for _, sub := range command.Subcommands {
		sub.Flags = append(sub.Flags, tokenFileFlag())
	}
	return command
}

// nameFlag has a twin of its own: SPACESETL_NAME is of a job.
func nameFlag(help string) cli.Flag {
	return &cli.StringFlag{Name: "name", Usage: help + "; its twin is SPACESETL_ACCOUNT", EnvVars: usage.Env("account")}
}

func serverFlag() cli.Flag {
	return text("base-url", auth.DefaultServer, "`URL` of the API")
}

// openTokens opens the token file of a command.
func openTokens(c *console, ctx *cli.Context) (*auth.Store, error) {
	path, err := tokenFile(ctx)
	if err != nil {
		return nil, usage.Errorf("%w: give --token-file", err)
	}
	store, err := auth.Open(path)
	if err == nil {
		sayIgnored(c, store)
	}
	return store, err
}

// sayIgnored names the files beside the token file that others put there, the
// first of many.
func sayIgnored(c *console, store *auth.Store) {
	all := store.Ignored()
	for _, e := range all[:min(len(all), 3)] {
		c.say(e.Error())
	}
	if n := len(all) - 3; n > 0 {
		c.say(fmt.Sprintf("%s like the last are ignored, too", plural(n, "file")))
	}
}

func authConfig(ctx *cli.Context) auth.Config {
	return auth.Config{Server: ctx.String("base-url"), Insecure: insecure(ctx), UserAgent: jobs.UserAgent(version)}
}
