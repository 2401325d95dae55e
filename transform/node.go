package transform

import (
	"slices"
	"strconv"
	"strings"
)

// node is one key of an object.
type node struct {
	name     string
	path     string // from the root of its program
	slot     int    // -1 when only its children matter
	covered  bool   // a column takes the whole value, unknown keys inside included
	seen     int    // index of its seen flag; -1 below the top level
	parent   *node
	inner    uint64 // bit of the inner list that it is
	inside   uint64 // bits of those in its value, and its own
	field    uint64 // bit of the field it belongs to; 0 below the top level
	marks    uint64 // what there may be to do because it has a value, see program.marks
	children map[string]*node
	find     *finder // of the objects in it

	// The API sends keys in one order, though it leaves some out. first is the
	// child that came first, next the sibling that came after this one: a guess
	// that saves the lookup.
	first, next *node
}

// learn notes that child came after prev, or first, and was not expected there.
// A key that came there before stands after it from now on.
func (n *node) learn(prev, child *node) {
	at := &n.first
	if prev != nil {
		at = &prev.next
	}
	if child.next == nil && *at != child {
		child.next = *at
	}
	*at = child
}

// slot returns the slot of a path, made if need be.
func (prog *program) slot(path string) int {
	if path == "$" {
		if prog.self < 0 {
			prog.self = len(prog.slots)
			prog.slots = append(prog.slots, path)
		}
		return prog.self
	}
	n := prog.at(path)
	if n.slot < 0 {
		n.slot = len(prog.slots)
		prog.slots = append(prog.slots, path)
	}
	return n.slot
}

// at returns the node of a path, made if need be.
func (prog *program) at(path string) *node {
	path, _ = cutIndex(path)
	n := prog.root
	for name := range strings.SplitSeq(path, ".") {
		child := n.children[name]
		if child == nil {
			child = &node{name: name, path: strings.TrimPrefix(n.path+"."+name, "."), slot: -1, seen: -1}
			if n.children == nil {
				n.children = map[string]*node{}
			}
			n.children[name] = child
		}
		n = child
	}
	return n
}

// cutIndex splits "a.b[1]" into "a.b" and 1; without an index it returns -1.
func cutIndex(path string) (string, int) {
	name, index, ok := strings.Cut(path, "[")
	if !ok {
		return path, -1
	}
	i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil {
		panic("transform: path " + path) // a bug in our own tables
	}
	return name, i
}

// guesses bounds how many keys in a row may be missing before a lookup.
const guesses = 4

// match returns the one of the next keys, as they came last time, that stands
// at i, and the index after its colon.
func (n *node) match(b []byte, i int) (*node, int) {
	for range guesses {
		if n == nil {
			break
		}
		end := i + 1 + len(n.name)
		if end+1 < len(b) && b[end] == '"' && b[end+1] == ':' && b[i] == '"' && string(b[i+1:end]) == n.name {
			return n, end + 2
		}
		n = n.next
	}
	return nil, -1
}

// mark gives the values of slots a mark.
func (prog *program) mark(slots []int, mark uint64) {
	for _, slot := range slots {
		if n := prog.nodes[slot]; n != nil {
			n.marks |= mark
		}
	}
}

// spreads notes that the array in a slot has so many columns.
func (prog *program) spreads(slot, columns int) {
	i := slices.IndexFunc(prog.arrays, func(a spread) bool { return a.slot == slot })
	switch {
	case columns == 0 || prog.nodes[slot].taken():
	case i < 0:
		prog.arrays = append(prog.arrays, spread{slot, columns})
	default:
		prog.arrays[i].columns = max(prog.arrays[i].columns, columns)
	}
}
