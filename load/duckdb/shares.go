package duckdb

import (
	"os"
	"path/filepath"
)

// SharesBlocks reports whether the file system of a folder lets a copy share
// the blocks of its original: then a merge takes no room for its private copy.
func SharesBlocks(dir string) bool {
	trial, err := os.MkdirTemp(dir, "_shares-*")
	if err != nil {
		return false
	}
	defer os.RemoveAll(trial) // only takes space
	in, err := os.Create(filepath.Join(trial, "a"))
	if err != nil {
		return false
	}
	defer in.Close()
	out, err := os.Create(filepath.Join(trial, "b"))
	if err != nil {
		return false
	}
	defer out.Close()
	_, err = in.Write(make([]byte, 1<<16))
	return err == nil && reflink(out, in)
}
