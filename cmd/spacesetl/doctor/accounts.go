package doctor

import (
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs"
)

// accountsOf are those of the token file that the job would ask with.
func accountsOf(e *examination) []auth.Account {
	store, err := tokenStore(e)
	if store == nil && err == nil {
		return nil
	}
	if err != nil {
		var file *auth.FileError
		if errors.As(err, &file) {
			e.fail("token file", file.Next, "%s %s", file.Path, file.Problem)
		} else {
			e.fail("token file", "let this user read it", "%v", err)
		}
		return nil
	}
	all, err := store.Accounts()
	if err != nil {
		e.fail("token file", "let this user read it", "%v", err)
		return nil
	}
	if info, err := os.Stat(store.Path()); err == nil {
		e.ok("token file", "%s has mode %04o and %d accounts", store.Path(), info.Mode().Perm(), len(all))
	}
	for _, beside := range store.Ignored() {
		e.warn("token file", beside.Next, "%s %s", beside.Path, beside.Problem)
	}
	for _, name := range e.Spec.Accounts {
		if !slices.ContainsFunc(all, func(a auth.Account) bool { return a.Name == name }) {
			e.fail("tokens", "run spacesetl auth login --name "+jobs.ShellWord(name), "the job names account %q, which is not in %s", name, store.Path())
		}
	}
	return slices.DeleteFunc(all, func(a auth.Account) bool {
		return len(e.Spec.Accounts) > 0 && !slices.Contains(e.Spec.Accounts, a.Name)
	})
}

// tokenStore opens the token file; nil without an error is nowhere to keep one.
func tokenStore(e *examination) (*auth.Store, error) {
	if e.TokenFile == "" {
		return nil, nil
	}
	return auth.Open(e.TokenFile)
}

// tryAccount says what is known of an account, and asks with its token if that
// needs no renewal: a renewal spends the old token.
func tryAccount(e *examination, a auth.Account) {
	login := "spacesetl auth login --name " + a.Name
	if a.Kind == auth.App {
		login = "spacesetl auth app --name " + a.Name
	}
	name, server := "account "+a.Name, strings.TrimRight(e.Spec.BaseURL, "/")
	if server == "" {
		server = auth.DefaultServer
	}
	switch expired := !a.Expires.IsZero() && !e.Now.Before(a.Due()); {
	case a.Server != server:
		e.warn("tokens", "log in there, too, if the job is to ask with it", "%s is of %s, the job asks %s", name, a.Server, server)
		return
	case !a.Refused.IsZero():
		e.fail("tokens", login, "%s: the server refused to renew its token at %s", name, a.Refused.UTC().Format(time.RFC3339))
		return
	case !a.Refreshing.IsZero():
		e.warn("tokens", "the next run finds out; if the pair is lost, "+login, "%s: a renewal began at %s and did not end", name, a.Refreshing.UTC().Format(time.RFC3339))
		return
	case expired && !a.Renewable:
		e.fail("tokens", login, "%s: its token expired at %s and cannot be renewed", name, a.Expires.UTC().Format(time.RFC3339))
		return
	case expired:
		e.ok("tokens", "%s: its token is renewed by the next run; not asked", name)
		return
	}
	for _, scope := range auth.Scopes() {
		if a.Kind == auth.User && len(a.Scopes) > 0 && !slices.Contains(a.Scopes, scope) {
			e.warn("tokens", login, "%s was not given the scope %s", name, scope)
		}
	}
	store, err := tokenStore(e)
	var token string
	if err == nil {
		var source *auth.Source
		if source, err = store.Source(a.Name, auth.Config{Server: server, Insecure: e.Insecure, UserAgent: jobs.UserAgent(e.Version)}); err == nil {
			token, err = source.Token(e.ctx)
		}
	}
	if err != nil {
		e.fail("tokens", login, "%s: %v", name, err)
		return
	}
	tryToken(e, name, token, extract.CredentialKind(a.Kind), login)
}
