// Package auth keeps the tokens of X accounts: it gets them by OAuth 2.0, holds
// them in one file, and renews them before they expire.
//
// A Store is the file; Login, App and Logout change what accounts are in it, and
// a Source hands out the access token of one account to whoever sends requests:
//
//	store, err := auth.Open(path)
//	source, err := store.Source("XDevelopers", auth.Config{})
//	token, err := source.Token(ctx)             // before each request
//	token, err = source.Renew(ctx, token)       // once, when the answer was 401
//
// The environment wins over the store: a command that finds X_BEARER_TOKEN or
// X_USER_TOKEN set uses that, as it is, and asks the store only for the kind of
// token that is not set. This package reads no environment.
//
// # Refresh tokens
//
// The API's refresh tokens can be used once. Each use answers with a new pair
// and kills the old refresh token; a second use of the old one can revoke every
// token that came of the login. Hence:
//
//   - one refresher at a time, among goroutines and processes, by a file lock;
//     whoever gets the lock reads the file again before it asks the server;
//   - the new pair is in the file (written, synced, renamed, folder synced)
//     before anybody gets it;
//   - a refresh that has begun is brought to an end though its context ends, for
//     Config.Grace;
//   - that the file can be written is tried before the request, not after it: the
//     account is marked as being refreshed.
//
// The one moment that cannot be closed is between the server's turn of the pair
// and our having written its answer to a file: when the process dies or the
// connection breaks there, the new pair is lost. The mark stays, so that the next
// refusal can say what happened (LoginError.Interrupted), and asking again with
// the old token is right: either the server never saw the first request, or there
// is nothing left to lose. A pair that was written but not yet renamed is found by
// the next process that takes the lock; one that could not be written, because the
// disk is full, is kept in memory and written at the next call.
package auth

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/extract/address"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// DefaultServer is where the API's tokens come from.
const DefaultServer = "https://api.x.com"

// defaultConsent is where users of the API agree; it is on another host.
const defaultConsent = "https://x.com/i/oauth2/authorize"

// Scopes are what a login asks for: what the Spaces endpoints need, and
// offline.access, without which there is no refresh token.
func Scopes() []string {
	return []string{"tweet.read", "users.read", "space.read", "offline.access"}
}

// Config says how to talk to the server of tokens. The zero value works.
type Config struct {
	Server    string            // scheme, host and maybe a path of the API; default DefaultServer
	Insecure  bool              // let secrets go unencrypted, to http that is not this machine
	UserAgent string            // default "spacesetl"
	Timeout   time.Duration     // of one request; default 20 s
	Grace     time.Duration     // for a refresh under way when ctx ends; default 5 s
	Transport http.RoundTripper // default http.DefaultTransport

	Now  func() time.Time // default time.Now
	Step durable.Step     // for tests; may be nil
}

func (c Config) withDefaults() (Config, error) {
	c.Server = strings.TrimRight(c.Server, "/")
	if c.Server == "" {
		c.Server = DefaultServer
	}
	if c.UserAgent == "" {
		c.UserAgent = "spacesetl"
	}
	if c.Timeout <= 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Grace <= 0 {
		c.Grace = 5 * time.Second
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, checkServer(c.Server, c.Insecure)
}

// checkServer keeps secrets off wires that others can read.
func checkServer(server string, insecure bool) error {
	u, err := url.Parse(server)
	switch {
	case err != nil || u.User != nil: // could show a password
		return &AddressError{"…", "is not valid: it must be like " + DefaultServer}
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "":
		return &AddressError{server, "is not valid: it must be like " + DefaultServer}
	case u.Scheme == "http" && address.OfX(u.Hostname()):
		return &AddressError{server, "would send secrets unencrypted: write https"}
	case !insecure && !address.Closed(u):
		return &AddressError{server, "would send secrets unencrypted: write https, or give " + address.Flag}
	}
	return nil
}

func (c Config) consentURL() string {
	if c.Server == DefaultServer {
		return defaultConsent
	}
	return c.Server + "/i/oauth2/authorize"
}

func (c Config) client() *http.Client {
	return &http.Client{
		Transport: agent{c.Transport, c.UserAgent}, Timeout: c.Timeout,
		// A redirect would carry the secrets of the body to another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// agent names the program in each request.
type agent struct {
	next http.RoundTripper
	name string
}

// RoundTrip sends a request under the program's name.
func (a agent) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", a.name)
	return address.Unswitched{RoundTripper: a.next}.RoundTrip(req)
}
