package parquet

import (
	"encoding/binary"
	"hash/maphash"
)

// lengthBytes stand before each text in a dictionary.
const lengthBytes = 4

// dictionary numbers the texts of a column in a row group, in the order in
// which they are first seen. It holds them as the dictionary page will, so that
// there is no allocation for each.
type dictionary struct {
	data  []byte  // texts after their lengths
	ends  []int32 // of the texts in data, by number
	slots []int32 // number + 1 by hash; 0 is free; half of them are, or more
	seed  maphash.Seed
}

func (d *dictionary) len() int { return len(d.ends) }

// text is the text of a number.
func (d *dictionary) text(n int32) []byte {
	start := int32(0)
	if n > 0 {
		start = d.ends[n-1]
	}
	return d.data[start+lengthBytes : d.ends[n]]
}

// number returns the number of a text, and whether it is new.
func (d *dictionary) number(text []byte) (n int32, isNew bool) {
	if 2*len(d.ends) >= len(d.slots) {
		d.grow()
	}
	slot := d.slot(text)
	if n := d.slots[slot]; n > 0 {
		return n - 1, false
	}
	d.data = binary.LittleEndian.AppendUint32(d.data, uint32(len(text)))
	d.data = append(d.data, text...)
	d.ends = append(d.ends, int32(len(d.data)))
	d.slots[slot] = int32(len(d.ends))
	return int32(len(d.ends)) - 1, true
}

// slot is where a text is, or goes.
func (d *dictionary) slot(text []byte) int {
	mask := len(d.slots) - 1
	for slot := int(maphash.Bytes(d.seed, text)) & mask; ; slot = (slot + 1) & mask {
		if n := d.slots[slot]; n == 0 || string(d.text(n-1)) == string(text) {
			return slot
		}
	}
}

func (d *dictionary) grow() {
	if d.slots == nil {
		d.seed = maphash.MakeSeed()
	}
	d.slots = make([]int32, max(64, 2*len(d.slots)))
	for n := range d.ends {
		d.slots[d.slot(d.text(int32(n)))] = int32(n) + 1
	}
}

func (d *dictionary) reset() {
	d.data, d.ends = d.data[:0], d.ends[:0]
	clear(d.slots)
}
