package pipeline

import (
	"sync"

	"github.com/spacesetl/spacesetl/schemas"
)

// claims remembers which keys have a row already. Shards claim in page order:
// each takes every n-th page, and waits for its turn.
type claims struct {
	mu     sync.Mutex
	turned *sync.Cond
	turn   int
	failed bool
	keys   map[*schemas.Table]*keySet
	// settled is what the sightings so far have settled of the objects of a table.
	settled map[*schemas.Table]*settled
}

// settled is a set of fields for each key.
type settled struct {
	as        uint64 // of every key that is not named
	otherwise map[string]uint64
}

func newClaims() *claims {
	c := &claims{keys: map[*schemas.Table]*keySet{}, settled: map[*schemas.Table]*settled{}}
	c.turned = sync.NewCond(&c.mu)
	return c
}

// fail lets every shard pass, so that none waits for one that gave up.
func (c *claims) fail() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = true
	c.turned.Broadcast()
}

// shardClaims are the claims of one shard.
type shardClaims struct {
	*claims
	next, step int
}

// Begin waits for the page's turn.
func (c *shardClaims) Begin() {
	c.mu.Lock()
	for c.turn != c.next && !c.failed {
		c.turned.Wait()
	}
}

// Keep reports whether the key is new in the table.
func (c *shardClaims) Keep(t *schemas.Table, key []byte) bool {
	set := c.keys[t]
	if set == nil {
		set = &keySet{}
		c.keys[t] = set
	}
	return set.add(key)
}

// Sight claims a sighting of an object. Most keys are settled by their newest
// sighting as the table's first was: only of others it is kept what they settled.
func (c *shardClaims) Sight(t *schemas.Table, key []byte, tells, settles uint64) (left uint64, first bool) {
	s := c.settled[t]
	if s == nil {
		s = &settled{as: settles, otherwise: map[string]uint64{}}
		c.settled[t] = s
	}
	if c.Keep(t, key) {
		if settles != s.as {
			s.otherwise[string(key)] = settles
		}
		return tells, true
	}
	by, ok := s.otherwise[string(key)]
	if !ok {
		by = s.as
	}
	if left = tells &^ by; left != 0 {
		s.otherwise[string(key)] = by | settles
	}
	return left, false
}

// End gives the next page its turn.
func (c *shardClaims) End() {
	c.next += c.step
	c.turn++
	c.turned.Broadcast()
	c.mu.Unlock()
}
