package parquet

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/format"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

const (
	groupRows  = 122_880 // rows of a row group at most: DuckDB's own, so that it reads groups in parallel
	groupBytes = 2 << 20 // a row group ends when so much is packed
	// stepRows is how often that is looked at: only rows may decide where a
	// group ends, not how they were cut into batches.
	stepRows = 1024
)

// file is one file being written. It takes one call at a time.
type file struct {
	table   *schemas.Table
	key     fileKey
	name    string // in the staging folder
	out     *output
	packers *packers
	columns []column
	rows    int64
	group   int // rows in the current row group
	groups  []format.RowGroup
}

// create begins a file; one without a name is not written, only hashed.
func create(name string, key fileKey, p *Writer) (*file, error) {
	out := &output{hash: sha256.New()}
	if name != "" {
		file, err := os.Create(name)
		if err != nil {
			return nil, fmt.Errorf("parquet %s: %w", key.table.Name, err)
		}
		out.file = file
	}
	f := &file{table: key.table, key: key, name: name, packers: &p.packers, out: out}
	for _, c := range key.table.Columns {
		f.columns = append(f.columns, newColumn(key.table, c, &p.repaired))
	}
	return f, nil
}

// write appends the rows of a record.
func (f *file) write(rec arrow.Record) error {
	p, err := f.packers.get()
	if err != nil {
		return f.wrap(err)
	}
	defer f.packers.put(p)
	arrays := make([]arrow.Array, len(f.columns))
	for i := range f.columns {
		arrays[i] = f.columns[i].clean(rec.Column(i))
		defer arrays[i].Release()
	}
	rows := int(rec.NumRows())
	for from := 0; from < rows; {
		to := min(rows, from+stepRows-f.group%stepRows)
		for i := range f.columns {
			if err := f.columns[i].write(arrays[i], from, to, p); err != nil {
				return f.wrap(err)
			}
		}
		f.group += to - from
		if f.group%stepRows == 0 && f.full() {
			if err := f.endGroup(p); err != nil {
				return f.wrap(err)
			}
		}
		from = to
	}
	return nil
}

// full reports whether the row group ends here.
func (f *file) full() bool {
	if f.group == groupRows {
		return true
	}
	var buffered int64
	for i := range f.columns {
		buffered += f.columns[i].buffered()
	}
	return buffered >= groupBytes
}

// endGroup writes the row group to the file, column by column.
func (f *file) endGroup(p *packer) error {
	if f.group == 0 {
		return nil
	}
	out := bufio.NewWriterSize(f.out, 64<<10)
	if f.out.bytes == 0 {
		_, _ = out.WriteString(magic) // an error comes again at Flush
	}
	offset := max(f.out.bytes, int64(len(magic)))
	group := format.RowGroup{NumRows: int64(f.group), FileOffset: offset, Ordinal: int16(len(f.groups))}
	for i := range f.columns {
		meta, err := f.columns[i].endChunk(out, offset, p)
		if err != nil {
			return err
		}
		offset += meta.TotalCompressedSize
		group.TotalByteSize += meta.TotalUncompressedSize
		group.TotalCompressedSize += meta.TotalCompressedSize
		group.Columns = append(group.Columns, format.ColumnChunk{MetaData: meta})
	}
	f.groups = append(f.groups, group)
	f.rows += int64(f.group)
	f.group = 0
	return out.Flush()
}

// finish writes the footer and makes the file durable.
func (f *file) finish(step durable.Step) error {
	if err := f.end(); err != nil || f.out.file == nil {
		return f.wrap(err)
	}
	if err := step.At("parquet: before sync", f.name); err != nil {
		return f.wrap(err)
	}
	if err := f.out.file.Sync(); err != nil {
		return f.wrap(err)
	}
	return f.wrap(f.out.file.Close())
}

// end writes the last row group and the footer.
func (f *file) end() error {
	p, err := f.packers.get()
	if err != nil {
		return err
	}
	defer f.packers.put(p)
	if err := f.endGroup(p); err != nil {
		return err
	}
	data, err := footer(f.table, f.groups, f.rows)
	if err != nil {
		return err
	}
	if f.out.bytes == 0 {
		data = append([]byte(magic), data...)
	}
	f.columns, f.groups = nil, nil // a database is filled next, and needs the memory
	_, err = f.out.Write(data)
	return err
}

// abandon closes the file; its folder is about to go.
func (f *file) abandon() {
	if f.out.file != nil {
		_ = f.out.file.Close()
	}
}

func (f *file) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("parquet %s: %w", f.table.Name, err)
}

// output counts and hashes what is written to the file.
type output struct {
	file  *os.File // nil to do no more than that
	hash  hash.Hash
	bytes int64
}

func (o *output) Write(p []byte) (int, error) {
	n, err := len(p), error(nil)
	if o.file != nil {
		n, err = o.file.Write(p)
	}
	o.hash.Write(p[:n])
	o.bytes += int64(n)
	return n, err
}

func (o *output) sum() string { return hex.EncodeToString(o.hash.Sum(nil)) }
