package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// BusyError is a store that another run is writing.
type BusyError struct{ Store, Owner string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("store %s is in use by %s: wait for it to end, or choose another --store", e.Store, e.Owner)
}

// Lock makes this process the only one that writes the store. The system
// releases the lock of a process that dies.
func (s Store) Lock() (unlock func(), err error) {
	if err := os.MkdirAll(string(s), 0o755); err != nil {
		return nil, fmt.Errorf("store %s: %w: name a folder that this user may read and write", s, durable.Cause(err))
	}
	path := filepath.Join(string(s), "lock")
	lock := flock.New(path)
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", s, err)
	}
	if !ok {
		owner, _ := os.ReadFile(path) // only for the message
		if text := strings.TrimSpace(string(owner)); text != "" {
			return nil, &BusyError{string(s), text}
		}
		return nil, &BusyError{string(s), "another run"}
	}
	host, _ := os.Hostname() // only for the message
	owner := fmt.Sprintf("process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	if err := os.WriteFile(path, []byte(owner), 0o644); err != nil {
		_ = lock.Unlock()
		return nil, fmt.Errorf("store %s: %w", s, err)
	}
	return func() { _ = lock.Unlock() }, nil
}
