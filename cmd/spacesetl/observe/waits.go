package observe

import (
	"cmp"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/schemas"
)

// Wait is a wait under way.
type Wait struct {
	Endpoint schemas.Endpoint `json:"endpoint"`
	Token    string           `json:"token,omitempty"` // its name, never the token itself
	Retry    bool             `json:"retry,omitempty"` // for a server to recover, not for a rate window
	Until    time.Time        `json:"until"`
}

// waits are those under way, with what they are for as key.
type waits map[Wait]time.Time

// add takes note of a wait and reports whether no other worker has told of it.
func (w waits) add(v extract.Event) bool {
	of := Wait{Endpoint: v.Endpoint, Token: v.Token, Retry: v.Kind == extract.EventRetry}
	if v.Until.Sub(w[of]) <= time.Second {
		return false
	}
	w[of] = v.Until
	return true
}

// list returns the waits that are not over, the first to end first, and forgets
// the others.
func (w waits) list(now time.Time) []Wait {
	var all []Wait
	for of, until := range w {
		if !until.After(now) {
			delete(w, of)
			continue
		}
		of.Until = until.UTC()
		all = append(all, of)
	}
	slices.SortFunc(all, func(a, b Wait) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Token, b.Token))
	})
	return all
}
