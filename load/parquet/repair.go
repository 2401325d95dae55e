package parquet

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// cleaned returns an array that is UTF-8 without NUL, and how many texts were
// repaired: as a rule the array itself and none. The caller releases it.
func cleaned(a *array.String) (*array.String, int) {
	if clean(a) {
		a.Retain()
		return a, 0
	}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	repaired := 0
	for row := range a.Len() {
		if a.IsNull(row) {
			b.AppendNull()
			continue
		}
		text, ok := repair([]byte(a.Value(row)))
		if !ok {
			repaired++
		}
		b.BinaryBuilder.Append(text)
	}
	return b.NewStringArray(), repaired
}

// clean reports whether every value is UTF-8 without NUL. As a rule one pass
// over all bytes shows it. The whole being valid is not enough: a character may
// be split between two values.
func clean(a *array.String) bool {
	data, ends := a.ValueBytes(), a.ValueOffsets()
	if bytes.IndexByte(data, 0) >= 0 {
		return false
	}
	if ascii(data) {
		return true
	}
	if !utf8.Valid(data) {
		return false
	}
	for _, end := range ends {
		if at := int(end - ends[0]); at < len(data) && !utf8.RuneStart(data[at]) {
			return false
		}
	}
	return true
}

// ascii reports whether no byte is part of a longer character.
func ascii(data []byte) bool {
	const high = 0x8080808080808080
	for len(data) >= 32 {
		if (binary.LittleEndian.Uint64(data)|binary.LittleEndian.Uint64(data[8:])|
			binary.LittleEndian.Uint64(data[16:])|binary.LittleEndian.Uint64(data[24:]))&high != 0 {
			return false
		}
		data = data[32:]
	}
	for _, c := range data {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// repair replaces NUL and what is not UTF-8, and reports whether the text was
// good as it is.
func repair(text []byte) ([]byte, bool) {
	if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
		return text, true
	}
	replacement := []byte(string(utf8.RuneError))
	text = bytes.ToValidUTF8(text, replacement)
	return bytes.ReplaceAll(text, []byte{0}, replacement), false
}
