package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// nextLatest is the name of the folder that is about to take the place of Dir.Latest.
const nextLatest = "_latest"

// NextLatest makes the folder that ReplaceLatest puts in the place of Dir.Latest.
func NextLatest(l *Locked) (string, error) {
	next, err := filepath.Abs(l.File(nextLatest))
	if err == nil {
		err = os.RemoveAll(next)
	}
	if err == nil {
		err = os.Mkdir(next, 0o777)
	}
	return next, err
}

// ReplaceLatest puts what is in NextLatest in the place of Dir.Latest, in one step where the
// system can exchange two folders.
func ReplaceLatest(l *Locked, step durable.Step) error {
	next, of := l.File(nextLatest), l.Latest()
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
