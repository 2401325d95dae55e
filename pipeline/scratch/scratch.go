// Package scratch is for tests: it keeps the temporary files of a test process
// in a folder that goes with the process, also when that runs out of time or is
// killed, which t.TempDir does not outlive.
package scratch

import (
	"flag"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// pattern is what the folders of test processes are called.
const pattern = "spacesetl-test-*"

// Main runs tests with a folder of their own for temporary files: what TestMain
// ends the process with.
func Main(m interface{ Run() int }) int {
	defer Use(os.TempDir())()
	return m.Run()
}

// Use makes a new folder below another the one for temporary files, and returns
// what removes it. It is removed a second before the tests' time is over, too.
// What a process left that was killed, the next one that comes by removes.
func Use(below string) (remove func()) {
	sweep(below)
	dir, err := os.MkdirTemp(below, pattern)
	if err != nil {
		return func() {}
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	_, _ = lock.TryLock() // nobody else knows the name
	before, was := os.LookupEnv("TMPDIR")
	_ = os.Setenv("TMPDIR", dir)
	remove = func() {
		_ = lock.Close()
		_ = os.RemoveAll(dir)
		if was {
			_ = os.Setenv("TMPDIR", before)
		} else {
			_ = os.Unsetenv("TMPDIR")
		}
	}
	flag.Parse()
	if f := flag.Lookup("test.timeout"); f != nil {
		if timeout, ok := f.Value.(flag.Getter).Get().(time.Duration); ok && timeout > time.Minute {
			time.AfterFunc(timeout-time.Second, remove) // then the process dies on the spot
		}
	}
	return remove
}

// sweep removes the folders that nobody holds any more.
func sweep(below string) {
	left, _ := filepath.Glob(filepath.Join(below, pattern)) // the pattern is good
	for _, old := range left {
		if info, err := os.Stat(old); err != nil || time.Since(info.ModTime()) < time.Minute {
			continue // it may be about to take its lock
		}
		lock := flock.New(filepath.Join(old, "lock"))
		if free, err := lock.TryLock(); err == nil && free {
			_ = os.RemoveAll(old) // only takes space
		}
		_ = lock.Close()
	}
}
