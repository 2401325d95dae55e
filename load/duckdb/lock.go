package duckdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// lockDatabase makes this process the only one that publishes to a database,
// until unlockDatabase or its death. It returns a *LockedError when another is.
// Two that copied the same database would each rename over the other's rows.
func lockDatabase(path string) (*flock.Flock, error) {
	name := beside(path, "lock")
	if err := durable.Regular(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, durable.Cause(err)) // the lock waits for a pipe, and writes where a link leads
	}
	for {
		// Whoever may publish to the database must be able to see who does.
		lock := flock.New(name, flock.SetPermissions(0o666))
		ok, err := lock.TryLock()
		if err != nil {
			return nil, err
		}
		if !ok {
			holder, _ := durable.ReadFile(name, 4<<10) // only for the message
			return nil, &LockedError{Path: path, Holder: strings.TrimSpace(string(holder))}
		}
		mine, err := lock.Stat()
		if err != nil {
			_ = lock.Unlock()
			return nil, err
		}
		// The owner before may have removed the file between open and lock:
		// then the next one locks another file of the name.
		if current, err := os.Stat(name); err == nil && os.SameFile(mine, current) {
			owner := fmt.Sprintf("%s (PID %d)\n", os.Args[0], os.Getpid())
			_ = os.WriteFile(name, []byte(owner), 0o666) // only for the message
			return lock, nil
		}
		_ = lock.Unlock()
	}
}

// unlockDatabase removes the lock, while it is still held.
func unlockDatabase(lock *flock.Flock) {
	if lock != nil {
		_ = os.Remove(lock.Path())
		_ = lock.Unlock()
	}
}
