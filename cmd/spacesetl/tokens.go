package main

import (
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/load/destinations"
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

// secretOf reads a variable that is no flag, so that no shell history or
// process list shows it.
func secretOf(variable string) string { return strings.TrimSpace(os.Getenv(variable)) }

// secretVariables are the environment's secrets, which no child needs.
func secretVariables() []string {
	names := []string{"X_BEARER_TOKEN", "X_USER_TOKEN", "X_CLIENT_SECRET", "X_API_KEY", "X_API_SECRET"}
	for _, v := range destinations.Variables() {
		if v.Secret {
			names = append(names, v.Name)
		}
	}
	for _, flag := range secretFlags() {
		names = append(names, usage.Env(flag)...)
	}
	return names
}

// withoutSecrets is the environment for another program.
func withoutSecrets(environ []string) []string {
	return slices.DeleteFunc(environ, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(secretVariables(), name)
	})
}
