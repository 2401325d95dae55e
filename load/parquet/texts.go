package parquet

import (
	"bytes"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// pageBytes is how much text a page takes. With its levels it is one block
	// of zstd, 128 KiB: the encoder is fastest with, and needs no memory of, a
	// single block.
	pageBytes = 124 << 10
	rowBytes  = 4 // that a row counts besides its text
	// numberedRows is a page of numbers of texts: 32 KiB before they are packed.
	numberedRows = 8192
	// dictionaryBytes is where a dictionary stops growing, and texts are written
	// out for the rest of the row group.
	dictionaryBytes = pageBytes
	// fewTexts do not show whether they repeat.
	fewTexts = 256
)

// textValues are texts. Those of a column in which they come again and again
// are written once for a row group, in its dictionary, and then as numbers;
// others are written out. Whether they come again the first page shows.
type textValues struct {
	repeats  bool // known to, by the declaration
	distinct bool // known not to, by the declaration or the first page

	dictionary dictionary
	numbered   bool    // the page under way is numbers
	pages      int     // of the row group that are numbers
	numbers    []int32 // of the page
	last       int32   // number of the text before: often it comes again

	lengths []int32 // of the page, if it is not numbers
	data    []byte
	size    int // that counts towards pageBytes

	min, max []byte
	bounded  bool // there are min and max
}

func newTextValues(repeats, distinct bool) *textValues {
	return &textValues{repeats: repeats, distinct: distinct, numbered: !distinct}
}

// probing: whether texts repeat is not known yet.
func (v *textValues) probing() bool { return v.numbered && !v.repeats && v.pages == 0 }

func (v *textValues) take(arr arrow.Array, first, last, rows int) int {
	a := arr.(*array.String)
	if v.numbered {
		last = min(last, first+numberedRows-rows)
	}
	if !v.numbered || v.probing() {
		last = first + v.fit(a.ValueOffsets()[first:last+1], rows)
	}
	switch {
	case a.NullN() == a.Len():
	case v.numbered:
		last = v.number(a, first, last)
	default:
		v.write(a, first, last)
	}
	return last - first
}

// fit counts the rows between offsets for which the page has room, and adds
// their size to it.
func (v *textValues) fit(offsets []int32, rows int) int {
	size := func(rows int) int { return int(offsets[rows]-offsets[0]) + rows*rowBytes }
	n := len(offsets) - 1
	if v.size+size(n) > pageBytes {
		n = sort.Search(n, func(i int) bool { return v.size+size(i+1) > pageBytes })
		if n == 0 && rows == 0 {
			n = 1 // larger than a page
		}
	}
	v.size += size(n)
	return n
}

// number appends the numbers of texts, until the dictionary is full, and
// returns the row after the last.
func (v *textValues) number(a *array.String, first, last int) int {
	data, offsets := a.ValueBytes(), a.ValueOffsets()
	start, nulls := offsets[0], a.NullN() > 0
	for row := first; row < last; row++ {
		if nulls && a.IsNull(row) {
			continue
		}
		text := data[offsets[row]-start : offsets[row+1]-start]
		if v.dictionary.len() > 0 && string(v.dictionary.text(v.last)) == string(text) {
			v.numbers = append(v.numbers, v.last)
			continue
		}
		if len(v.dictionary.data) >= dictionaryBytes {
			return row
		}
		n, isNew := v.dictionary.number(text)
		if isNew {
			v.bound(text)
		}
		v.last = n
		v.numbers = append(v.numbers, n)
	}
	return last
}

// write appends texts.
func (v *textValues) write(a *array.String, first, last int) {
	data, offsets := a.ValueBytes(), a.ValueOffsets()
	start, nulls := offsets[0], a.NullN() > 0
	for row := first; row < last; row++ {
		if nulls && a.IsNull(row) {
			continue
		}
		text := data[offsets[row]-start : offsets[row+1]-start]
		v.lengths = append(v.lengths, int32(len(text)))
		v.data = append(v.data, text...)
		v.bound(text)
	}
}

func (v *textValues) bound(text []byte) {
	switch {
	case !v.bounded:
		v.min, v.max, v.bounded = append(v.min[:0], text...), append(v.max[:0], text...), true
	case bytes.Compare(text, v.min) < 0:
		v.min = append(v.min[:0], text...)
	case bytes.Compare(text, v.max) > 0:
		v.max = append(v.max[:0], text...)
	}
}

// encode appends numbers, or all lengths and then all texts.
func (v *textValues) encode(p *packer) format.Encoding {
	numbers := v.numbered
	if v.probing() && !v.repeating() {
		v.writeOut()
		numbers = false
	}
	v.size = 0
	if !numbers {
		p.scratch, _ = new(delta.BinaryPackedEncoding).EncodeInt32(p.scratch, v.lengths) // knows no error
		p.body = append(append(p.body, p.scratch...), v.data...)
		v.data, v.lengths = kept(v.data), v.lengths[:0]
		return format.DeltaLengthByteArray
	}
	p.scratch, _ = new(rle.DictionaryEncoding).EncodeInt32(p.scratch, v.numbers) // no number is too wide for it
	p.body = append(p.body, p.scratch...)
	v.numbers = v.numbers[:0]
	v.pages++
	v.numbered = len(v.dictionary.data) < dictionaryBytes
	return format.RLEDictionary
}

// repeating: the texts of the first page are worth a dictionary.
func (v *textValues) repeating() bool {
	return 2*v.dictionary.len() < len(v.numbers)
}

// writeOut makes the numbers of the page texts again. With more than a few of
// them that settles it for the whole file.
func (v *textValues) writeOut() {
	for _, n := range v.numbers {
		text := v.dictionary.text(n)
		v.lengths = append(v.lengths, int32(len(text)))
		v.data = append(v.data, text...)
	}
	if len(v.numbers) > fewTexts {
		v.distinct, v.numbered = true, false
		v.numbers, v.dictionary = nil, dictionary{}
		return
	}
	v.numbers = v.numbers[:0]
	v.dictionary.reset()
}

// boundBytes is the longest text that may be a bound of a chunk: longer ones
// make a footer large and tell nothing.
const boundBytes = 64

func (v *textValues) bounds() (least, greatest []byte) {
	if !v.bounded || len(v.min) > boundBytes || len(v.max) > boundBytes {
		return nil, nil
	}
	return append([]byte{}, v.min...), append([]byte{}, v.max...) // not nil when empty
}

func (v *textValues) reset() {
	v.dictionary.reset()
	v.bounded, v.numbered, v.pages, v.last = false, !v.distinct, 0, 0
}
