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
}

func newClaims() *claims {
	c := &claims{keys: map[*schemas.Table]*keySet{}}
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

// End gives the next page its turn.
func (c *shardClaims) End() {
	c.next += c.step
	c.turn++
	c.turned.Broadcast()
	c.mu.Unlock()
}
