package answer

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Mark tells one state of a store from another without opening a table.
type Mark struct {
	File    os.FileInfo    // the database; nil where there are only files
	Version string         // for pages to ask whether there is a newer one
	parts   []schemas.Part // the files of all runs; none where there is a database
}

// Equal reports whether nothing was published between two looks.
func (m Mark) Equal(other Mark) bool {
	if (m.File == nil) != (other.File == nil) || m.Version != other.Version {
		return false
	}
	return m.File == nil || os.SameFile(m.File, other.File)
}

// Look says in which state a store is. The error is an fs.ErrNotExist where no
// run has made tables yet.
func Look(dir store.Dir) (Mark, error) {
	info, err := os.Lstat(dir.DuckDB())
	if err == nil {
		return Mark{File: info, Version: fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Mark{}, err
	}
	return lookAtFiles(dir)
}

// lookAtFiles is Look where no database is: the runs whose files were kept.
func lookAtFiles(dir store.Dir) (Mark, error) {
	ids, err := dir.Runs()
	if err != nil {
		return Mark{}, err
	}
	var m Mark
	if m.parts, err = health.ReadNotes(dir).Parts(dir, ids); err != nil {
		return Mark{}, err
	}
	if len(m.parts) == 0 {
		return Mark{}, fmt.Errorf("store %s: no run has made tables in it: %w", dir, fs.ErrNotExist)
	}
	sum := crc32.NewIEEE()
	for _, part := range m.parts {
		_, _ = io.WriteString(sum, part.Path+" "+strconv.FormatInt(part.Bytes, 10)+"\n")
	}
	m.Version = fmt.Sprintf("%d-%x", len(m.parts), sum.Sum32())
	return m, nil
}

// Config says where the tables of this state are, for a reader of whatever bounds.
func (m Mark) Config(dir store.Dir, bounds duckdb.ReaderConfig) duckdb.ReaderConfig {
	bounds.Dir, bounds.Parts = dir.Parquet(), m.parts
	if m.File != nil {
		bounds.Path = dir.DuckDB()
	}
	return bounds
}

// Open opens a store's tables, again when a run is published meanwhile, and says of which
// state they are.
func Open(ctx context.Context, dir store.Dir, bounds duckdb.ReaderConfig) (*duckdb.Reader, string, error) {
	now, err := Look(dir)
	for err == nil {
		reader, opening := duckdb.OpenReader(ctx, now.Config(dir, bounds))
		before := now
		if now, err = Look(dir); err == nil && now.Equal(before) {
			return reader, now.Version, opening
		}
		if opening == nil {
			_ = reader.Close()
		}
	}
	return nil, "", err
}
