package landing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/zeebo/xxh3"
)

// Content is what the pages of a run hold, by page id: a checksum each, of the
// envelope and the body. It is the same in whatever order and files they lie,
// however they are packed, and wherever they are copied to. It is not for several
// goroutines.
type Content map[string]xxh3.Uint128

// Add takes in the page that was read into buffers last.
func (c Content) Add(pageID string, buffers *Buffers) { c[pageID] = xxh3.Hash128(buffers.line) }

// Sum is one checksum of all, in hexadecimal.
func (c Content) Sum() string {
	hash := sha256.New()
	for _, id := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(hash, "%s %x\n", id, c[id].Bytes())
	}
	return hex.EncodeToString(hash.Sum(nil))
}
