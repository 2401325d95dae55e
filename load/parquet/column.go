package parquet

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/spacesetl/spacesetl/schemas"
)

// column writes one column of a file: rows into a page, full pages into the
// chunk of the row group.
type column struct {
	name     string
	kind     format.Type
	required bool
	repaired *atomic.Int64

	levels levels
	values values
	chunk  chunk
}

// values are the values of a page under way, without nulls, as one Parquet
// type and encoding has them, and what the row group has to know of its pages.
type values interface {
	// take appends rows from the first on, but not the last, as long as the
	// page, which has some rows, has room for them: it returns how many. Only
	// rows decide that, not how they were cut. An empty page takes at least one.
	take(arr arrow.Array, first, last, rows int) int
	// encode appends the page to p.body and forgets it.
	encode(p *packer) format.Encoding
	// bounds are the least and the greatest value of the row group, as bytes;
	// nil when there are none.
	bounds() (least, greatest []byte)
	// reset begins a row group.
	reset()
}

func newColumn(t *schemas.Table, c schemas.Column, repaired *atomic.Int64) column {
	col := column{name: c.Name, required: t.IsKey(c.Name), repaired: repaired}
	switch {
	case c.Type == schemas.Int || c.Type == schemas.Time:
		col.kind, col.values = format.Int64, &intValues{}
	case c.Type == schemas.Float:
		col.kind, col.values = format.Double, &floatValues{}
	case c.Type == schemas.Bool:
		col.kind, col.values = format.Boolean, &boolValues{}
	default:
		col.kind, col.values = format.ByteArray, newTextValues(c.Enum, col.required && len(t.Key) == 1)
	}
	return col
}

// write appends rows [from, to) of an array.
func (c *column) write(arr arrow.Array, from, to int, p *packer) error {
	for from < to {
		taken := c.values.take(arr, from, to, c.levels.rows)
		c.levels.add(arr, from, from+taken)
		from += taken
		if from < to {
			if err := c.endPage(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// clean returns an array whose texts every reader takes; the caller releases
// it.
func (c *column) clean(arr arrow.Array) arrow.Array {
	a, ok := arr.(*array.String)
	if !ok {
		arr.Retain()
		return arr
	}
	good, repaired := cleaned(a)
	c.repaired.Add(int64(repaired))
	return good
}

// endPage packs the page.
func (c *column) endPage(p *packer) error {
	if c.levels.rows == 0 {
		return nil
	}
	p.body = p.body[:0]
	if !c.required {
		p.body = c.levels.encode(p.body)
	}
	encoding := c.values.encode(p)
	page, err := p.page(&format.PageHeader{
		Type: format.DataPage,
		DataPageHeader: thrift.New(format.DataPageHeader{
			NumValues: int32(c.levels.rows), Encoding: encoding,
			DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		}),
	})
	if err != nil {
		return err
	}
	c.chunk.rows += int64(c.levels.rows)
	c.chunk.nulls += int64(c.levels.nulls)
	c.levels.reset()
	c.chunk.add(page, encoding, p)
	return nil
}
