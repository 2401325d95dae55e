package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/auth"
)

// tokens checks what a job can ask with, by what is known here and, unless
// offline, by asking.
func (e *examination) tokens() {
	app, user := environment()
	accounts := e.accounts()
	if app == "" && user == "" && len(accounts) == 0 {
		e.fail("tokens", "set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth login or auth app", "there is no token")
	}
	if slices.Contains(e.spec.With, "buyers") && user == "" && !slices.ContainsFunc(accounts, func(a auth.Account) bool { return a.Kind == auth.User }) {
		e.fail("tokens", "run spacesetl auth login as the Space's creator, or leave out buyers", "the job asks for buyers, and there is no user's token")
	}
	if e.offline {
		for _, variable := range []string{"X_BEARER_TOKEN", "X_USER_TOKEN"} {
			if secretOf(variable) != "" {
				e.ok("tokens", "%s is set; not asked", variable)
			}
		}
		return
	}
	if !e.reach() {
		return
	}
	e.try("X_BEARER_TOKEN", app, extract.AppCredential, "set it to the app's bearer token from the X developer console")
	e.try("X_USER_TOKEN", user, extract.UserCredential, "set it to a user's OAuth 2.0 token, or better run spacesetl auth login")
	for _, a := range accounts {
		e.tryAccount(a)
	}
}

// config is how the API is asked here.
func (e *examination) config() extract.Config {
	return extract.Config{BaseURL: e.spec.BaseURL, Version: version, Timeout: 15 * time.Second}
}

// maxSkew is the difference of clocks that is worth a word.
const maxSkew = 30 * time.Second

// reach asks without a token: whether the API can be reached, and what time it
// is there.
func (e *examination) reach() bool {
	base := e.spec.BaseURL
	if base == "" {
		base = extract.DefaultBaseURL
	}
	if u, err := url.Parse(base); err == nil {
		base = u.Redacted()
	}
	p, err := extract.Ask(e.ctx, e.config(), "")
	if err != nil {
		what, do := networkTrouble(err)
		e.fail("api", do, "%s: %s", base, what)
		return false
	}
	if p.Status >= 500 {
		e.warn("api", "try again later; a run waits and tries again by itself", "%s answers with status %d", base, p.Status)
	} else {
		e.ok("api", "%s answers in %s", base, p.Took.Round(time.Millisecond))
	}
	switch ahead := p.Ahead.Round(time.Second); {
	case !p.Dated:
		e.warn("clock", "", "%s does not say what time it is", base)
	case ahead > maxSkew || ahead < -maxSkew:
		e.warn("clock", "set it, with NTP say; rate windows are waited for all the same, since the difference is measured", "this machine's clock is %s %s the server's", ahead.Abs(), behindOrAhead(ahead))
	default:
		e.ok("clock", "within %s of the server's", max(ahead.Abs(), time.Second))
	}
	return true
}

func behindOrAhead(ahead time.Duration) string {
	if ahead > 0 {
		return "behind"
	}
	return "ahead of"
}

// try asks with one token.
func (e *examination) try(name, token string, kind extract.CredentialKind, do string) {
	if token == "" {
		return
	}
	p, err := extract.Ask(e.ctx, e.config(), extract.Token(token))
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

// accounts are those of the token file that the job would ask with.
func (e *examination) accounts() []auth.Account {
	store, err := e.tokenStore()
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
	for _, name := range e.spec.Accounts {
		if !slices.ContainsFunc(all, func(a auth.Account) bool { return a.Name == name }) {
			e.fail("tokens", "run spacesetl auth login --name "+shellQuoted(name), "the job names account %q, which is not in %s", name, store.Path())
		}
	}
	return slices.DeleteFunc(all, func(a auth.Account) bool {
		return len(e.spec.Accounts) > 0 && !slices.Contains(e.spec.Accounts, a.Name)
	})
}

// tokenStore opens the token file; nil without an error is nowhere to keep one.
func (e *examination) tokenStore() (*auth.Store, error) {
	path := e.cli.String("token-file")
	if path == "" {
		var err error
		if path, err = auth.DefaultPath(); err != nil {
			return nil, nil
		}
	}
	return auth.Open(path)
}

// tryAccount says what is known of an account, and asks with its token if that
// needs no renewal: a renewal spends the old token.
func (e *examination) tryAccount(a auth.Account) {
	login := "spacesetl auth login --name " + a.Name
	if a.Kind == auth.App {
		login = "spacesetl auth app --name " + a.Name
	}
	name, server := "account "+a.Name, strings.TrimRight(e.spec.BaseURL, "/")
	if server == "" {
		server = auth.DefaultServer
	}
	switch expired := !a.Expires.IsZero() && !e.now.Before(a.Due()); {
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
	store, err := e.tokenStore()
	var token string
	if err == nil {
		var source *auth.Source
		if source, err = store.Source(a.Name, auth.Config{Server: server, UserAgent: userAgent()}); err == nil {
			token, err = source.Token(e.ctx)
		}
	}
	if err != nil {
		e.fail("tokens", login, "%s: %v", name, err)
		return
	}
	e.try(name, token, extract.CredentialKind(a.Kind), login)
}

// networkTrouble says what keeps a request from its server, and what to do.
func networkTrouble(err error) (what, do string) {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		op        *net.OpError
		timeout   *url.Error
	)
	switch {
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return fmt.Sprintf("the proxy cannot be reached (%v)", op.Err), "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("the name %s is not known", dns.Name), "check the address, the DNS of this machine, and whether a proxy is needed (HTTPS_PROXY)"
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s could not be looked up (%v)", dns.Name, dns.Err), "check the DNS of this machine and its network"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate is not valid now: " + invalid.Error(), "check this machine's clock first"
	case errors.As(err, &authority):
		return "its certificate is of an authority that is not known here", "install ca-certificates; behind a proxy that opens TLS, its certificate, too (SSL_CERT_FILE)"
	case errors.As(err, &host), errors.As(err, &invalid):
		return "its certificate is not good: " + err.Error(), "check the address, and what stands between"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS", "check the address: http:// or https://"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there (connection refused)", "check the address and the port"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time", "check the network, firewall and proxy"
	}
	return err.Error(), "check the address, the network and the proxy"
}
