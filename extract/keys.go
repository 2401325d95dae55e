package extract

import (
	"sync"

	"github.com/spacesetl/spacesetl/schemas"
)

// keyring holds the tokens and says which one an endpoint gets. It stands
// behind a pointer, so that printing a Client cannot reach the tokens.
type keyring struct {
	app, user Token

	mu       sync.Mutex
	userOnly map[schemas.Endpoint]bool // learned from refusals
}

// key is the choice of a token.
type key struct{ user bool }

func (k key) String() string {
	if k.user {
		return "user token (X_USER_TOKEN)"
	}
	return "app-only token (X_BEARER_TOKEN)"
}

const setUserToken = "set X_USER_TOKEN to the OAuth 2.0 user token with scopes tweet.read, users.read and space.read"

// choose returns the token for an endpoint: buyers are shown to the Space's
// creator only, /2/users/me asks who the user is, everything else is the app's.
func (k *keyring) choose(e schemas.Endpoint) (key, error) {
	theirs := e == schemas.Buyers || e == schemas.Me
	if theirs && k.user == "" {
		return key{}, &AuthError{Endpoint: e, Kind: AuthMissing, Token: key{user: true}.String(),
			Next: setUserToken + " of the Space's creator"}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return key{user: k.app == "" || theirs || k.userOnly[e]}, nil
}

func (k *keyring) header(which key) string {
	if which.user {
		return "Bearer " + string(k.user)
	}
	return "Bearer " + string(k.app)
}

// preferUser makes e use the user token from now on. It returns false where
// that changes nothing for a request sent with used.
func (k *keyring) preferUser(e schemas.Endpoint, used key) bool {
	if used.user || k.user == "" {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.userOnly == nil {
		k.userOnly = map[schemas.Endpoint]bool{}
	}
	k.userOnly[e] = true
	return true
}

// other says what to do about an endpoint that does not take the kind of token.
func (k *keyring) other(used key) string {
	switch {
	case k.app != "" && k.user != "" && used.user:
		return "it takes neither token: check what the app may do in the X developer console"
	case used.user:
		return "set X_BEARER_TOKEN to the app's bearer token"
	case k.user != "":
		return "run with X_USER_TOKEN alone"
	}
	return setUserToken
}
