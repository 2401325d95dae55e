//go:build unix

package box

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// sink is what DuckDB writes a file to: a pipe, by the number of its end, which stays the
// same, as DuckDB is told once what it may write to.
type sink struct{ end int }

func newSink(string) (sink, error) {
	none, err := unix.Open(os.DevNull, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	return sink{none}, err
}

func (s sink) path() string { return fmt.Sprint("/dev/fd/", s.end) }

// through has a file written, and what is written handed on meanwhile.
func (s sink) through(write func() error, to func([]byte)) error {
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer out.Close()
	err = s.becomes(in)
	if err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { defer close(done); read(out, to) }()
	err = write()
	none, opening := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if opening != nil {
		return opening
	}
	if err := s.becomes(none); err != nil { // which ends the pipe
		return err
	}
	<-done
	return err
}

// becomes gives another file the number of the end.
func (s sink) becomes(file *os.File) error {
	defer file.Close()
	return unix.Dup2(int(file.Fd()), s.end)
}
