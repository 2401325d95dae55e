package extract

import (
	"slices"
	"strings"
	"sync"

	"github.com/spacesetl/spacesetl/schemas"
)

// keyring holds the credentials and says which of them a request may go out
// with. It stands behind a pointer, so that printing a Client cannot reach the
// tokens.
type keyring struct {
	all []*key

	mu       sync.Mutex
	userOnly map[schemas.Endpoint]bool // learned from refusals
}

// key is one credential at work.
type key struct {
	index int    // order in the configuration
	name  string // of the credential
	label string
	user  bool
	spare bool // Credential.Reserved
	app   string
	from  TokenSource

	// Under the keyring's lock:
	owner   string // user id; empty when not known
	asked   bool   // who the owner is
	renewed string // what the source gave after a 401 and no answer has confirmed
	aside   *AuthError
}

func newKeyring(all []Credential) *keyring {
	k := &keyring{userOnly: map[schemas.Endpoint]bool{}}
	lonely := !slices.ContainsFunc(all, func(c Credential) bool { return !c.Reserved })
	for i, c := range all {
		k.all = append(k.all, &key{index: i, name: c.Name, label: c.label(), user: c.Kind == UserCredential,
			spare: c.Reserved && !lonely, app: c.App, from: c.Source, owner: c.Owner})
	}
	return k
}

const setAppToken = "set X_BEARER_TOKEN to the app's bearer token, or run spacesetl auth app"

const setUserToken = "set X_USER_TOKEN to the OAuth 2.0 user token with scopes tweet.read, users.read and space.read"

// personal tells the endpoints that are about the user behind the token.
func personal(e schemas.Endpoint) bool { return e.Owned() || e == schemas.Me }

// choose returns the keys a request may go out with: of buyers, who are shown
// to the Space's creator only, those of the creator, when that is known. The
// error says why there is none.
func (k *keyring) choose(e schemas.Endpoint, creator string) ([]*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	meant := k.meant(e, creator)
	if len(meant) == 0 {
		return nil, k.missing(e, creator)
	}
	good := k.good(meant)
	if len(good) == 0 {
		return nil, k.refusal(e, meant)
	}
	return good, nil
}

// only returns a key, if it is good.
func (k *keyring) only(e schemas.Endpoint, one *key) ([]*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if one.aside != nil {
		return nil, k.refusal(e, []*key{one})
	}
	return []*key{one}, nil
}

// meant are the keys for a request, good or not.
func (k *keyring) meant(e schemas.Endpoint, creator string) []*key {
	if personal(e) {
		return k.theirs(creator)
	}
	pick := func(user, spare bool) (keys []*key) {
		for _, key := range k.all {
			if key.user == user && (spare || !key.spare) {
				keys = append(keys, key)
			}
		}
		return keys
	}
	apps, users := pick(false, false), pick(true, false)
	if e == schemas.Usage {
		return apps
	}
	if k.userOnly[e] {
		return pick(true, true)
	}
	return append(apps, users...)
}

// theirs are the user tokens of a user, or those that could be.
func (k *keyring) theirs(user string) (keys []*key) {
	var unknown []*key
	for _, key := range k.all {
		switch {
		case !key.user:
		case user == "" || key.owner == user:
			keys = append(keys, key)
		case key.owner == "":
			unknown = append(unknown, key)
		}
	}
	if len(keys) == 0 {
		return unknown
	}
	return keys
}

func (k *keyring) good(keys []*key) (good []*key) {
	for _, key := range keys {
		if key.aside == nil {
			good = append(good, key)
		}
	}
	return good
}

// missing is the error of a request that no credential is for.
func (k *keyring) missing(e schemas.Endpoint, creator string) *AuthError {
	if e == schemas.Usage {
		return &AuthError{Endpoint: e, Kind: AuthMissing, Token: "app-only token", Scope: schemas.EndpointScope, Next: setAppToken}
	}
	err := &AuthError{Endpoint: e, Kind: AuthMissing, Token: "user token", Scope: schemas.EndpointScope, Next: setUserToken + " of the Space's creator"}
	if creator != "" && slices.ContainsFunc(k.all, func(key *key) bool { return key.user }) {
		err.Token, err.Scope = "user token of the Space's creator, user "+creator, schemas.RequestScope
		err.Next = "add that user's token, or leave out this Space's " + string(e)
	}
	return err
}

// refusal is the error of a request all of whose keys were set aside.
func (k *keyring) refusal(e schemas.Endpoint, keys []*key) *AuthError {
	err := *keys[0].aside
	var labels []string
	for _, key := range keys {
		labels = append(labels, key.label)
	}
	err.Endpoint, err.Token, err.Scope = e, strings.Join(labels, ", "), k.scope(e)
	return &err
}

// scope is what the lack of a key for e puts an end to: what one creator's token
// was for, or the endpoint.
func (k *keyring) scope(e schemas.Endpoint) schemas.Scope {
	if personal(e) && len(k.good(k.meant(e, ""))) > 0 {
		return schemas.RequestScope
	}
	return schemas.EndpointScope
}

// setAside takes a key out of use. It reports whether it was in use and another
// one is left for the endpoint.
func (k *keyring) setAside(key *key, err *AuthError) (others bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := key.aside
	if was == nil {
		key.aside = err
	}
	return was == nil && len(k.good(k.meant(err.Endpoint, ""))) > 0
}

// again takes all keys into use that were set aside.
func (k *keyring) again() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.all {
		key.aside = nil
	}
}

// preferUser makes e use the user tokens from now on. It returns false where
// that changes nothing for a request sent with used.
func (k *keyring) preferUser(e schemas.Endpoint, used *key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if used.user || !slices.ContainsFunc(k.all, func(key *key) bool { return key.user }) {
		return false
	}
	k.userOnly[e] = true
	return true
}

// other says what to do about an endpoint that does not take the kind of token.
func (k *keyring) other(used *key) string {
	app := slices.ContainsFunc(k.all, func(key *key) bool { return !key.user })
	user := slices.ContainsFunc(k.all, func(key *key) bool { return key.user })
	switch {
	case app && user && used.user:
		return "it takes neither token: check what the app may do in the X developer console"
	case used.user:
		return "set X_BEARER_TOKEN to the app's bearer token"
	case user:
		return "run with X_USER_TOKEN alone"
	}
	return setUserToken
}

// confirm takes note that a token was accepted.
func (k *keyring) confirm(key *key, token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key.renewed == token {
		key.renewed = ""
	}
}

// renewable reports whether a 401 is worth asking the source for another token:
// not when the token is what it gave for the 401 before.
func (k *keyring) renewable(key *key, token string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return key.renewed != token
}

func (k *keyring) renew(key *key, token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key.renewed = token
}
