package parquet

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// levels tells which rows of a page have a value. Parquet calls them definition
// levels; of a column that is no list they are one bit a row, packed as Arrow
// packs them, so they are copied and never looked at one by one.
type levels struct {
	rows, nulls int
	bits        []byte // empty as long as all rows are alike
}

// add appends rows [from, to) of an array.
func (l *levels) add(arr arrow.Array, from, to int) {
	rows, nulls := to-from, nullsIn(arr, from, to)
	alike := len(l.bits) == 0 && (nulls == 0 && l.nulls == 0 || nulls == rows && l.nulls == l.rows)
	if !alike {
		l.unfold()
		l.extend(l.rows + rows)
		switch nulls {
		case 0:
			bitutil.SetBitsTo(l.bits, int64(l.rows), int64(rows), true)
		case rows:
		default:
			bitutil.CopyBitmap(arr.NullBitmapBytes(), arr.Data().Offset()+from, rows, l.bits, l.rows)
		}
	}
	l.rows += rows
	l.nulls += nulls
}

// unfold writes out the rows that were alike so far.
func (l *levels) unfold() {
	if len(l.bits) > 0 || l.rows == 0 {
		return
	}
	l.extend(l.rows)
	if l.nulls == 0 {
		bitutil.SetBitsTo(l.bits, 0, int64(l.rows), true)
	}
}

func (l *levels) extend(rows int) {
	for missing := int(bitutil.BytesForBits(int64(rows))) - len(l.bits); missing > 0; missing-- {
		l.bits = append(l.bits, 0)
	}
}

// encode appends the levels in the hybrid of runs and packed bits, after their
// length.
func (l *levels) encode(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if len(l.bits) == 0 {
		value := byte(1)
		if l.nulls > 0 {
			value = 0
		}
		dst = append(binary.AppendUvarint(dst, uint64(l.rows)<<1), value)
	} else {
		dst = append(binary.AppendUvarint(dst, uint64(len(l.bits))<<1|1), l.bits...)
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

func (l *levels) reset() { l.rows, l.nulls, l.bits = 0, 0, l.bits[:0] }

// nullsIn counts the nulls among rows [from, to).
func nullsIn(arr arrow.Array, from, to int) int {
	switch arr.NullN() {
	case 0:
		return 0
	case arr.Len():
		return to - from
	}
	return to - from - bitutil.CountSetBits(arr.NullBitmapBytes(), arr.Data().Offset()+from, to-from)
}
