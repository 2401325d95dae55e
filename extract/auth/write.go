package auth

import (
	"context"
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
	held := flock.New(s.path+".lock", flock.SetPermissions(0o600))
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
// next process finds what a dead one left.
func (s *Store) temporary() string { return s.path + ".new" }

// adopt takes over a file that was written but not renamed: it can hold a pair
// whose predecessor is spent. Half a file is no JSON and goes. It needs the lock.
func (s *Store) adopt() error {
	_, err := readFile(s.temporary())
	var damaged *FileError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.As(err, &damaged):
		err = os.Remove(s.temporary())
	case err == nil:
		err = durable.Options{}.Publish(s.temporary(), s.path)
	}
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	return nil
}

// write replaces the file by another, whole and synced. It needs the lock.
func (s *Store) write(f file, step durable.Step, what string) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("token file %s: %w", s.path, err)
	}
	err = durable.WriteFile(s.path, append(text, '\n'), durable.Options{Mode: 0o600, Temporary: s.temporary(), Step: step, Name: what})
	if err != nil {
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
