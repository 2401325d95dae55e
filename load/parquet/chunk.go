package parquet

import (
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// chunk is the finished data pages of a column in a row group.
type chunk struct {
	pages    [][]byte
	bytes    int64 // of pages
	unpacked int64 // the same before compression
	rows     int64
	nulls    int64
	stats    []format.PageEncodingStats
}

// add appends the page that p has just made.
func (c *chunk) add(page []byte, encoding format.Encoding, p *packer) {
	c.pages = append(c.pages, page)
	c.bytes += int64(len(page))
	c.unpacked += int64(p.header.Len() + len(p.body))
	for i := range c.stats {
		if c.stats[i].Encoding == encoding {
			c.stats[i].Count++
			return
		}
	}
	c.stats = append(c.stats, format.PageEncodingStats{PageType: format.DataPage, Encoding: encoding, Count: 1})
}

// buffered is what the row group holds of the column, in bytes, as far as only
// rows decide it.
func (c *column) buffered() int64 {
	if v, ok := c.values.(*textValues); ok {
		return c.chunk.bytes + int64(len(v.dictionary.data))
	}
	return c.chunk.bytes
}

// endChunk writes the column's part of a row group at an offset of the file.
func (c *column) endChunk(out io.Writer, offset int64, p *packer) (format.ColumnMetaData, error) {
	if err := c.endPage(p); err != nil {
		return format.ColumnMetaData{}, err
	}
	meta := c.metadata()
	if v, ok := c.values.(*textValues); ok && v.pages > 0 {
		page, err := v.page(p)
		if err != nil {
			return meta, err
		}
		if _, err := out.Write(page); err != nil {
			return meta, err
		}
		meta.DictionaryPageOffset = offset
		meta.Encoding = append(meta.Encoding, format.Plain)
		meta.EncodingStats = append(meta.EncodingStats, format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1})
		meta.TotalCompressedSize += int64(len(page))
		meta.TotalUncompressedSize += int64(p.header.Len() + len(p.body))
		offset += int64(len(page))
	}
	meta.DataPageOffset = offset
	for _, page := range c.chunk.pages {
		if _, err := out.Write(page); err != nil {
			return meta, err
		}
	}
	c.chunk = chunk{}
	c.values.reset()
	return meta, nil
}

// metadata describes the data pages.
func (c *column) metadata() format.ColumnMetaData {
	meta := format.ColumnMetaData{
		Type: c.kind, PathInSchema: []string{c.name}, Codec: format.Zstd, NumValues: c.chunk.rows,
		EncodingStats: c.chunk.stats, TotalCompressedSize: c.chunk.bytes, TotalUncompressedSize: c.chunk.unpacked,
	}
	for _, s := range c.chunk.stats {
		meta.Encoding = append(meta.Encoding, s.Encoding)
	}
	if !c.required {
		meta.Encoding = append(meta.Encoding, format.RLE)
	}
	meta.Statistics.NullCount = c.chunk.nulls
	meta.Statistics.MinValue, meta.Statistics.MaxValue = c.values.bounds()
	return meta
}

// page makes the dictionary page.
func (v *textValues) page(p *packer) ([]byte, error) {
	p.body = append(p.body[:0], v.dictionary.data...)
	return p.page(&format.PageHeader{
		Type:                 format.DictionaryPage,
		DictionaryPageHeader: thrift.New(format.DictionaryPageHeader{NumValues: int32(v.dictionary.len()), Encoding: format.Plain}),
	})
}
