package extract

import (
	"github.com/spacesetl/spacesetl/schemas"
)

// Capacity is what a client's tokens may send to an endpoint in a rate window
// at the documented limits. The zero value is an endpoint that none may ask.
type Capacity struct {
	Tokens int // that its requests can go out with
	Most   int // requests of all tokens together
	// Least is the same for requests about one user's Spaces: of buyers, which
	// are shown to the creator only, what the creator with the fewest tokens
	// gets. Elsewhere it is Most.
	Least int
	Apps  int // that the tokens are of
}

// capacity is what Client.Capacity returns.
func (k *keyring) capacity(e schemas.Endpoint) (all Capacity) {
	k.mu.Lock()
	keys := k.good(k.meant(e, ""))
	k.mu.Unlock()
	apps, owners := map[string]bool{}, map[string]int{}
	for _, k := range keys {
		limit := documentedLimit(k, e)
		apps[k.app] = true
		all.Tokens++
		all.Most += limit
		owner := k.label
		if k.owner != "" {
			owner = k.owner
		}
		owners[owner] += limit
	}
	all.Apps, all.Least = len(apps), all.Most
	if personal(e) {
		for _, n := range owners {
			all.Least = min(all.Least, n)
		}
	}
	return all
}

// documentedLimit is how many requests a token may send in a window until a
// header says otherwise.
func documentedLimit(k *key, e schemas.Endpoint) int {
	switch { // where users have another limit than apps
	case k.user && (e == schemas.Users || e == schemas.Usernames):
		return 900
	case k.user && e == schemas.Posts:
		return 5000
	}
	return e.Spec().Limit
}
