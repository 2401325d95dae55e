package transform

import (
	"bytes"
	"hash/maphash"
)

// duplicates remembers the keys of child rows of one object, to keep one row
// where a list repeats a value. It is an open hash table that is emptied by
// counting on: entries of earlier rounds do not count.
type duplicates struct {
	arena   []byte
	entries []duplicate // a power of two
	used    int
	round   uint32
	seed    maphash.Seed
}

type duplicate struct {
	round      uint32
	start, end int // in the arena
	index      int
}

func (u *duplicates) reset() {
	u.arena, u.used = u.arena[:0], 0
	if u.round++; u.round == 0 || u.entries == nil {
		u.entries, u.round, u.seed = make([]duplicate, 64), 1, maphash.MakeSeed()
	}
}

// next returns a buffer to append a key to.
func (u *duplicates) next() []byte { return u.arena[len(u.arena):] }

// first reports whether the key is new in the table.
func (u *duplicates) first(table int, key []byte) bool {
	_, again := u.place(table, key, 0)
	return !again
}

// place returns the index that came with a key of the table first, and whether it
// came before.
func (u *duplicates) place(table int, key []byte, index int) (first int, again bool) {
	start := len(u.arena)
	u.arena = append(append(u.arena, key...), byte(table)) // no copy, unless next had no room
	if 2*u.used >= len(u.entries) {
		u.grow()
	}
	e := u.slot(u.arena[start:])
	if e.round == u.round {
		u.arena = u.arena[:start]
		return e.index, true
	}
	*e = duplicate{u.round, start, len(u.arena), index}
	u.used++
	return index, false
}

// slot returns the entry of a key, or the one it would take.
func (u *duplicates) slot(key []byte) *duplicate {
	mask := len(u.entries) - 1
	for i := int(maphash.Bytes(u.seed, key)) & mask; ; i = (i + 1) & mask {
		e := &u.entries[i]
		if e.round != u.round || bytes.Equal(u.arena[e.start:e.end], key) {
			return e
		}
	}
}

func (u *duplicates) grow() {
	old := u.entries
	u.entries = make([]duplicate, 2*len(old))
	for _, e := range old {
		if e.round == u.round {
			*u.slot(u.arena[e.start:e.end]) = e
		}
	}
}
