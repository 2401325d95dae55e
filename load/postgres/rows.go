package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/schemas"
)

// rows reads the rows of a Parquet file of ours as what COPY takes in its binary format.
// That takes half the time of its text format, on both sides.
type rows struct {
	ctx    context.Context
	table  *schemas.Table
	run    string               // only rows of this run; "" for all
	groups []goparquet.RowGroup // that are not read yet
	leaves []int                // of each column of the table: its index in the file, or -1
	ranges []rowRange           // of the group under way, that are not read yet
	// Columns of the range under way. What was read and not written waits in each: they are
	// read as many bytes at a time, whatever the rows.
	columns []column
	values  []goparquet.Value // a few: each may be a long text
	out     []byte            // written and not taken yet, from at
	at      int
	count   int64            // rows, those that are left out included
	lost    map[string]int64 // values, and rows for their key's sake, that cannot be stored, by table and column
	ended   bool
}

// rowRange are rows of a row group.
type rowRange struct{ from, to int64 }

const (
	columnBytes = 256 << 10 // read of a column at a time, and a value more
	columnRows  = 1024      // the same
	// mostKey is how many bytes the texts of a key may have: an index has no room for more.
	mostKey = 2500
)

// header begins what COPY takes.
const header = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func newRows(ctx context.Context, t *schemas.Table, file *goparquet.File, run string, lost map[string]int64) (*rows, error) {
	leaves, more, wrong := parquet.Columns(t, file.Schema())
	switch {
	case wrong != "":
		return nil, errors.New(wrong)
	case more != 0:
		return nil, fmt.Errorf("is no file of this version: it has %d columns more", more)
	}
	return &rows{ctx: ctx, table: t, run: run, groups: file.RowGroups(), leaves: leaves, out: []byte(header), lost: lost, values: make([]goparquet.Value, 32)}, nil
}

// Read gives COPY its rows.
func (r *rows) Read(p []byte) (int, error) {
	for r.at == len(r.out) {
		if r.ended {
			return 0, io.EOF
		}
		r.out, r.at = r.out[:0], 0
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.out[r.at:])
	r.at += n
	return n, nil
}

// next writes some rows, or the end.
func (r *rows) next() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	for r.columns == nil {
		if len(r.ranges) == 0 && len(r.groups) == 0 {
			r.out, r.ended = binary.BigEndian.AppendUint16(r.out, math.MaxUint16), true
			return nil
		}
		if err := r.open(); err != nil {
			return err
		}
	}
	n, left := columnRows, int64(0)
	for i := range r.columns {
		if err := r.fill(i); err != nil {
			return fmt.Errorf("column %s: %w", r.table.Columns[i].Name, err)
		}
		n = min(n, len(r.columns[i].ends))
		left = max(left, r.columns[i].left+int64(len(r.columns[i].ends)))
	}
	for i := range n {
		r.write(i)
	}
	for i := range r.columns {
		r.columns[i].drop(n)
	}
	if left == int64(n) {
		r.close()
	}
	return nil
}

// open begins the next range, of the next group where there is none.
func (r *rows) open() error {
	if len(r.ranges) == 0 {
		ranges, err := r.find(r.groups[0])
		if err != nil {
			return err
		}
		if r.ranges = ranges; len(ranges) == 0 {
			r.groups = r.groups[1:]
			return nil
		}
	}
	some := r.ranges[0]
	chunks := r.groups[0].ColumnChunks()
	r.columns = make([]column, len(r.leaves))
	for i, leaf := range r.leaves {
		r.columns[i].left = some.to - some.from
		if leaf < 0 {
			continue
		}
		r.columns[i].pages = chunks[leaf].Pages()
		if some.from > 0 {
			if err := r.columns[i].pages.SeekToRow(some.from); err != nil {
				return err
			}
		}
	}
	if r.ranges = r.ranges[1:]; len(r.ranges) == 0 {
		r.groups = r.groups[1:]
	}
	return nil
}

// find finds the rows of the run in a group: files of months hold those of many.
func (r *rows) find(group goparquet.RowGroup) (ranges []rowRange, err error) {
	all := group.NumRows()
	if r.run == "" && all > 0 {
		return []rowRange{{0, all}}, nil
	}
	leaf := r.leaves[r.table.Column("_run_id")]
	if leaf < 0 {
		return nil, errors.New("it has no column _run_id")
	}
	c := column{pages: group.ColumnChunks()[leaf].Pages(), left: all}
	defer c.close()
	at := int64(0)
	for c.left > 0 {
		n, err := c.read(r.values)
		if err != nil {
			return nil, err
		}
		for _, v := range r.values[:n] {
			if string(v.ByteArray()) == r.run {
				if last := len(ranges) - 1; last >= 0 && ranges[last].to == at {
					ranges[last].to++
				} else {
					ranges = append(ranges, rowRange{at, at + 1})
				}
			}
			at++
		}
	}
	return ranges, nil
}

// fill reads some more values of a column.
func (r *rows) fill(i int) error {
	c, of := &r.columns[i], &r.table.Columns[i]
	for c.left > 0 && len(c.ends) < columnRows && len(c.data) < columnBytes {
		n := int(min(c.left, int64(len(r.values))))
		if c.pages == nil { // the file does not have it
			clear(r.values[:n])
			c.left -= int64(n)
		} else {
			var err error
			if n, err = c.read(r.values); err != nil {
				return err
			}
		}
		for _, v := range r.values[:n] {
			var stored bool
			if c.data, stored = appendField(c.data, of.Type, v); !stored {
				r.lost[r.table.Name+"."+of.Name]++
			}
			c.ends = append(c.ends, len(c.data))
		}
	}
	return nil
}

// write writes the row of so many that wait.
func (r *rows) write(i int) {
	r.count++
	key := 0
	for _, name := range r.table.Key {
		field := r.columns[r.table.Column(name)].field(i)
		key += len(field)
		if binary.BigEndian.Uint32(field) == null || key > mostKey {
			r.lost[r.table.Name+"."+name]++
			return
		}
	}
	r.out = binary.BigEndian.AppendUint16(r.out, uint16(len(r.columns)))
	for c := range r.columns {
		r.out = append(r.out, r.columns[c].field(i)...)
	}
}

// close gives up the range under way.
func (r *rows) close() {
	for i := range r.columns {
		r.columns[i].close()
	}
	r.columns = nil
}
