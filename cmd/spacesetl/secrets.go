package main

import (
	"os"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

// secretOf reads a variable that is no flag, so that no shell history or
// process list shows it.
func secretOf(variable string) string { return strings.TrimSpace(os.Getenv(variable)) }

// secretVariables are the environment's secrets, which no child needs.
func secretVariables() []string {
	names := []string{"X_BEARER_TOKEN", "X_USER_TOKEN", "X_CLIENT_SECRET", "X_API_KEY", "X_API_SECRET"}
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
