package auth

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Kind is what a token speaks for.
type Kind string

// The kinds of accounts.
const (
	User Kind = "user" // a user who has agreed; the token expires
	App  Kind = "app"  // the app itself; the token is good until it is invalidated
)

// Account is what is known about a token. It holds no secret.
type Account struct {
	Name      string    `json:"name"`
	Kind      Kind      `json:"kind"`
	Server    string    `json:"server"` // that gave the token and the only one to get it
	UserID    string    `json:"user_id,omitempty"`
	Username  string    `json:"username,omitempty"`
	Scopes    []string  `json:"scopes,omitempty"`
	ClientID  string    `json:"client_id,omitempty"`
	Obtained  time.Time `json:"obtained_at"`
	Expires   time.Time `json:"expires_at,omitzero"` // of the access token; zero is unknown or never
	Renewable bool      `json:"renewable"`           // there is a refresh token

	// Refreshing is when a refresh began whose outcome is not known: it is under
	// way, or its process died, or its answer was lost.
	Refreshing time.Time `json:"refreshing_since,omitzero"`
	// Refused is when the server last refused to renew the token.
	Refused time.Time `json:"refused_at,omitzero"`
}

// Margin is how long before its expiry an access token is renewed; a token of
// a short life is renewed in the last quarter of it.
const Margin = 5 * time.Minute

// Due is when the access token is to be renewed; zero is when it is refused.
func (a Account) Due() time.Time {
	if a.Expires.IsZero() {
		return time.Time{}
	}
	return a.Expires.Add(-min(Margin, a.Expires.Sub(a.Obtained)/4))
}

// expired reports whether the access token is known to be no good at a time.
func (a Account) expired(now time.Time) bool {
	return !a.Expires.IsZero() && !now.Before(a.Expires)
}

// fresh reports whether the access token needs no renewal at a time.
func (a Account) fresh(now time.Time) bool {
	return a.Expires.IsZero() || now.Before(a.Due())
}

// command is what gets the account a new token.
func (a Account) command() string {
	if a.Kind == App {
		return "spacesetl auth app --name " + a.Name
	}
	return "spacesetl auth login --name " + a.Name
}

// record is an account with its secrets, as it is in the file.
type record struct {
	Account
	AccessToken  secret `json:"access_token"`
	RefreshToken secret `json:"refresh_token,omitempty"`
	ClientSecret secret `json:"client_secret,omitempty"` // of confidential clients
}

func (r record) secrets() []secret {
	return []secret{r.AccessToken, r.RefreshToken, r.ClientSecret, basic(r.ClientID, r.ClientSecret)}
}

// renewed is the account with a new pair. A server that sends no new refresh
// token leaves the old one good.
func (r record) renewed(p pair) record {
	r.AccessToken, r.Obtained, r.Expires = p.access, p.obtained, p.expires
	if p.refresh != "" {
		r.RefreshToken = p.refresh
	}
	if len(p.scopes) > 0 {
		r.Scopes = p.scopes
	}
	r.Renewable = r.RefreshToken != ""
	r.Refreshing, r.Refused = time.Time{}, time.Time{}
	return r
}

// secret prints as "[token]" whatever the verb. It marshals as it is: only the
// token file is made of it.
type secret string

const redacted = "[token]"

// String returns "[token]".
func (secret) String() string { return redacted }

// GoString returns "[token]".
func (secret) GoString() string { return redacted }

// Format writes "[token]".
func (secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue returns "[token]".
func (secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// maxName is the longest name of an account.
const maxName = 64 // bytes

// cleanName takes the @ off a name and checks the rest: it is printed, and part
// of commands to be copied.
func cleanName(name string) (string, error) {
	clean := strings.TrimPrefix(strings.TrimSpace(name), "@")
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || slices.Contains([]rune("._-"), r)
	}
	if clean == "" || len(clean) > maxName || clean[0] == '-' || strings.IndexFunc(clean, func(r rune) bool { return !plain(r) }) >= 0 {
		return "", &NameError{name}
	}
	return clean, nil
}
