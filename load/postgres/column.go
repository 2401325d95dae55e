package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"unicode/utf8"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/schemas"
)

// column is one of a range.
type column struct {
	pages  goparquet.Pages
	page   goparquet.Page
	source goparquet.ValueReader
	left   int64  // values in the range that are not read
	data   []byte // fields as COPY takes them, with their lengths
	ends   []int  // of the fields in data
}

// read reads values of the range, one at least; they hold until the next call.
func (c *column) read(values []goparquet.Value) (n int, err error) {
	for n == 0 {
		if c.source == nil {
			if c.page, err = c.pages.ReadPage(); errors.Is(err, io.EOF) {
				return 0, errors.New("has less rows than it says")
			} else if err != nil {
				return 0, err
			}
			c.source = c.page.Values()
		}
		n, err = c.source.ReadValues(values[:min(int64(len(values)), c.left)])
		if n == 0 {
			goparquet.Release(c.page)
			c.page, c.source = nil, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
	}
	c.left -= int64(n)
	return n, nil
}

// drop forgets the first fields.
func (c *column) drop(n int) {
	if n == 0 {
		return
	}
	gone := c.ends[n-1]
	c.data = append(c.data[:0], c.data[gone:]...)
	left := c.ends[n:]
	c.ends = c.ends[:len(left)]
	for i, end := range left {
		c.ends[i] = end - gone
	}
}

func (c *column) close() {
	if c.page != nil {
		goparquet.Release(c.page)
	}
	if c.pages != nil {
		_ = c.pages.Close() // nothing was written
	}
}

// null is the length of a field without a value.
const null = math.MaxUint32

// Times are microseconds, of PostgreSQL since 2000 and from 4713 BC on.
const (
	since2000 = 946_684_800_000_000
	firstTime = -211_813_488_000_000_000
)

// appendField appends a value, NULL where it cannot be stored.
func appendField(data []byte, t schemas.Type, v goparquet.Value) (_ []byte, stored bool) {
	if v.IsNull() {
		return binary.BigEndian.AppendUint32(data, null), true
	}
	switch t {
	case schemas.Int:
		data = binary.BigEndian.AppendUint32(data, 8)
		return binary.BigEndian.AppendUint64(data, uint64(v.Int64())), true
	case schemas.Time:
		at := v.Int64()
		if at < firstTime+since2000 {
			return binary.BigEndian.AppendUint32(data, null), false
		}
		data = binary.BigEndian.AppendUint32(data, 8)
		return binary.BigEndian.AppendUint64(data, uint64(at-since2000)), true
	case schemas.Float:
		data = binary.BigEndian.AppendUint32(data, 8)
		return binary.BigEndian.AppendUint64(data, math.Float64bits(v.Double())), true
	case schemas.Bool:
		data = binary.BigEndian.AppendUint32(data, 1)
		if v.Boolean() {
			return append(data, 1), true
		}
		return append(data, 0), true
	}
	text := v.ByteArray()
	if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
		return binary.BigEndian.AppendUint32(data, null), false
	}
	data = binary.BigEndian.AppendUint32(data, uint32(len(text)))
	return append(data, text...), true
}

// field is a field with its length.
func (c *column) field(i int) []byte {
	if i == 0 {
		return c.data[:c.ends[0]]
	}
	return c.data[c.ends[i-1]:c.ends[i]]
}
