package main

import (
	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs"
)

func tokenFileFlag() cli.Flag {
	return text("token-file", "", "`FILE` of the accounts (default in the user's configuration folder)")
}

// tokenFile is where the accounts are; an error says that there is nowhere to
// keep a file.
func tokenFile(ctx *cli.Context) (string, error) {
	if path := ctx.String("token-file"); path != "" {
		return path, nil
	}
	return auth.DefaultPath()
}

// environment are the tokens of the environment, so that no shell history or
// process list shows them.
func environment() jobs.Tokens {
	return jobs.Tokens{App: secretOf("X_BEARER_TOKEN"), User: secretOf("X_USER_TOKEN")}
}

// findTokens are the tokens of the environment and of the token file.
func findTokens(c *console, ctx *cli.Context, spec jobs.Spec) (jobs.Tokens, error) {
	path, err := tokenFile(ctx)
	if err != nil {
		return environment(), nil // without a file there is none in it
	}
	if store, err := auth.Open(path); err == nil { // else FindTokens says it
		sayIgnored(c, store)
	}
	tokens, err := jobs.FindTokens(spec, path, version, environment())
	return tokens, ofJob(ctx, err)
}
