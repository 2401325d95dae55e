// Package keep copies a store while a run may be at work in it, and makes a store of
// such a copy again.
package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// indexName is the file of a backup that lists the others. It is written last: what it
// does not list is no part of the backup.
const indexName = "backup.json"

// indexFormat is what this version writes; another one is not read.
const indexFormat = 1

// Index lists what a backup has.
type Index struct {
	Format int       `json:"format"`
	Store  string    `json:"store"` // that was copied
	At     time.Time `json:"at"`    // when the copy was whole
	Files  []Entry   `json:"files"` // by path
	// Left is what the backup does without, and Problems is what was wrong with the
	// store, and is so in the copy.
	Left     []string `json:"left,omitempty"`
	Problems []string `json:"problems,omitempty"`
	Checksum string   `json:"checksum,omitempty"`
}

// Entry is one file of a backup.
type Entry struct {
	Path   string `json:"path"` // below the store, with slashes
	Bytes  int64  `json:"bytes"`
	Time   int64  `json:"time"` // when it was written, in nanoseconds since 1970
	SHA256 string `json:"sha256"`
}

// same reports whether two entries are of one state of a file, as far as its size and
// time tell.
func (e Entry) same(other Entry) bool {
	return e.Path == other.Path && e.Bytes == other.Bytes && e.Time == other.Time
}

// NoBackupError is a folder or file that is no backup, or none that is whole.
type NoBackupError struct{ Path, Why string }

func (e *NoBackupError) Error() string { return e.Path + " is no whole backup: " + e.Why }

// readIndex reads the index of a backup.
func readIndex(path string) (*Index, error) {
	var x Index
	summed, err := store.ReadSummed(path, &x)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil || !summed:
		return nil, &NoBackupError{path, "it is not what was written"}
	}
	return &x, x.check(path)
}

// check says what of an index cannot be one of ours: it may be from anybody.
func (x *Index) check(path string) error {
	if x.Format != indexFormat {
		return &NoBackupError{path, fmt.Sprintf("it has format %d; this version knows %d", x.Format, indexFormat)}
	}
	last := ""
	for _, e := range x.Files {
		if !store.Owns(e.Path) || e.Path <= last || e.Bytes < 0 {
			return &NoBackupError{path, fmt.Sprintf("it lists %.200q, which is no file of a store, or not in order", e.Path)}
		}
		last = e.Path
	}
	return nil
}
