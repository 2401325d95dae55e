package jobs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Tokens are what a job asks with. One is enough; buyers need the token of the
// Space's creator.
type Tokens struct {
	App, User string               // an app's bearer token, a user's
	Accounts  []extract.Credential // of a token file, see FindTokens
}

// String says how many tokens there are, and shows none.
func (t Tokens) String() string {
	n := t.count(false)
	return fmt.Sprintf("tokens of %d apps and %d users", n.App, n.User)
}

// TokenError says which token is missing to begin with.
type TokenError struct {
	Of string // what is shown to a Space's creator only; empty: any token
}

func (e *TokenError) Error() string {
	if e.Of != "" {
		return e.Of + " are shown to the Space's creator only: run spacesetl auth login as the creator, or set X_USER_TOKEN to the creator's user token, or leave out --with " + e.Of
	}
	return "no token: set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth login or auth app"
}

// TrustError is a job file that may be another's and that tokens are not sent for.
type TrustError struct{ Doubts []string }

func (e *TrustError) Error() string { return strings.Join(e.Doubts, "\n") }

// entrusted refuses the tokens to a job that they are not meant for. Accounts are
// of a server: to others they are never shown.
func (t Tokens) entrusted(spec Spec) error {
	doubts := spec.Doubts()
	if t.App == "" && t.User == "" && (spec.Doubt() == "" || len(t.Accounts) == 0) || len(doubts) == 0 {
		return nil
	}
	return &TrustError{doubts}
}

// AccountError is an account that a job names and the token file does not have.
type AccountError struct {
	Name, Path string
	Nearest    string // the account that was meant; empty if none comes near
}

func (e *AccountError) Error() string {
	text := fmt.Sprintf("accounts: there is no account %q in %s", e.Name, e.Path)
	if e.Nearest != "" {
		text += fmt.Sprintf(": did you mean %q?", e.Nearest)
	}
	return text
}

// UserAgent is how the program names itself to servers.
func UserAgent(version string) string {
	return "spacesetl/" + version + " (+https://github.com/spacesetl/spacesetl)"
}

// FindTokens adds to the tokens given, of the kind that they lack, the accounts
// of the token file at path: those the job names, or all that the job's server
// gave. An account that is named and not there is an *AccountError, a job file that
// none is sent for a *TrustError.
func FindTokens(spec Spec, path, version string, t Tokens) (Tokens, error) {
	store, err := auth.Open(path)
	if err != nil {
		return t, err
	}
	accounts, err := store.Accounts()
	if err != nil {
		return t, err
	}
	if err := allThere(spec.Accounts, accounts, path); err != nil {
		return t, err
	}
	env := t
	if spec.Foreign() {
		t.App, t.User = "", ""
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
		if a.Kind == auth.App && t.App != "" || a.Kind == auth.User && t.User != "" {
			continue
		}
		source, err := store.Source(a.Name, auth.Config{Server: server, Insecure: spec.InsecureHTTP, UserAgent: UserAgent(version)})
		if err != nil {
			return t, err
		}
		t.Accounts = append(t.Accounts, extract.Credential{Name: a.Name, Kind: extract.CredentialKind(a.Kind), App: a.ClientID, Owner: a.UserID, Source: source})
	}
	tellApart(t.Accounts)
	if len(t.Accounts) == 0 {
		t = env
	}
	return t, t.entrusted(spec)
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
func allThere(wanted []string, accounts []auth.Account, path string) error {
	var names []string
	for _, a := range accounts {
		names = append(names, a.Name)
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return &AccountError{name, path, jobfile.Nearest(name, names)}
		}
	}
	return nil
}

// enough says what is missing to begin with.
func (t Tokens) enough(spec Spec) error {
	switch {
	case t.App == "" && t.User == "" && len(t.Accounts) == 0:
		return &TokenError{}
	case spec.Owned() != "" && !t.hasUser():
		return &TokenError{spec.Owned()}
	}
	return nil
}

// hasApp reports whether there is an app's own token.
func (t Tokens) hasApp() bool {
	return t.App != "" || slices.ContainsFunc(t.Accounts, func(c extract.Credential) bool { return c.Kind == extract.AppCredential })
}

// hasUser reports whether there is a user's token: buyers need one.
func (t Tokens) hasUser() bool {
	return t.User != "" || slices.ContainsFunc(t.Accounts, func(c extract.Credential) bool { return c.Kind == extract.UserCredential })
}

// owners are the user ids that the accounts belong to, as far as they are known
// without asking, and whether that is all of them.
func (t Tokens) owners() (ids []string, all bool) {
	all = t.User == ""
	for _, c := range t.Accounts {
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
func (t Tokens) plan(spec *Spec) store.Plan {
	plan := spec.Plan(t.hasUser())
	if owners, all := t.owners(); spec.Owned() != "" {
		plan.Owners, plan.Self = owners, plan.Self && !all
	}
	return plan
}
