package transform

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
)

// pool lends the memory of columns. What a released record held comes back, so
// a decoder that works through an archive allocates it once. Records may be
// released by another goroutine.
type pool struct {
	mu   sync.Mutex
	free [maxClass + 1][][]byte // by size, 1 << class bytes
	held int                    // bytes in free
}

const (
	minClass = 8  // 256 bytes
	maxClass = 30 // larger buffers are left to the garbage collector

	// maxHeld bounds the memory kept for later, in bytes.
	maxHeld = 24 << 20
)

func class(size int) int { return max(bits.Len(uint(max(size, 1)-1)), minClass) }

// Allocate returns at least size bytes, 8-aligned, of any content.
func (p *pool) Allocate(size int) []byte {
	c := class(size)
	if c > maxClass {
		return make([]byte, size)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.free[c]) - 1; last >= 0 {
		b := p.free[c][last]
		p.free[c] = p.free[c][:last]
		p.held -= len(b)
		return b
	}
	return arrow.Int64Traits.CastToBytes(make([]int64, 1<<c/8))
}

// Free takes back what Allocate returned, at any length.
func (p *pool) Free(b []byte) {
	b = b[:cap(b)]
	c := class(len(b))
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(b) == 1<<c && c <= maxClass && p.held+len(b) <= maxHeld {
		p.free[c] = append(p.free[c], b)
		p.held += len(b)
	}
}

// Reallocate returns b with room for size bytes.
func (p *pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:cap(b)]
	}
	grown := p.Allocate(size)
	copy(grown, b)
	if b != nil {
		p.Free(b)
	}
	return grown
}
