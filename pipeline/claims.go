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
		set = &keySet{numbers: map[uint64]struct{}{}, texts: map[string]struct{}{}}
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

// keySet is a set of keys. Most are decimal ids, which fit in eight bytes.
type keySet struct {
	numbers map[uint64]struct{}
	texts   map[string]struct{}
}

// add adds a key and reports whether it was new.
func (s *keySet) add(key []byte) bool {
	if n, ok := decimal(key); ok {
		before := len(s.numbers)
		s.numbers[n] = struct{}{}
		return len(s.numbers) > before
	}
	if _, ok := s.texts[string(key)]; ok {
		return false
	}
	s.texts[string(key)] = struct{}{}
	return true
}

// decimal reads a number written in the one way that gives its text back: up
// to 19 digits, none of them a leading zero.
func decimal(key []byte) (uint64, bool) {
	if len(key) == 0 || len(key) > 19 || key[0] == '0' {
		return 0, false
	}
	var n uint64
	for _, c := range key {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}
