package load

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/schemas"
)

const (
	groupRows = 122_880   // rows of a row group: DuckDB's own, so that it reads groups in parallel
	pageBytes = 128 << 10 // a page is closed when this much is buffered
	// bufferBytes is where parquet-go closes a page by itself; column.write
	// must be there first.
	bufferBytes = 2 * pageBytes
	valueRows   = 1024 // values handed to parquet-go at a time
)

// parquetFile is one file being written. It takes one call at a time.
type parquetFile struct {
	table   *schemas.Table
	key     fileKey
	name    string // in the staging folder
	out     *output
	writer  *parquet.GenericWriter[any]
	columns []column
	rows    int64
	group   int64 // rows in the current row group
}

func createParquet(name string, key fileKey, repaired *atomic.Int64) (*parquetFile, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("parquet %s: %w", key.table.Name, err)
	}
	f := &parquetFile{table: key.table, key: key, name: name, out: &output{file: file, hash: sha256.New()}}
	f.writer = parquet.NewGenericWriter[any](f.out, writerConfig(key.table))
	values := make([]parquet.Value, 0, valueRows)
	for i, w := range f.writer.ColumnWriters() {
		c := key.table.Columns[i]
		f.columns = append(f.columns, column{
			writer: w, index: i, required: key.table.IsKey(c.Name), indexed: c.Enum, values: values, repaired: repaired,
		})
	}
	return f, nil
}

// write appends the rows of a record.
func (f *parquetFile) write(rec arrow.Record) error {
	rows := int(rec.NumRows())
	for from := 0; from < rows; {
		to := min(rows, from+int(groupRows-f.group))
		for i := range f.columns {
			if err := f.columns[i].write(rec.Column(i), from, to); err != nil {
				return f.wrap(err)
			}
		}
		f.rows += int64(to - from)
		f.group += int64(to - from)
		if f.group == groupRows {
			if err := f.endGroup(); err != nil {
				return f.wrap(err)
			}
		}
		from = to
	}
	return nil
}

func (f *parquetFile) endGroup() error {
	f.group = 0
	for i := range f.columns {
		f.columns[i].size = 0
	}
	return f.writer.Flush()
}

// finish writes the footer and makes the file durable.
func (f *parquetFile) finish(step Step) error {
	if err := f.writer.Close(); err != nil {
		return f.wrap(err)
	}
	if err := step.at("parquet: before sync", f.name); err != nil {
		return f.wrap(err)
	}
	if err := f.out.file.Sync(); err != nil {
		return f.wrap(err)
	}
	return f.wrap(f.out.file.Close())
}

// abandon closes the file; its folder is about to go.
func (f *parquetFile) abandon() { _ = f.out.file.Close() }

func (f *parquetFile) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("parquet %s: %w", f.table.Name, err)
}

// output counts and hashes what is written to the file.
type output struct {
	file  *os.File
	hash  hash.Hash
	bytes int64
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	o.hash.Write(p[:n])
	o.bytes += int64(n)
	return n, err
}

func (o *output) sum() string { return hex.EncodeToString(o.hash.Sum(nil)) }
