package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Table is a folder that is about to take the place of that of a table, with what
// that has, less some files, and with others.
type Table struct {
	Dir     string // it
	of      string // that of the table
	without map[string]bool
}

// newTables are what the folders of tables that are made anew begin with. Nothing but
// ours begins like that, and what is left of one is in the table's folder, too.
const newTables = "_table-"

// NewTable makes the new folder of a table. Its files are written into it, then Fill
// and Replace are called.
func NewTable(l *Locked, name string) (*Table, error) {
	if err := errors.Join(putBack(l), Note(l, 2)); err != nil {
		return nil, err
	}
	t := &Table{Dir: filepath.Join(l.Parquet(), newTables+name), of: filepath.Join(l.Parquet(), name), without: map[string]bool{}}
	if err := os.RemoveAll(t.Dir); err != nil {
		return nil, err
	}
	return t, os.Mkdir(t.Dir, 0o777)
}

// Without leaves out a file that a part has for its path.
func (t *Table) Without(path string) {
	_, rest, _ := strings.Cut(path, "/")
	t.without[filepath.FromSlash(rest)] = true
}

// Fill links what else the table's folder has, somebody else's files, too, but for a
// file without rows, since a map is one.
func (t *Table) Fill() error {
	return filepath.WalkDir(t.of, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(t.of, name)
		if err != nil || e.IsDir() || t.without[rest] || IsMap(filepath.ToSlash(rest)) || isEmpty(filepath.ToSlash(rest)) {
			return err // folders are made with their first file
		}
		to := filepath.Join(t.Dir, rest)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		return os.Link(name, to)
	})
}

// Replace puts the new folder in the place of the table's, and its map with it, made of
// a Parquet file of the table without rows, where the partition has it: where the system
// can exchange two folders, in one step. Elsewhere a reader may see no table for a
// moment, never a part of it.
func (t *Table) Replace(m Map, p schemas.Partition, noRows []byte, step durable.Step) error {
	text, err := m.Text(noRows)
	if err != nil {
		return err
	}
	file := filepath.Join(t.Dir, filepath.FromSlash(MapFile(p)))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	if err := durable.WriteFile(file, text, durable.Options{}); err != nil {
		return err
	}
	err = filepath.WalkDir(t.Dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = durable.SyncDir(name)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := step.At("table: before exchange", t.of); err != nil {
		return err
	}
	if err := durable.Exchange(t.Dir, t.of); err != nil {
		return fmt.Errorf("%s: its new files cannot be put in place of the old: %w", t.of, durable.Cause(err))
	}
	if err := step.At("table: exchanged", t.of); err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(filepath.Dir(t.of)), t.Close())
}

// Close removes what is not the table's folder: before Replace the new one, after it
// the old one.
func (t *Table) Close() error { return os.RemoveAll(t.Dir) }

// NextLatest is the name of the folder that is about to take the place of Dir.Latest.
const NextLatest = "_latest"

// ReplaceLatest puts it there, in one step where the system can exchange two folders.
func ReplaceLatest(l *Locked) error {
	err := durable.Exchange(l.File(NextLatest), l.Latest())
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Rename(l.File(NextLatest), l.Latest())
	}
	return err
}

// putBack gives tables their folders again that a process that died in between has put
// aside.
func putBack(l *Locked) error {
	names, err := filepath.Glob(filepath.Join(globEscape(l.Parquet()), newTables+"*"+durable.AsideEnd))
	for _, name := range names {
		table := filepath.Join(l.Parquet(), strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), newTables), durable.AsideEnd))
		if _, missing := os.Lstat(table); errors.Is(missing, fs.ErrNotExist) {
			err = errors.Join(err, os.Rename(name, table))
		}
	}
	return err
}

// CheckPart compares a file with what a manifest lists. One of another size is not
// read.
func CheckPart(name string, part schemas.Part) error {
	info, err := os.Lstat(name)
	if err == nil && info.Mode().IsRegular() && info.Size() != part.Bytes {
		return fmt.Errorf("%s: is not the file the manifest lists (%d bytes; listed %d)", name, info.Size(), part.Bytes)
	}
	sum, bytes, err := durable.FileSum(name)
	if err == nil && (bytes != part.Bytes || sum != part.SHA256) {
		err = fmt.Errorf("%s: is not the file the manifest lists (%d bytes, SHA-256 %.12s…; listed %d, %.12s…)", name, bytes, sum, part.Bytes, part.SHA256)
	}
	return err
}
