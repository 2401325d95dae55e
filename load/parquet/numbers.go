package parquet

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"
)

// numberRows is a page of numbers: 32 KiB at most.
const numberRows = 4096

// intValues are numbers and times: the differences of neighbours, packed.
type intValues struct {
	values   []int64
	min, max int64
	any      bool // there are min and max
}

func (v *intValues) take(arr arrow.Array, first, last, rows int) int {
	last = min(last, first+numberRows-rows)
	var all []int64
	switch a := arr.(type) {
	case *array.Int64:
		all = a.Int64Values()
	case *array.Timestamp:
		all = arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(a.TimestampValues()))
	}
	switch arr.NullN() {
	case arr.Len():
	case 0:
		v.values = append(v.values, all[first:last]...)
	default:
		for row := first; row < last; row++ {
			if arr.IsValid(row) {
				v.values = append(v.values, all[row])
			}
		}
	}
	return last - first
}

func (v *intValues) encode(p *packer) format.Encoding {
	for _, n := range v.values {
		if !v.any {
			v.min, v.max, v.any = n, n, true
		}
		v.min, v.max = min(v.min, n), max(v.max, n)
	}
	p.scratch, _ = new(delta.BinaryPackedEncoding).EncodeInt64(p.scratch, v.values) // knows no error
	p.body = append(p.body, p.scratch...)
	v.values = v.values[:0]
	return format.DeltaBinaryPacked
}

func (v *intValues) bounds() (least, greatest []byte) {
	if !v.any {
		return nil, nil
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(v.min)), binary.LittleEndian.AppendUint64(nil, uint64(v.max))
}

func (v *intValues) reset() { v.any = false }

// floatValues are kept as they are. They have no bounds: NaN and the two zeros
// make rules of their own, and nobody looks for rows by them.
type floatValues struct{ values []byte }

func (v *floatValues) take(arr arrow.Array, first, last, rows int) int {
	last = min(last, first+numberRows-rows)
	a := arr.(*array.Float64)
	for row := first; row < last; row++ {
		if a.IsValid(row) {
			v.values = binary.LittleEndian.AppendUint64(v.values, math.Float64bits(a.Value(row)))
		}
	}
	return last - first
}

func (v *floatValues) encode(p *packer) format.Encoding {
	p.body = append(p.body, v.values...)
	v.values = v.values[:0]
	return format.Plain
}

func (*floatValues) bounds() (least, greatest []byte) { return nil, nil }

func (*floatValues) reset() {}

// boolValues are one bit a value.
type boolValues struct {
	bits              []byte
	n                 int
	anyTrue, anyFalse bool
}

// take takes all: a row group is one page.
func (v *boolValues) take(arr arrow.Array, first, last, _ int) int {
	a := arr.(*array.Boolean)
	for row := first; row < last; row++ {
		if a.IsNull(row) {
			continue
		}
		if v.n%8 == 0 {
			v.bits = append(v.bits, 0)
		}
		value := a.Value(row)
		bitutil.SetBitTo(v.bits, v.n, value)
		v.n++
		v.anyTrue, v.anyFalse = v.anyTrue || value, v.anyFalse || !value
	}
	return last - first
}

func (v *boolValues) encode(p *packer) format.Encoding {
	p.body = append(p.body, v.bits...)
	v.bits, v.n = v.bits[:0], 0
	return format.Plain
}

func (v *boolValues) bounds() (least, greatest []byte) {
	if !v.anyTrue && !v.anyFalse {
		return nil, nil
	}
	bound := map[bool][]byte{false: {0}, true: {1}}
	return bound[!v.anyFalse], bound[v.anyTrue]
}

func (v *boolValues) reset() { v.anyTrue, v.anyFalse = false, false }
