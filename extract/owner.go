package extract

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// creator is the user whose token a request needs; empty when any will do or
// nobody knows.
func creator(r schemas.Request) string {
	if !r.Endpoint.Owned() {
		return ""
	}
	return r.Creator
}

// Owners returns the users whose buyers can be asked for: those that the user
// tokens belong to. It asks /2/users/me for those it does not know, which X
// bills, and leaves out tokens that are refused.
func (r *Retry) Owners(ctx context.Context) ([]string, error) {
	keys := r.client.keys
	for key := keys.nameless(); key != nil; key = keys.nameless() {
		if _, err := r.fetch(ctx, schemas.Request{Endpoint: schemas.Me}, attempt{pin: key}); err != nil && keys.usable(key) {
			return nil, err
		}
		keys.setOwner(key, "")
	}
	return keys.owners(), nil
}

// readID reads the id of an answer's only object.
func readID(body []byte) string {
	var page struct {
		Data json.RawMessage `json:"data"`
	}
	var object map[string]json.RawMessage
	_ = json.Unmarshal(body, &page) // nothing read, no id
	_ = json.Unmarshal(page.Data, &object)
	if id := text(object["id"]); schemas.IsUserID(id) {
		return id
	}
	return ""
}

// nameless is a good user token whose owner is not known and was not asked for;
// nil when there is none.
func (k *keyring) nameless() *key {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.all {
		if key.user && key.owner == "" && !key.asked && key.aside == nil {
			return key
		}
	}
	return nil
}

// known reports whether it is clear which key gets the buyers of a user's
// Spaces: one is that user's, or there is just one that could be.
func (k *keyring) known(user string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	theirs := slices.ContainsFunc(k.theirs(user), func(key *key) bool { return key.owner != "" })
	return theirs || len(k.good(k.theirs(""))) < 2
}

// owned reports whether a key is known to be the user's.
func (k *keyring) owned(user string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return user != "" && slices.ContainsFunc(k.all, func(key *key) bool { return key.user && key.owner == user })
}

func (k *keyring) usable(key *key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return key.aside == nil
}

// setOwner takes note of whose token it is; an empty user is one that cannot be
// found out.
func (k *keyring) setOwner(key *key, user string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key.owner, key.asked = orElse(user, key.owner), true
}

// owners are the users whose buyers can be asked for, in configuration order.
func (k *keyring) owners() (users []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.all {
		if key.owner != "" && key.aside == nil {
			users = append(users, key.owner)
		}
	}
	return users
}
