// Package keyset has sets of very many keys.
package keyset

import (
	"hash/maphash"
	"math/bits"
)

// Set is a set of keys: tens of millions of them in little more
// memory than their bytes. Most keys are decimal ids, which fit in eight bytes
// and are kept as they are; others are kept as 128 bits of a keyed hash, of
// which two of a billion are the same with a chance of one in 10^20.
type Set struct {
	numbers [parts]table[number]
	others  [parts]table[digest]
}

// parts of a set grow one by one, so that little is copied at a time.
const parts = 32

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// Add adds a key and reports whether it was new.
func (s *Set) Add(key []byte) bool {
	if n, ok := decimal(key); ok {
		_, isNew := s.numbers[n.hash()%parts].add(n)
		return isNew
	}
	h := hashed(key)
	_, isNew := s.others[h.hash()%parts].add(h)
	return isNew
}

// Clear takes all keys out.
func (s *Set) Clear() {
	for i := range parts {
		s.numbers[i].clear()
		s.others[i].clear()
	}
}

// Mark is Add, and returns the mark of the key, which is 0 until it is set. It holds
// until the next key is added. In a set all keys are added by Mark, or none.
func (s *Set) Mark(key []byte) (mark *byte, isNew bool) {
	if n, ok := decimal(key); ok {
		return s.numbers[n.hash()%parts].mark(n)
	}
	h := hashed(key)
	return s.others[h.hash()%parts].mark(h)
}

// number is a decimal id; none is zero.
type number uint64

// hash spreads numbers that lie close together: the finalizer of splitmix64.
func (n number) hash() uint64 {
	h := uint64(n)
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// digest is the hash of any other key.
type digest [2]uint64

func hashed(key []byte) digest {
	return digest{maphash.Bytes(seeds[0], key), maphash.Bytes(seeds[1], key) | 1} // never zero
}

func (d digest) hash() uint64 { return d[0] }

// decimal reads a number written in the one way that gives its text back: up
// to 19 digits, the first of them not zero.
func decimal(key []byte) (number, bool) {
	if len(key) == 0 || len(key) > 19 || key[0] == '0' {
		return 0, false
	}
	var n number
	for _, c := range key {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + number(c-'0')
	}
	return n, true
}

// table is a hash table with linear probing. The zero key marks an empty place.
// It grows by half once three quarters of it are taken.
type table[K interface {
	comparable
	hash() uint64
}] struct {
	places []K
	marks  []byte // of the places; nil where keys have none
	used   int
}

// add adds a key, which is not zero, and returns its place and whether it was new.
func (t *table[K]) add(key K) (at int, isNew bool) {
	if 4*(t.used+1) > 3*len(t.places) {
		t.grow()
	}
	at = t.find(key)
	if t.places[at] == key {
		return at, false
	}
	t.places[at] = key
	t.used++
	return at, true
}

func (t *table[K]) mark(key K) (*byte, bool) {
	if t.marks == nil {
		t.marks = []byte{}
	}
	at, isNew := t.add(key)
	return &t.marks[at], isNew
}

func (t *table[K]) clear() {
	if t.used > 0 {
		clear(t.places)
		t.used = 0
	}
}

// find returns the place of a key, or the empty one that it would take.
func (t *table[K]) find(key K) int {
	var empty K
	at, _ := bits.Mul64(key.hash(), uint64(len(t.places)))
	for {
		if p := t.places[at]; p == key || p == empty {
			return int(at)
		}
		if at++; at == uint64(len(t.places)) {
			at = 0
		}
	}
}

func (t *table[K]) grow() {
	var empty K
	old, marks := t.places, t.marks
	t.places = make([]K, max(16, len(old)+len(old)/2))
	if marks != nil {
		t.marks = make([]byte, len(t.places))
	}
	for i, key := range old {
		if key == empty {
			continue
		}
		at := t.find(key)
		t.places[at] = key
		if marks != nil {
			t.marks[at] = marks[i]
		}
	}
}
