package browse

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/spacesetl/spacesetl/pipeline/health"
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
	if m.parts, err = health.ReadNotes(dir).Parts(dir, ids); err != nil {
		return mark{}, err
	}
	if len(m.parts) == 0 {
		return mark{}, fmt.Errorf("store %s: no run has made tables in it: %w", dir, fs.ErrNotExist)
	}
	sum := crc32.NewIEEE()
	for _, part := range m.parts {
		_, _ = io.WriteString(sum, part.Path+" "+strconv.FormatInt(part.Bytes, 10)+"\n")
	}
	m.version = fmt.Sprintf("%d-%x", len(m.parts), sum.Sum32())
	return m, nil
}
