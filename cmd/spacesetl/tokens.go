package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
)

func tokenFileFlag() cli.Flag {
	return text("token-file", "", "`FILE` of the accounts (default in the user's configuration folder)")
}

// tokens are what a run may ask with.
type tokens struct {
	app, user string // from the environment
	accounts  []extract.Credential
}

// hasUser reports whether there is a user's token: buyers need one.
func (t tokens) hasUser() bool {
	return t.user != "" || slices.ContainsFunc(t.accounts, func(c extract.Credential) bool { return c.Kind == extract.UserCredential })
}

// owners are the user ids that the accounts belong to, as far as they are known
// without asking, and whether that is all of them.
func (t tokens) owners() (ids []string, all bool) {
	all = t.user == ""
	for _, c := range t.accounts {
		switch {
		case c.Kind != extract.UserCredential:
		case c.Owner == "":
			all = false
		default:
			ids = append(ids, c.Owner)
		}
	}
	slices.Sort(ids)
	return ids, all
}

// plan is the job's with these tokens: whose they are is asked only where that
// matters and is not known.
func (t tokens) plan(spec *jobs.Spec) pipeline.Plan {
	plan := spec.Plan(t.hasUser())
	if owners, all := t.owners(); plan.Buyers {
		plan.Owners, plan.Self = owners, plan.Self && !all
	}
	return plan
}

// findTokens returns the tokens of the environment and, of the kind that it has
// none of, the accounts of the token file: those the job names, or all that the
// job's server gave.
func findTokens(ctx *cli.Context, spec jobs.Spec) (tokens, error) {
	var t tokens
	t.app, t.user = environment()
	path := ctx.String("token-file")
	if path == "" {
		var err error
		if path, err = auth.DefaultPath(); err != nil {
			return t, nil // nowhere to keep a file, so there is none
		}
	}
	store, err := auth.Open(path)
	if err != nil {
		return t, err
	}
	accounts, err := store.Accounts()
	if err != nil {
		return t, err
	}
	if err := allThere(ctx, spec.Accounts, accounts, path); err != nil {
		return t, err
	}
	server := strings.TrimRight(spec.BaseURL, "/")
	if server == "" {
		server = auth.DefaultServer
	}
	for _, a := range accounts {
		named := slices.Contains(spec.Accounts, a.Name)
		if !named && (len(spec.Accounts) > 0 || a.Server != server) {
			continue
		}
		if a.Kind == auth.App && t.app != "" || a.Kind == auth.User && t.user != "" {
			continue
		}
		source, err := store.Source(a.Name, auth.Config{Server: server, UserAgent: userAgent()})
		if err != nil {
			return t, err
		}
		t.accounts = append(t.accounts, extract.Credential{Name: a.Name, Kind: extract.CredentialKind(a.Kind), App: a.ClientID, Owner: a.UserID, Source: source})
	}
	tellApart(t.accounts)
	return t, nil
}

// tellApart leaves the accounts their apps if those are of several. If they are
// of one, it is taken to be that of the tokens whose app nobody knows, too: the
// environment's and the app-only ones.
func tellApart(accounts []extract.Credential) {
	apps := map[string]bool{}
	for _, a := range accounts {
		apps[a.App] = true
	}
	delete(apps, "")
	if len(apps) > 1 {
		return
	}
	for i := range accounts {
		accounts[i].App = ""
	}
}

// allThere reports the accounts that the job names and the file does not have.
func allThere(ctx *cli.Context, wanted []string, accounts []auth.Account, path string) error {
	var names []string
	for _, a := range accounts {
		names = append(names, a.Name)
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return &usageError{"spacesetl " + ctx.Command.Name, fmt.Errorf("accounts: there is no account %q in %s%s", name, path, near(name, names))}
		}
	}
	return nil
}

// enough says what is missing to begin with.
func (t tokens) enough(ctx *cli.Context, spec jobs.Spec) error {
	var missing error
	switch {
	case t.app == "" && t.user == "" && len(t.accounts) == 0:
		missing = errors.New("no token: set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth login or auth app")
	case slices.Contains(spec.With, "buyers") && !t.hasUser():
		missing = errors.New("buyers are shown to the Space's creator only: run spacesetl auth login as the creator, or set X_USER_TOKEN to the creator's user token, or leave out --with buyers")
	default:
		return nil
	}
	return &usageError{"spacesetl " + ctx.Command.Name, missing}
}

func userAgent() string {
	return "spacesetl/" + version + " (+https://github.com/spacesetl/spacesetl)"
}
