package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/schemas"
)

// ShapeError is a Parquet file whose columns are not those of its table.
type ShapeError struct{ Table, What string }

func (e *ShapeError) Error() string {
	return fmt.Sprintf("is no file of table %s: %s", e.Table, e.What)
}

// records reads the rows of a file of ours as records of its table.
type records struct {
	ctx     context.Context
	table   *schemas.Table
	groups  []goparquet.RowGroup // that are not read yet
	left    int64                // rows
	leaves  []int                // of each column of the table: its index in the file, or -1
	columns []cells
	inGroup int64 // rows left in the group under way
	values  []goparquet.Value
}

// cells reads the values of one column in a row group.
type cells struct {
	pages  goparquet.Pages
	page   goparquet.Page
	values goparquet.ValueReader
}

// recordRows is how many rows a record has at most.
const recordRows = 4096

// match finds the table's columns in the file.
func (in *records) match(s *goparquet.Schema) error {
	leaves, more, wrong := Columns(in.table, s)
	for i, at := range leaves {
		if name := in.table.Columns[i].Name; at < 0 && in.table.IsKey(name) {
			return &ShapeError{in.table.Name, "it has no column " + name}
		}
	}
	switch {
	case wrong != "":
		return &ShapeError{in.table.Name, wrong}
	case more != 0:
		return &ShapeError{in.table.Name, fmt.Sprintf("it has %d columns more", more)}
	}
	in.leaves, in.values = leaves, make([]goparquet.Value, 256)
	return nil
}

// next returns a record with up to so many rows, which the caller releases.
func (in *records) next(most int64) (arrow.Record, error) {
	if err := in.ctx.Err(); err != nil {
		return nil, err
	}
	for in.inGroup == 0 {
		if len(in.groups) == 0 {
			return nil, errShort
		}
		in.open()
	}
	n := int(min(most, in.inGroup, recordRows))
	b := array.NewRecordBuilder(memory.DefaultAllocator, in.table.Schema())
	defer b.Release()
	for i := range in.columns {
		if err := in.read(&in.columns[i], b.Field(i), n, in.leaves[i] < 0); err != nil {
			return nil, fmt.Errorf("column %s: %w", in.table.Columns[i].Name, err)
		}
	}
	in.inGroup, in.left = in.inGroup-int64(n), in.left-int64(n)
	return b.NewRecord(), nil
}

// open begins the next row group.
func (in *records) open() {
	in.close()
	group := in.groups[0]
	in.groups, in.inGroup = in.groups[1:], group.NumRows()
	chunks := group.ColumnChunks()
	in.columns = make([]cells, len(in.leaves))
	for i, leaf := range in.leaves {
		if leaf >= 0 {
			in.columns[i].pages = chunks[leaf].Pages()
		}
	}
}

// read appends n values of a column; one that the file does not have is NULL.
func (in *records) read(c *cells, to array.Builder, n int, absent bool) error {
	if absent {
		to.AppendNulls(n)
		return nil
	}
	for n > 0 {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return errShort
			}
			if err != nil {
				return err
			}
			c.page, c.values = page, page.Values()
		}
		got, err := c.values.ReadValues(in.values[:min(n, len(in.values))])
		for _, v := range in.values[:got] {
			appendCell(to, v)
		}
		n -= got
		switch {
		case errors.Is(err, io.EOF):
			goparquet.Release(c.page)
			c.page, c.values = nil, nil
		case err != nil:
			return err
		}
	}
	return nil
}

func appendCell(to array.Builder, v goparquet.Value) {
	if v.IsNull() {
		to.AppendNull()
		return
	}
	switch b := to.(type) {
	case *array.Int64Builder:
		b.Append(v.Int64())
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int64()))
	case *array.Float64Builder:
		b.Append(v.Double())
	case *array.BooleanBuilder:
		b.Append(v.Boolean())
	case *array.StringBuilder:
		b.BinaryBuilder.Append(v.ByteArray()) // copied: the page's buffer is used again
	}
}

// close gives up the row group under way.
func (in *records) close() {
	for _, c := range in.columns {
		if c.page != nil {
			goparquet.Release(c.page)
		}
		if c.pages != nil {
			_ = c.pages.Close() // nothing was written
		}
	}
	in.columns = nil
}
