// Package durable writes files that a crash leaves whole or not there at all.
// It imports nothing of ours, so that every stage can write this way.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
)

// Step is called before and after what a crash can come between, by name and
// with the file; an error of it is that step's error. Tests crash and fill
// disks with it; it is nil otherwise.
type Step func(name, file string) error

// At takes the step, if there is one to take.
func (s Step) At(name, file string) error {
	if s == nil {
		return nil
	}
	return s(name, file)
}

// Options say how a file is written. The zero value works.
type Options struct {
	// Mode is what the file may be used for, less the umask; 0 is 0666.
	Mode fs.FileMode
	// Temporary is where it lies until it is whole; empty is a name of its own
	// beside it, beginning with _.
	Temporary string
	// Keep leaves a file that is there as it is: the error is an fs.ErrExist.
	Keep bool
	// Step is taken as "<Name>: written", "<Name>: before rename" and
	// "<Name>: renamed".
	Step Step
	Name string
}

// WriteFile writes a file that appears whole: beside it, synced, then renamed.
// The error names the file. A failure before the rename leaves what was there
// before; after it the file is the new one, which may not outlive a power cut.
func WriteFile(path string, text []byte, o Options) error {
	return Write(path, o, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Write is WriteFile of what a function writes.
func Write(path string, o Options, what func(io.Writer) error) error {
	if err := o.write(path, what); err != nil {
		return fmt.Errorf("%s: %w", path, Cause(err))
	}
	return nil
}

func (o Options) write(path string, what func(io.Writer) error) error {
	if o.Mode == 0 {
		o.Mode = 0o666
	}
	file, err := o.create(path)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // gone already when all went well
	if err := errors.Join(what(file), file.Close()); err != nil {
		return err
	}
	if err := o.Step.At(o.Name+": written", path); err != nil {
		return err
	}
	return o.Publish(file.Name(), path)
}

// create makes the temporary file. os.CreateTemp has modes of its own; here the
// umask of the process decides.
func (o Options) create(path string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if o.Temporary != "" {
		return os.OpenFile(o.Temporary, flags, o.Mode)
	}
	for {
		name := fmt.Sprintf("_%s-%d", filepath.Base(path), rand.Uint64())
		file, err := os.OpenFile(filepath.Join(filepath.Dir(path), name), flags, o.Mode)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// Publish syncs a temporary file and gives it its name. With Keep it may stay
// where it was, too: the caller removes it.
func (o Options) Publish(temporary, path string) error {
	if err := SyncFile(temporary); err != nil {
		return err
	}
	if err := o.Step.At(o.Name+": before rename", path); err != nil {
		return err
	}
	if err := o.rename(temporary, path); err != nil {
		return err
	}
	return errors.Join(o.Step.At(o.Name+": renamed", path), SyncDir(filepath.Dir(path)))
}

func (o Options) rename(temporary, path string) error {
	if !o.Keep {
		return os.Rename(temporary, path)
	}
	// A link fails where a rename would replace what another has just written.
	// Not every file system has links.
	err := os.Link(temporary, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	return os.Rename(temporary, path)
}

// SyncFile makes what was written to a file last.
func SyncFile(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// SyncDir makes the names in a folder last: without it a rename may be gone
// after a crash. Windows has no way to do it, and no need.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Cause is what is wrong with a file, without its path: what a *fs.PathError or
// an *os.LinkError wraps, alone or among joined errors. Others stay as they are.
func Cause(err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		return e.Err
	case *os.LinkError:
		return e.Err
	case interface{ Unwrap() []error }:
		var all []error
		for _, part := range e.Unwrap() {
			all = append(all, Cause(part))
		}
		return errors.Join(all...)
	}
	return err
}
