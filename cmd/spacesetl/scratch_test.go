package main

import (
	stdflag "flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// scratchName is what the folders of test processes are called.
const scratchName = "spacesetl-test-*"

// scratch is a folder for all temporary files of this process, below another.
// A process that is killed leaves its own behind: the next one that comes by
// removes it, as nobody holds its lock.
func scratch(below string) (dir string, remove func()) {
	left, _ := filepath.Glob(filepath.Join(below, scratchName)) // the pattern is good
	for _, old := range left {
		lock := flock.New(filepath.Join(old, "lock"))
		if info, err := os.Stat(old); err != nil || time.Since(info.ModTime()) < time.Minute {
			continue // it may be about to take its lock
		}
		if free, err := lock.TryLock(); err == nil && free {
			_ = os.RemoveAll(old) // only takes space
		}
		_ = lock.Close()
	}
	dir, err := os.MkdirTemp(below, scratchName)
	if err != nil {
		return below, func() {}
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	_, _ = lock.TryLock() // nobody else knows the name
	remove = func() {
		_ = lock.Close()
		_ = os.RemoveAll(dir)
	}
	stdflag.Parse()
	if timeout := stdflag.Lookup("test.timeout").Value.(stdflag.Getter).Get().(time.Duration); timeout > time.Minute {
		time.AfterFunc(timeout-time.Second, remove) // then the process dies on the spot
	}
	return dir, remove
}

// inMemory runs tests with their temporary files in memory where there is room:
// killing a process loses nothing that was written, on whatever disk, and
// syncing is slow.
type inMemory struct {
	*testing.M
	after func()
}

func (m inMemory) Run() int {
	defer m.after()
	if free, err := freeBytes("/dev/shm"); err == nil && free > 2<<30 {
		dir, remove := scratch("/dev/shm")
		defer remove()
		_ = os.Setenv("TMPDIR", dir)
	}
	return m.M.Run()
}
