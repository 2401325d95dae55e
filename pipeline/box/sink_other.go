//go:build !unix

package box

import (
	"os"
	"path/filepath"
)

// sink is what DuckDB writes a file to: one in a folder of its own, which is sent when it
// is whole.
type sink struct{ dir string }

func newSink(scratch string) (sink, error) {
	dir, err := os.MkdirTemp(scratch, "spacesetl-query-*")
	return sink{dir}, err
}

func (s sink) path() string { return filepath.Join(s.dir, "result") }

func (s sink) through(write func() error, to func([]byte)) error {
	defer os.Remove(s.path())
	if err := write(); err != nil {
		return err
	}
	file, err := os.Open(s.path())
	if err != nil {
		return err
	}
	defer file.Close()
	read(file, to)
	return nil
}
