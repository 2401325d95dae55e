package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Latest is the folder of the database's rows as one Parquet file a table.
func (d Dir) Latest() string { return filepath.Join(string(d), "latest") }

// nextLatest is the folder that is about to take its place.
func (d Dir) nextLatest() string { return filepath.Join(string(d), "_latest") }

// NextLatest makes the folder that ReplaceLatest puts in the place of Latest.
func (l *Locked) NextLatest() (string, error) {
	next, err := filepath.Abs(l.nextLatest())
	if err == nil {
		err = os.RemoveAll(next)
	}
	if err == nil {
		err = os.Mkdir(next, 0o777)
	}
	return next, err
}

// ReplaceLatest puts what is in NextLatest in the place of Latest, in one step where the
// system can exchange two folders.
func (l *Locked) ReplaceLatest(step durable.Step) error {
	next, of := l.nextLatest(), l.Latest()
	if err := errors.Join(durable.SyncDir(next), step.At("latest: before exchange", of)); err != nil {
		return err
	}
	err := exchange(next, of)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Rename(next, of)
	}
	if err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(filepath.Dir(of)), os.RemoveAll(next))
}
