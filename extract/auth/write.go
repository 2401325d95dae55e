package auth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

const (
	lockPoll = 5 * time.Millisecond
	lockWait = time.Minute // longer than any refresh
)

// lock makes the caller the only writer of the file, in all processes, and
// finishes what a process left that died as its writer. The system releases the
// lock of a dead process. The lock file stays: removing it would let two
// processes lock two files of one name.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lockWait, fmt.Errorf("token file %s is in use by another process for more than %s", s.path, lockWait))
	defer cancel()
	select {
	case s.gate <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		<-s.gate
		return nil, fmt.Errorf("token file: %w", err)
	}
	lock := s.path + ".lock"
	if info, err := os.Lstat(lock); err == nil && !info.Mode().IsRegular() {
		<-s.gate
		return nil, &FileError{Path: lock, Problem: "is no file", Next: "look who put it there, and remove it"}
	}
	held := flock.New(lock, flock.SetPermissions(0o600), flock.SetFlag(os.O_RDONLY|os.O_CREATE|noFollow))
	if _, err := held.TryLockContext(ctx, lockPoll); err != nil {
		<-s.gate
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("token file: %w", err)
	}
	unlock = func() {
		_ = held.Unlock()
		<-s.gate
	}
	if err := s.adopt(); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// temporary is the next file while it is written. It has one name, so that the
// next process finds what a dead one left; where that name is taken by what is not
// ours, it goes on with a dash.
func (s *Store) temporary() string { return s.path + ".new" }

// adopt takes over a file that was written but not renamed: it can hold a pair
// whose predecessor is spent. Half a file is no JSON and goes; what others put
// there stays. It needs the lock.
func (s *Store) adopt() error {
	for _, path := range leftovers(s.temporary()) {
		_, err := readOurs(path)
		var e *FileError
		switch {
		case err == nil:
			err = durable.Options{}.Publish(path, s.path)
		case errors.As(err, &e) && e.damaged:
			err = os.Remove(path)
		case errors.As(err, &e):
			err = nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("token file: %w", err)
		}
	}
	return nil
}

// write replaces the file by another, whole and synced. It needs the lock.
func (s *Store) write(f file, step durable.Step, what string) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("token file %s: %w", s.path, err)
	}
	o := durable.Options{Mode: 0o600, Temporary: s.temporary(), Step: step, Name: what}
	if _, taken := os.Lstat(o.Temporary); taken == nil { // not by us, see adopt
		o.Temporary += "-" + rand.Text()
	}
	if err = durable.WriteFile(s.path, append(text, '\n'), o); err != nil {
		return fmt.Errorf("token file %w", err)
	}
	return nil
}

// change reads the file, lets do alter it, and writes it, all under the lock.
func (s *Store) change(ctx context.Context, what string, step durable.Step, do func(file) error) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := s.read()
	if err != nil {
		return err
	}
	if err := do(f); err != nil {
		return err
	}
	return s.write(f, step, what)
}
