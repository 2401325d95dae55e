// Package latest keeps the rows of a store's database as one Parquet file a table, for
// those who load by replacing what they have.
package latest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// file says what the folder has. It is written last, and replaced with the files.
const file = "_latest.json"

// Files are the files of one state of the database.
type Files struct {
	RunID    string         `json:"run_id"`  // the newest run that the rows are made of
	Content  string         `json:"content"` // a checksum of all those runs and their contents
	Files    []schemas.Part `json:"files"`   // paths are relative to the folder
	Checksum string         `json:"checksum"`
}

// Read returns what the folder of a store has. The error is an fs.ErrNotExist where
// there is none.
func Read(d store.Dir) (f Files, err error) {
	name := filepath.Join(d.Latest(), file)
	var corrupt *store.CorruptError
	switch err := store.ReadJSON(name, &f); {
	case errors.As(err, &corrupt):
		return f, fmt.Errorf("%s is damaged: %w", name, corrupt.Err)
	case err != nil:
		return f, err
	}
	sum := f.Checksum
	if f.seal(); f.Checksum != sum {
		return f, fmt.Errorf("%s is damaged: it is not what was written", name)
	}
	for _, part := range f.Files {
		if schemas.Lookup(part.Table) == nil || part.Path != part.Table+".parquet" {
			return f, fmt.Errorf("%s is damaged: it lists %.100q", name, part.Path)
		}
	}
	return f, nil
}

func (f *Files) seal() {
	f.Checksum = ""
	f.Checksum = store.Checksum(f)
}

// Of reports whether the files have the rows that a database has of these runs.
func (f *Files) Of(runs map[string]string) bool { return f.Content == contentOf(runs) }

func contentOf(runs map[string]string) string { return store.Checksum(runs) }

// Make replaces the files of a store with those of its database, unless they are its
// rows. Readers see the old files or the new ones.
func Make(ctx context.Context, l *store.Locked, db *duckdb.Database, step durable.Step) error {
	has, err := db.Inspect(ctx)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(has.Runs) == 0 {
		return nil // no run has come to its end
	}
	if err != nil {
		return err
	}
	if f, err := Read(l.Dir); err == nil && f.Of(has.Runs) && whole(l.Dir, f) {
		return nil
	}
	next, err := filepath.Abs(l.File(store.NextLatest))
	if err == nil {
		err = os.RemoveAll(next)
	}
	if err == nil {
		err = os.Mkdir(next, 0o777)
	}
	if err != nil {
		return err
	}
	defer os.RemoveAll(next) // only takes space
	parts, runs, err := duckdb.Export(ctx, db, next)
	if err != nil {
		return err
	}
	for i := range parts {
		name := filepath.Join(next, parts[i].Path)
		if parts[i].SHA256, parts[i].Bytes, err = durable.FileSum(name); err == nil {
			err = durable.SyncFile(name)
		}
		if err != nil {
			return err
		}
	}
	f := Files{RunID: slices.Max(slices.Collect(maps.Keys(runs))), Content: contentOf(runs), Files: parts}
	f.seal()
	if err := store.WriteJSON(filepath.Join(next, file), f, nil); err != nil {
		return err
	}
	if err := errors.Join(durable.SyncDir(next), step.At("latest: before exchange", l.Latest())); err != nil {
		return err
	}
	if err := store.ReplaceLatest(l); err != nil {
		return err
	}
	return durable.SyncDir(string(l.Dir))
}

// Behind says what is wrong with the files, of a database that has these runs; nothing
// where they are not kept.
func Behind(d store.Dir, runs map[string]string) string {
	switch f, err := Read(d); {
	case errors.Is(err, fs.ErrNotExist) || runs == nil:
		return ""
	case err != nil:
		return err.Error()
	case !f.Of(runs):
		return fmt.Sprintf("the files of %s have not the rows of the database: they were made when %s was the newest of its runs", d.Latest(), f.RunID)
	case !whole(d, f):
		return fmt.Sprintf("files of %s are missing, or not what was written", d.Latest())
	}
	return ""
}

// whole reports whether the files are there, by their sizes.
func whole(d store.Dir, f Files) bool {
	return !slices.ContainsFunc(f.Files, func(part schemas.Part) bool {
		info, err := os.Lstat(filepath.Join(d.Latest(), part.Path))
		return err != nil || !info.Mode().IsRegular() || info.Size() != part.Bytes
	})
}

// Check compares the files with what is said of them, and their rows with the hashes of
// the database's tables where the files are of its runs. It returns how many tables were
// compared, and what is wrong.
func Check(ctx context.Context, d store.Dir, runs map[string]string, hashes map[string]duckdb.TableHash) (tables int, wrong []error) {
	f, err := Read(d)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, []error{err}
	}
	for _, part := range f.Files {
		if err := store.CheckPart(filepath.Join(d.Latest(), part.Path), part); err != nil {
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 || hashes == nil || !f.Of(runs) {
		return 0, wrong
	}
	got, err := duckdb.HashParts(ctx, f.Files, d.Latest())
	if err != nil {
		return 0, []error{err}
	}
	for table, hash := range got {
		if hash != hashes[table] {
			wrong = append(wrong, fmt.Errorf("%s: it has %d rows with hash %s, the database %d with %s",
				filepath.Join(d.Latest(), table+".parquet"), hash.Rows, hash.Hash, hashes[table].Rows, hashes[table].Hash))
		}
	}
	return len(got), wrong
}
