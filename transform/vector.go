package transform

import (
	"bytes"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/spacesetl/spacesetl/schemas"
)

// vector collects the values of one column in the memory layout of Arrow, and
// becomes an Arrow array without another copy. Arrow's own builders check and
// grow three buffers for every value; a vector does nothing at all for a NULL:
// rows that were passed over are filled in when the next value comes.
type vector struct {
	storage schemas.Type // Text, Int, Float, Bool or Time
	rows    int          // rows so far; all after it are NULL as yet
	nulls   int
	valid   []byte  // bitmap; nil while there is no NULL
	words   []int64 // Int and Time; Float as bits
	offsets []int32 // Text: where row i starts
	bytes   []byte  // Text: all values; Bool: bitmap
	pool    *pool
	// How much the batch before had: the next one mostly takes as much, and has the
	// room at once.
	rowsBefore, bytesBefore int
}

func newVector(t schemas.Type, p *pool) vector {
	switch t {
	case schemas.Int, schemas.Float, schemas.Bool, schemas.Time:
	default:
		t = schemas.Text
	}
	return vector{storage: t, pool: p}
}

// text appends the text of a row.
func (v *vector) text(row int, text []byte) {
	if v.rows != row {
		v.skip(row)
	}
	if len(v.offsets) == cap(v.offsets) {
		v.growOffsets(row + 1)
	}
	v.offsets = append(v.offsets, int32(len(v.bytes)))
	if len(v.bytes)+len(text) > cap(v.bytes) {
		v.growBytes(len(v.bytes) + len(text))
	}
	v.bytes = append(v.bytes, text...)
	v.rows = row + 1
}

// word appends the integer or time of a row, or the bits of its float.
func (v *vector) word(row int, n int64) {
	if v.rows != row {
		v.skip(row)
	}
	if len(v.words) == cap(v.words) {
		v.growWords(row + 1)
	}
	v.words = append(v.words, n)
	v.rows = row + 1
}

// bool appends the boolean of a row.
func (v *vector) bool(row int, is bool) {
	if v.rows != row {
		v.skip(row)
	}
	v.bitmap(row + 1)
	if is {
		v.bytes[row>>3] |= 1 << (row & 7)
	}
	v.rows = row + 1
}

// repeatText appends the same text to rows [from, to).
func (v *vector) repeatText(from, to int, text []byte) {
	if v.rows != from {
		v.skip(from)
	}
	v.growOffsets(to)
	n := len(v.bytes)
	for row := range to - from {
		v.offsets = append(v.offsets, int32(n+row*len(text)))
	}
	all := (to - from) * len(text)
	if n+all > cap(v.bytes) {
		v.growBytes(n + all)
	}
	v.bytes = v.bytes[:n+all]
	for done := copy(v.bytes[n:], text); done > 0 && done < all; done *= 2 {
		copy(v.bytes[n+done:], v.bytes[n:n+done])
	}
	v.rows = to
}

// repeatWord appends the same number to rows [from, to).
func (v *vector) repeatWord(from, to int, n int64) {
	if v.rows != from {
		v.skip(from)
	}
	v.growWords(to)
	v.words = v.words[:to]
	for row := from; row < to; row++ {
		v.words[row] = n
	}
	v.rows = to
}

// skip makes NULLs of the rows up to the given one.
func (v *vector) skip(row int) {
	v.markNull(row)
	v.nulls += row - v.rows
	switch v.storage {
	case schemas.Text:
		v.growOffsets(row)
		for range row - v.rows {
			v.offsets = append(v.offsets, int32(len(v.bytes)))
		}
	case schemas.Bool:
		v.bitmap(row)
	default:
		v.growWords(row)
		n := len(v.words)
		v.words = v.words[:row]
		clear(v.words[n:])
	}
	v.rows = row
}

// markNull clears the bits of the rows that are missing up to the given one.
func (v *vector) markNull(row int) {
	v.validUpTo(row)
	for i := v.rows; i < row; i++ {
		if i&7 == 0 && i+8 <= row {
			v.valid[i>>3] = 0
			i += 7
			continue
		}
		v.valid[i>>3] &^= 1 << (i & 7)
	}
}

// validUpTo makes the bitmap cover rows; those new in it are valid.
func (v *vector) validUpTo(rows int) {
	n := len(v.valid)
	need := (rows + 7) / 8
	if need <= n {
		return
	}
	if need > cap(v.valid) {
		v.valid = v.pool.Reallocate(room(need, n, v.rowsBefore/8), v.valid)[:n]
	}
	v.valid = v.valid[:need]
	for i := n; i < need; i++ {
		v.valid[i] = 0xff
	}
}

// bitmap makes the values of booleans cover rows; those new in it are false.
func (v *vector) bitmap(rows int) {
	n, need := len(v.bytes), (rows+7)/8
	if need <= n {
		return
	}
	if need > cap(v.bytes) {
		v.growBytes(need)
	}
	v.bytes = v.bytes[:need]
	clear(v.bytes[n:])
}

// room is how much to allocate where so much is needed, for the first time if nothing
// is there.
func room(need, there, before int) int {
	if there == 0 {
		return max(need, before)
	}
	return need
}

func (v *vector) growBytes(size int) {
	n := len(v.bytes)
	v.bytes = v.pool.Reallocate(room(size, n, v.bytesBefore), v.bytes)[:n]
}

func (v *vector) growWords(rows int) {
	if rows <= cap(v.words) {
		return
	}
	n := len(v.words)
	b := v.pool.Reallocate(room(rows, n, v.rowsBefore)*8, arrow.Int64Traits.CastToBytes(v.words[:cap(v.words)]))
	v.words = arrow.Int64Traits.CastFromBytes(b)[:n]
}

func (v *vector) growOffsets(rows int) {
	if rows <= cap(v.offsets) {
		return
	}
	n := len(v.offsets)
	b := v.pool.Reallocate(room(rows, n, v.rowsBefore+1)*4, arrow.Int32Traits.CastToBytes(v.offsets[:cap(v.offsets)]))
	v.offsets = arrow.Int32Traits.CastFromBytes(b)[:n]
}

// take returns the column as an array of so many rows and starts anew.
func (v *vector) take(rows int, t arrow.DataType) arrow.Array {
	if v.rows < rows {
		v.skip(rows)
	}
	buffers := make([]*memory.Buffer, 2, 3)
	if v.nulls > 0 {
		v.validUpTo(rows)
		buffers[0] = v.lend(v.valid)
	}
	switch v.storage {
	case schemas.Text:
		v.growOffsets(rows + 1)
		v.offsets = append(v.offsets, int32(len(v.bytes)))
		buffers[1] = v.lend(arrow.Int32Traits.CastToBytes(v.offsets))
		buffers = append(buffers, v.lend(v.bytes))
	case schemas.Bool:
		buffers[1] = v.lend(v.bytes)
	default:
		buffers[1] = v.lend(arrow.Int64Traits.CastToBytes(v.words))
	}
	data := array.NewData(t, rows, buffers, nil, v.nulls, 0)
	defer data.Release()
	for _, b := range buffers {
		if b != nil {
			b.Release() // data holds it
		}
	}
	*v = vector{storage: v.storage, pool: v.pool, rowsBefore: rows, bytesBefore: len(v.bytes)}
	return array.MakeFromData(data)
}

// lend wraps memory so that it goes back to the pool once released.
func (v *vector) lend(b []byte) *memory.Buffer {
	if b == nil {
		b = []byte{}
	}
	return memory.NewBufferWithAllocator(b, v.pool)
}

// parse appends a value given as text; false means it cannot be read, which
// leaves NULL. An empty text is NULL in all but text columns.
func (v *vector) parse(row int, c *column, text []byte) (ok bool) {
	if c.Type == schemas.Text {
		v.text(row, text)
		return true
	}
	if len(text) == 0 {
		return true
	}
	switch c.Type {
	case schemas.Int:
		var n int64
		if n, ok = parseInt(text); ok {
			v.word(row, n)
		}
	case schemas.Float:
		var n float64
		if n, ok = parseFloat(text); ok {
			v.word(row, int64(math.Float64bits(n)))
		}
	case schemas.Bool:
		var is bool
		if is, ok = parseBool(text); ok {
			v.bool(row, is)
		}
	case schemas.Time:
		var t int64
		if t, ok = parseTime(text); ok {
			v.word(row, t)
		}
	case schemas.Suffix:
		v.text(row, text[bytes.LastIndexByte(text, '/')+1:])
		ok = true
	default:
		v.text(row, text)
		ok = true
	}
	return ok
}
