package browse

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// mark tells one state of a store from another without opening a table.
type mark struct {
	file    os.FileInfo    // the database; nil where there are only files
	parts   []schemas.Part // the files of all runs; none where there is a database
	version string         // for pages to ask whether there is a newer one
}

func (m mark) equal(other mark) bool {
	if (m.file == nil) != (other.file == nil) || m.version != other.version {
		return false
	}
	return m.file == nil || os.SameFile(m.file, other.file)
}

// look says in which state a store is. The error is an fs.ErrNotExist where no
// run has made tables yet.
func look(dir store.Dir) (mark, error) {
	info, err := os.Lstat(dir.DuckDB())
	if err == nil {
		return mark{file: info, version: fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return mark{}, err
	}
	return lookAtFiles(dir)
}

// lookAtFiles is look where no database is: the runs whose files were kept.
func lookAtFiles(dir store.Dir) (mark, error) {
	ids, err := dir.Runs()
	if err != nil {
		return mark{}, err
	}
	var m mark
	var runs []store.Manifest
	for _, id := range ids {
		manifest, err := dir.Manifest(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // not at its end
		}
		if err != nil {
			return mark{}, err
		}
		if manifest.LoadsTo(store.ParquetFiles) {
			runs = append(runs, manifest)
		}
	}
	where, err := store.ReadWhere(dir)
	if err != nil {
		return mark{}, err
	}
	for _, part := range where.Files(runs) {
		m.parts = append(m.parts, part)
		m.version = fmt.Sprintf("%d-%.12s", len(m.parts), part.SHA256)
	}
	if len(m.parts) == 0 {
		return mark{}, fmt.Errorf("store %s: no run has made tables in it: %w", dir, fs.ErrNotExist)
	}
	return m, nil
}
