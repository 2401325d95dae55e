package doctor

import (
	"errors"
	"net/http"
	"slices"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/auth"
	"github.com/spacesetl/spacesetl/jobs"
)

// checkTokens checks what a job can ask with, by what is known here and, unless
// offline, by asking.
func checkTokens(e *examination) {
	env, trusted := entrusted(e)
	if !trusted {
		return
	}
	accounts := accountsOf(e)
	if env.App == "" && env.User == "" && len(accounts) == 0 {
		e.fail("tokens", "set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth login or auth app", "there is no token")
	}
	if owned := e.Spec.Owned(); owned != "" && env.User == "" && !slices.ContainsFunc(accounts, func(a auth.Account) bool { return a.Kind == auth.User }) {
		e.fail("tokens", "run spacesetl auth login as the Space's creator, or leave out "+owned, "the job asks for %s, and there is no user's token", owned)
	}
	if e.Offline {
		if e.Env.App != "" {
			e.ok("tokens", "X_BEARER_TOKEN is set; not asked")
		}
		if e.Env.User != "" {
			e.ok("tokens", "X_USER_TOKEN is set; not asked")
		}
		return
	}
	if len(e.Spec.Doubts()) > 0 && len(accounts) == 0 {
		return // not even that somebody asks is for a stranger to know
	}
	if !checkAPI(e) {
		return
	}
	tryToken(e, "X_BEARER_TOKEN", env.App, extract.AppCredential, "set it to the app's bearer token from the X developer console")
	tryToken(e, "X_USER_TOKEN", env.User, extract.UserCredential, "set it to a user's OAuth 2.0 token, or better run spacesetl auth login")
	for _, a := range accounts {
		tryAccount(e, a)
	}
}

// entrusted are the tokens of the environment as far as the job can ask with them,
// and whether it can ask at all.
func entrusted(e *examination) (jobs.Tokens, bool) {
	if e.TokenFile == "" {
		return e.Env, true // without a file there is none in it
	}
	found, err := jobs.FindTokens(e.Spec, e.TokenFile, e.Version, e.Env)
	var trust *jobs.TrustError
	if errors.As(err, &trust) {
		e.fail("tokens", "", "no token was tried, since none is sent for this job: see above")
		return found, false
	}
	if err != nil { // the token file's: others say so
		return e.Env, true
	}
	return found, true
}

// tryToken asks with one token.
func tryToken(e *examination, name, token string, kind extract.CredentialKind, do string) {
	if token == "" {
		return
	}
	p, err := extract.Ask(e.ctx, probeConfig(e), extract.Token(token))
	detail := ""
	if p.Detail != "" {
		detail = ": " + p.Detail
	}
	switch {
	case err != nil:
		e.fail("tokens", do, "%s: %v", name, err)
	case p.Kind == kind:
		e.ok("tokens", "%s is good, %s token", name, articled(kind))
	case p.Kind != "":
		e.fail("tokens", do, "%s holds %s token", name, articled(p.Kind))
	case p.Status == http.StatusUnauthorized:
		e.fail("tokens", do, "%s is refused (status 401)%s", name, detail)
	case p.Status == http.StatusTooManyRequests || p.Status >= 500:
		e.warn("tokens", "ask again in a while", "%s could not be tried: status %d%s", name, p.Status, detail)
	default:
		e.fail("tokens", do, "%s is refused (status %d)%s", name, p.Status, detail)
	}
}

func articled(kind extract.CredentialKind) string {
	if kind == extract.AppCredential {
		return "an app's"
	}
	return "a user's"
}
