package pipeline

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/spacesetl/spacesetl/pipeline/keyset"
	"github.com/spacesetl/spacesetl/schemas"
)

// claims remembers which keys have a row already. Shards claim in page order:
// each takes every n-th page, and waits for its turn.
type claims struct {
	mu     sync.Mutex
	turned *sync.Cond
	turn   int
	failed bool
	keys   map[*schemas.Table]*keyset.Set
	// at is the time of the sightings whose keys are there of tables that have all:
	// pages come newest first, and what came before has another time.
	at map[*keyset.Set]uint64
	// settled is what the sightings so far have settled of the objects of a table.
	settled map[*schemas.Table]*settled
}

// settled is a set of fields for each key, of which there are few: a key's mark is the
// index of its own.
type settled struct {
	keys   keyset.Set
	fields []uint64
	others map[string]uint64 // of keys with mark manyFields
}

// manyFields is the mark of a key whose fields are not among the first so many.
const manyFields = 255

// set notes the fields of a key.
func (s *settled) set(mark *byte, key []byte, fields uint64) {
	i := slices.Index(s.fields, fields)
	if i < 0 && len(s.fields) < manyFields {
		i, s.fields = len(s.fields), append(s.fields, fields)
	}
	if i < 0 {
		i, s.others[string(key)] = manyFields, fields
	}
	*mark = byte(i)
}

// of are the fields of a key.
func (s *settled) of(mark byte, key []byte) uint64 {
	if mark == manyFields {
		return s.others[string(key)]
	}
	return s.fields[mark]
}

func newClaims() *claims {
	c := &claims{keys: map[*schemas.Table]*keyset.Set{}, at: map[*keyset.Set]uint64{}, settled: map[*schemas.Table]*settled{}}
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
		set = &keyset.Set{}
		c.keys[t] = set
	}
	if t.Mode == schemas.Every {
		id := key[:len(key)-8]
		if at := binary.BigEndian.Uint64(key[len(id):]); at != c.at[set] {
			set.Clear()
			c.at[set] = at
		}
		key = id
	}
	return set.Add(key)
}

// Sight claims a sighting of an object.
func (c *shardClaims) Sight(t *schemas.Table, key []byte, tells, settles uint64) (left uint64, first bool) {
	s := c.settled[t]
	if s == nil {
		s = &settled{others: map[string]uint64{}}
		c.settled[t] = s
	}
	mark, first := s.keys.Mark(key)
	if first {
		s.set(mark, key, settles)
		return tells, true
	}
	by := s.of(*mark, key)
	if left = tells &^ by; left != 0 {
		s.set(mark, key, by|settles)
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
