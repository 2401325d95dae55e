package transform

// duplicates remembers the keys of child rows of one object, to keep one row
// where a list repeats a value.
type duplicates struct {
	arena []byte
	seen  map[string]struct{}
}

func (u *duplicates) reset() { clear(u.seen) }

// next returns an empty buffer for a key.
func (u *duplicates) next() []byte { return u.arena[:0] }

// first reports whether the key is new in the table.
func (u *duplicates) first(table int, key []byte) bool {
	key = append(key, byte(table))
	u.arena = key
	if u.seen == nil {
		u.seen = map[string]struct{}{}
	}
	if _, ok := u.seen[string(key)]; ok {
		return false
	}
	u.seen[string(key)] = struct{}{}
	return true
}
