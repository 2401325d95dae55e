package parquet

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	goparquet "github.com/parquet-go/parquet-go"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Joined is a file with the rows of several files of a table, in their order.
type Joined struct {
	schemas.Part     // Path is the name it was given
	First, Last  int // of the groups of files, by index
}

// Join writes the rows of files of a table, one file after the other, into new ones
// in a folder, durable, which name names by their number. The files of a group stay
// together; a new file ends with the first group that takes it over most bytes.
// Columns that a file does not have, as those of earlier versions, are NULL; of one
// that CheckShape refuses the error is the same.
func Join(ctx context.Context, t *schemas.Table, groups [][]string, dir string, name func(int) string, most int64) (joined []Joined, err error) {
	p := &Writer{}
	defer p.packers.drop()
	var out *file
	defer func() {
		if out != nil {
			out.abandon()
		}
	}()
	for i, files := range groups {
		if out == nil {
			path := name(len(joined))
			if out, err = create(filepath.Join(dir, path), fileKey{table: t}, p); err != nil {
				return nil, err
			}
			joined = append(joined, Joined{Part: schemas.Part{Table: t.Name, Path: path}, First: i})
		}
		for _, file := range files {
			if err := copyRows(ctx, t, file, func(in *records) error { return in.write(out, -1) }); err != nil {
				return nil, err
			}
		}
		at := &joined[len(joined)-1]
		at.Last = i
		if i < len(groups)-1 && out.size() < most {
			continue
		}
		if err := out.finish(nil); err != nil {
			return nil, err
		}
		at.Rows, at.Bytes, at.SHA256 = out.rows, out.out.bytes, out.out.sum()
		out = nil
	}
	return joined, nil
}

// Split takes a file apart again: it writes its rows into a folder as files of so many
// rows each, in order, durable, and returns them with what came of them. Of parts
// that were joined these are the same bytes, if the same version wrote them. Without a
// folder it writes nothing, and says what would come of it.
func Split(ctx context.Context, t *schemas.Table, file, dir string, parts []schemas.Part) ([]schemas.Part, error) {
	p := &Writer{}
	defer p.packers.drop()
	parts = append([]schemas.Part{}, parts...)
	err := copyRows(ctx, t, file, func(in *records) error {
		for i := range parts {
			name := ""
			if dir != "" {
				name = filepath.Join(dir, filepath.FromSlash(parts[i].Path))
			}
			out, err := create(name, fileKey{table: t}, p)
			if err != nil {
				return err
			}
			err = in.write(out, parts[i].Rows)
			if err == nil {
				err = out.finish(nil)
			}
			if err != nil {
				out.abandon()
				return err
			}
			parts[i].Bytes, parts[i].SHA256 = out.out.bytes, out.out.sum()
		}
		if in.left != 0 {
			return fmt.Errorf("has %d rows more than the files that were joined in it", in.left)
		}
		return nil
	})
	return parts, err
}

// CheckShape returns a *ShapeError for a file that has columns that the table does not
// have, or of another type, or lacks those of its key.
func CheckShape(t *schemas.Table, file string) error {
	return copyRows(context.Background(), t, file, func(*records) error { return nil })
}

// NoRows is a file of a table without rows.
func NoRows(t *schemas.Table) ([]byte, error) {
	end, err := footer(t, nil, 0)
	return append([]byte(magic), end...), err
}

// size is what the file will have at least.
func (f *file) size() int64 {
	size := f.out.bytes
	for i := range f.columns {
		size += f.columns[i].buffered()
	}
	return size
}

// copyRows opens a file of a table for what reads its rows.
func copyRows(ctx context.Context, t *schemas.Table, name string, read func(*records) error) error {
	file, err := durable.Open(name)
	if err != nil {
		return fmt.Errorf("parquet %s: %w", name, durable.Cause(err))
	}
	defer file.Close()
	in, err := newRecords(ctx, t, file)
	if err == nil {
		defer in.close()
		err = read(in)
	}
	if err != nil {
		return fmt.Errorf("parquet %s: %w", name, err)
	}
	return nil
}

func newRecords(ctx context.Context, t *schemas.Table, file *os.File) (*records, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	opened, err := goparquet.OpenFile(file, info.Size(), goparquet.SkipPageIndex(true), goparquet.SkipBloomFilters(true), goparquet.ReadBufferSize(64<<10))
	if err != nil {
		return nil, err
	}
	in := &records{ctx: ctx, table: t, groups: opened.RowGroups(), left: opened.NumRows()}
	return in, in.match(opened.Schema())
}

// write appends so many rows to a file, or with -1 all that are left.
func (in *records) write(out *file, rows int64) error {
	if rows < 0 {
		rows = in.left
	}
	for rows > 0 {
		rec, err := in.next(rows)
		if err != nil {
			return err
		}
		rows -= rec.NumRows()
		err = out.write(rec)
		rec.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

var errShort = fmt.Errorf("its columns have fewer rows than the file: %w", io.ErrUnexpectedEOF)
