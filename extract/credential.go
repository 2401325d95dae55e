package extract

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/spacesetl/spacesetl/schemas"
)

// Credential is a token that the client may use. All of a client's credentials
// share its work: a request goes to the one whose rate window has most room.
type Credential struct {
	Name string // for logs and errors, unique among its kind; never the token
	Kind CredentialKind
	// App names the app the token belongs to. The tokens of one app share the
	// one request per second of by/creator_ids and the app's 24-hour limits;
	// tokens without a name here are taken to be of one app.
	App string
	// Owner is the user id a user token belongs to. When it is empty and
	// matters, the client asks /2/users/me once.
	Owner string
	// Reserved keeps a user token for what needs one: buyers, me, and endpoints
	// that take no app token. It does not count where no other credential is.
	Reserved bool
	Source   TokenSource
}

// CredentialKind is what a token speaks for.
type CredentialKind string

// The kinds of credentials.
const (
	AppCredential  CredentialKind = "app"  // the app: an app-only bearer token
	UserCredential CredentialKind = "user" // a user who has agreed
)

// TokenSource hands out the token of one credential. Its methods may be called
// from several goroutines.
//
// An error ends the use of the credential, unless it is of the network or has a
// method Temporary() bool that returns true: then the request is tried again.
// Its text must not hold a token.
type TokenSource interface {
	// Token is called before each request.
	Token(context.Context) (string, error)
	// Renew is called after a 401 with the token that was refused. It returns
	// another one at once when that is no longer the current one.
	Renew(ctx context.Context, rejected string) (string, error)
}

// ErrNotRenewable is what a source returns that has just one token.
var ErrNotRenewable = errors.New("the token cannot be renewed")

// Token returns the token itself, so that a Token is a source that never
// changes.
func (t Token) Token(context.Context) (string, error) { return string(t), nil }

// Renew returns ErrNotRenewable.
func (t Token) Renew(context.Context, string) (string, error) { return "", ErrNotRenewable }

// label names the credential in messages.
func (c Credential) label() string {
	kind := "app-only token"
	if c.Kind == UserCredential {
		kind = "user token"
	}
	return fmt.Sprintf("%s (%s)", kind, c.Name)
}

// The names of the credentials that are set as AppToken and UserToken.
const (
	appVariable  = "X_BEARER_TOKEN"
	userVariable = "X_USER_TOKEN"
)

// all returns every credential configured, the two tokens included.
func (c Config) all() []Credential {
	var all []Credential
	if c.AppToken != "" {
		all = append(all, Credential{Name: appVariable, Kind: AppCredential, Source: c.AppToken})
	}
	if c.UserToken != "" {
		all = append(all, Credential{Name: userVariable, Kind: UserCredential, Reserved: c.AppToken != "", Source: c.UserToken})
	}
	return append(all, c.Credentials...)
}

func checkCredentials(all []Credential) error {
	if len(all) == 0 {
		return errors.New("no token: set X_BEARER_TOKEN to the app's bearer token, or X_USER_TOKEN to a user's")
	}
	labels := map[string]bool{}
	for _, c := range all {
		if err := c.check(); err != nil {
			return err
		}
		if labels[c.label()] {
			return fmt.Errorf("there are two credentials called %s", c.label())
		}
		labels[c.label()] = true
	}
	return nil
}

func (c Credential) check() error {
	switch {
	case c.Name == "" || shorten(c.Name, 80) != c.Name:
		return fmt.Errorf("the name of a credential must be one line of 1 to 80 bytes, not %q", shorten(c.Name, 80))
	case c.Kind != AppCredential && c.Kind != UserCredential:
		return fmt.Errorf("credential %s: kind %q is not valid: it must be app or user", c.Name, shorten(string(c.Kind), 20))
	case c.Kind == AppCredential && (c.Owner != "" || c.Reserved):
		return fmt.Errorf("%s: only a user token has an owner or can be reserved", c.label())
	case c.Owner != "" && !schemas.IsUserID(c.Owner):
		return fmt.Errorf("%s: owner %q is not a user id", c.label(), shorten(c.Owner, 80))
	case c.Source == nil:
		return fmt.Errorf("%s: it has no source", c.label())
	}
	if t, ok := c.Source.(Token); ok {
		return t.check(c.Name)
	}
	return nil
}

// passing reports whether an error of a source may be over on the next try.
func passing(err error) bool {
	var temporary interface{ Temporary() bool }
	if errors.As(err, &temporary) && temporary.Temporary() {
		return true
	}
	var outer *url.Error
	var network net.Error
	return errors.As(err, &outer) || errors.As(err, &network)
}
