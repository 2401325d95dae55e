package keep

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// nextName is the folder of a backup in which the next one is made. Once that has an
// index it is the backup, with what it does not have of the files before: a process
// that dies leaves the backup before or this one, whole.
const nextName = "_next"

// lockName is locked by whoever writes the backup.
const lockName = "_lock"

// folder is a backup in a folder.
type folder struct {
	dir  string
	old  *Index // nil of a new one
	step durable.Step
	lock *flock.Flock
}

// openFolder makes a folder ready for the next backup.
func openFolder(dir string, step durable.Step) (*folder, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	ours := func(e fs.DirEntry) bool { return slices.Contains([]string{indexName, nextName, lockName}, e.Name()) }
	if len(entries) > 0 && !slices.ContainsFunc(entries, ours) {
		return nil, &NoBackupError{dir, "it has other files: name a new folder"}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	f := &folder{dir: dir, step: step, lock: flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o666))}
	if err := durable.Regular(f.lock.Path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if mine, err := f.lock.TryLock(); err != nil || !mine {
		return nil, errors.Join(err, &store.BusyError{Store: dir, Owner: "another backup"})
	}
	err = f.promote()
	if err == nil {
		err = os.MkdirAll(f.path(nextName), 0o777)
	}
	if err == nil {
		f.old, err = readIndex(f.path(indexName))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f *folder) next(name string) string { return f.path(nextName + "/" + name) }

func (f *folder) earlier() []Entry {
	if f.old == nil {
		return nil
	}
	return f.old.Files
}

func (f *folder) older(name string) (e Entry, path string, ok bool) {
	files := f.earlier()
	i, found := slices.BinarySearchFunc(files, name, func(e Entry, name string) int { return strings.Compare(e.Path, name) })
	if !found {
		return e, "", false
	}
	info, err := os.Lstat(f.path(name))
	return files[i], f.path(name), err == nil && info.Mode().IsRegular() && info.Size() == files[i].Bytes
}

// have takes a file by its size and time for the one that is there, of the backup
// before or of one that was not finished.
func (f *folder) have(e Entry) (Entry, bool) {
	if old, _, ok := f.older(e.Path); ok && old.same(e) {
		return old, true
	}
	info, err := os.Lstat(f.next(e.Path))
	if err != nil || !info.Mode().IsRegular() || info.Size() != e.Bytes || info.ModTime().UnixNano() != e.Time {
		return e, false
	}
	e.SHA256, _, err = durable.FileSum(f.next(e.Path))
	return e, err == nil
}

func (f *folder) put(e Entry, from io.Reader) error { return write(f.next(e.Path), e, from) }

// write writes a file of a copy. It has its time when it is whole, and on disk.
func write(name string, e Entry, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := durable.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	at := time.Unix(0, e.Time)
	return os.Chtimes(name, at, at)
}

func (f *folder) drop(name string) { _ = os.Remove(f.next(name)) } // what is left the index does not list

func (f *folder) finish(x *Index) error {
	if err := syncFolders(f.path(nextName)); err != nil {
		return err
	}
	if err := store.WriteJSON(f.next(indexName), x, f.step); err != nil {
		return err
	}
	return f.promote()
}

// promote puts a backup that has an index in the place of the one before. Each step can
// be the last: the next time it goes on.
func (f *folder) promote() error {
	x, err := readIndex(f.next(indexName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, e := range x.Files {
		listed[e.Path] = true
		if err := os.MkdirAll(filepath.Dir(f.path(e.Path)), 0o777); err != nil {
			return err
		}
		err := os.Rename(f.next(e.Path), f.path(e.Path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err == nil {
			if err := f.step.At("backup: renamed", e.Path); err != nil {
				return err
			}
		}
	}
	old, err := readIndex(f.path(indexName))
	if err == nil {
		for _, e := range old.Files {
			if listed[e.Path] {
				continue
			}
			if err := os.Remove(f.path(e.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			_ = os.Remove(filepath.Dir(f.path(e.Path))) // of a run that is in a bundle now
		}
	}
	if err := syncFolders(f.dir); err != nil {
		return err
	}
	if err := os.Rename(f.next(indexName), f.path(indexName)); err != nil {
		return err
	}
	if err := f.step.At("backup: index renamed", f.dir); err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(f.dir), os.RemoveAll(f.path(nextName)))
}

func (f *folder) close() error { return f.lock.Unlock() }

// syncFolders makes the names in a folder last, and those in the folders of it.
func syncFolders(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			err = durable.SyncDir(name)
		}
		return err
	})
}

// source reads a backup in a folder, and changes nothing of it.
type source struct {
	*folder
	x    *Index
	next bool // the backup is the next one, which has not taken the place of the one before wholly
}

func readFolder(dir string) (*source, error) {
	f := &folder{dir: dir}
	x, err := readIndex(f.next(indexName))
	next := err == nil
	if errors.Is(err, fs.ErrNotExist) {
		x, err = readIndex(f.path(indexName))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = &NoBackupError{dir, fmt.Sprintf("it has no %s, which is written last: a backup that was not finished is finished by making it again", indexName)}
	}
	return &source{f, x, next}, err
}

// open opens a file of the backup.
func (s *source) open(e Entry) (*os.File, error) {
	if s.next {
		if file, err := durable.Open(s.folder.next(e.Path)); !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return durable.Open(s.path(e.Path))
}

// apart refuses a store and a backup of which one lies in the other.
func apart(store, backup string) error {
	a, errA := resolved(store)
	b, errB := resolved(backup)
	if err := errors.Join(errA, errB); err != nil {
		return err
	}
	within := func(a, b string) bool {
		rest, err := filepath.Rel(b, a)
		return err == nil && filepath.IsLocal(rest)
	}
	if within(a, b) || within(b, a) {
		return fmt.Errorf("%s and %s lie in each other: name a folder elsewhere", store, backup)
	}
	return nil
}

// resolved is a path without links, as far as it is there.
func resolved(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		parent, err := resolved(filepath.Dir(path))
		return filepath.Join(parent, filepath.Base(path)), err
	}
	return real, err
}
