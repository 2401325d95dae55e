// Package scratch keeps temporary files in folders that go with their process.
// What a process that is killed cannot remove, the next one that comes by does:
// a folder holds a lock, which the system releases.
package scratch

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
)

// Folder is a folder for the temporary files of this process, which no other user
// can enter.
type Folder struct {
	Path string
	lock *flock.Flock
}

// A folder is held by who has locked the one file in it, and is begun when the
// other is there, too.
const (
	lockFile = "lock"
	begun    = "begun"
)

// ours are the names of folders, for whatever they are made.
var ours = regexp.MustCompile(`^spacesetl-(browse|query|verify|test)-[0-9]+$`)

// New makes a folder below another one for browse, query, verify or test.
func New(below, what string) (*Folder, error) {
	dir, err := os.MkdirTemp(below, "spacesetl-"+what+"-*")
	if err != nil {
		return nil, err
	}
	f := &Folder{Path: dir, lock: flock.New(filepath.Join(dir, lockFile))}
	_ = f.lock.Lock() // at once, or when a sweep has looked at it; without locks nobody sweeps
	if err := os.WriteFile(filepath.Join(dir, begun), nil, 0o600); err != nil {
		_ = f.Remove()
		return nil, err
	}
	return f, nil
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error {
	_ = f.lock.Close()
	return os.RemoveAll(f.Path)
}

// Sweep removes the folders below another that this user's dead processes left.
// Those of others, of the living, and links it does not touch. What cannot be
// removed only takes space.
func Sweep(below string) {
	dir, err := os.Open(below)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if ours.MatchString(name) {
			sweep(filepath.Join(below, name))
		}
	}
}

// making is how long a process may take from a folder's name to its lock.
const making = time.Minute

func sweep(path string) {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || !own(info) {
		return
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return
	}
	defer root.Close()
	if opened, err := root.Stat("."); err != nil || !os.SameFile(info, opened) {
		return // a link by now
	}
	old := time.Since(info.ModTime()) > making
	held, err := root.Lstat(lockFile)
	if err != nil {
		if old {
			_ = os.Remove(path) // if it is empty: its maker died before the lock, or knows none
		}
		return
	}
	if _, err := root.Lstat(begun); !held.Mode().IsRegular() || err != nil && !old {
		return
	}
	lock := flock.New(filepath.Join(path, lockFile), flock.SetFlag(os.O_RDWR))
	if free, err := lock.TryLock(); err == nil && free {
		empty(root)
		_ = lock.Close()
		_ = root.Remove(lockFile)
		_ = os.Remove(path)
	}
	_ = lock.Close()
}

// empty removes all but the two files first, then that which says that there was
// something: a process that dies meanwhile leaves what the next one goes on with.
func empty(root *os.Root) {
	entries, _ := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		if e.Name() != lockFile && e.Name() != begun {
			_ = root.RemoveAll(e.Name())
		}
	}
	_ = root.Remove(begun)
}
