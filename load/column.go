package load

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/parquet-go/parquet-go"
)

// column writes one column of a file.
type column struct {
	writer   *parquet.ColumnWriter
	index    int
	required bool
	indexed  bool            // text in a dictionary, buffered as numbers
	size     int             // of what parquet-go has buffered, bytes, about
	values   []parquet.Value // scratch, shared by the columns of a file
	repaired *atomic.Int64
}

// What parquet-go buffers for a row: a row number and a level, and for a value
// eight bytes or an offset and the text.
const (
	nullBytes  = 5
	valueBytes = nullBytes + 8
)

// write appends rows [from, to) of an array.
func (c *column) write(arr arrow.Array, from, to int) error {
	value, err := c.reader(arr)
	if err != nil {
		return err
	}
	values := c.values[:0]
	for row := from; row < to && err == nil; row++ {
		if arr.IsNull(row) {
			values = append(values, parquet.Value{}.Level(0, 0, c.index))
			c.size += nullBytes
		} else {
			values = append(values, c.defined(value(row)))
		}
		if c.size >= pageBytes || len(values) == cap(values) {
			values, err = values[:0], c.put(values)
		}
	}
	if err == nil {
		err = c.put(values)
	}
	clear(c.values[:min(to-from, cap(c.values))]) // they point into the record
	return err
}

// defined gives a value its level and counts its size.
func (c *column) defined(v parquet.Value) parquet.Value {
	c.size += valueBytes
	if !c.indexed && v.Kind() == parquet.ByteArray {
		c.size += len(v.ByteArray())
	}
	if c.required {
		return v.Level(0, 0, c.index)
	}
	return v.Level(0, 1, c.index)
}

// put hands values to parquet-go and closes the page when it is full. Only the
// rows decide where that is: parquet-go's own limit counts at the end of each
// call, so its pages would depend on how the batches were cut.
func (c *column) put(values []parquet.Value) error {
	if _, err := c.writer.WriteRowValues(values); err != nil || c.size < pageBytes {
		return err
	}
	c.size = 0
	return c.writer.Flush()
}

// reader returns a function that reads a row that is not null.
func (c *column) reader(arr arrow.Array) (func(row int) parquet.Value, error) {
	switch a := arr.(type) {
	case *array.Int64:
		return func(row int) parquet.Value { return parquet.Int64Value(a.Value(row)) }, nil
	case *array.Timestamp:
		return func(row int) parquet.Value { return parquet.Int64Value(int64(a.Value(row))) }, nil
	case *array.Float64:
		return func(row int) parquet.Value { return parquet.DoubleValue(a.Value(row)) }, nil
	case *array.Boolean:
		return func(row int) parquet.Value { return parquet.BooleanValue(a.Value(row)) }, nil
	case *array.String:
		return c.text(a), nil
	default:
		return nil, fmt.Errorf("no Parquet type for %s", arr.DataType())
	}
}

// text reads a string column. One pass over all its bytes usually shows that
// nothing has to be repaired.
func (c *column) text(a *array.String) func(row int) parquet.Value {
	if a.Len() == 0 {
		return nil
	}
	data, base := a.ValueBytes(), a.ValueOffset(0)
	read := func(row int) []byte { return data[a.ValueOffset(row)-base : a.ValueOffset(row+1)-base] }
	if clean(data, a) {
		return func(row int) parquet.Value { return parquet.ByteArrayValue(read(row)) }
	}
	return func(row int) parquet.Value {
		text, ok := repair(read(row))
		if !ok {
			c.repaired.Add(1)
		}
		return parquet.ByteArrayValue(text)
	}
}

// clean reports whether every value is UTF-8 without NUL. The whole being valid
// is not enough: a character may be split between two values.
func clean(data []byte, a *array.String) bool {
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return false
	}
	base := a.ValueOffset(0)
	for row := range a.Len() {
		at := a.ValueOffset(row) - base
		if at < len(data) && !utf8.RuneStart(data[at]) {
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
