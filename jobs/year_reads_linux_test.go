package jobs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readFiles are the files of a store that do reads, by the folder they lie in: raw,
// runs, parquet, or the store itself. Files that do makes do not count.
// Nil is a file system that does not note when a file was read.
func readFiles(t testing.TB, store string, do func()) map[string]int {
	t.Helper()
	long := time.Unix(1, 0) // older than a day: the next read is noted
	var files []string
	err := filepath.WalkDir(store, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files = append(files, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chtimes(path, long, info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
	do()
	read := map[string]int{}
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			continue // replaced or gone
		}
		at := info.Sys().(*syscall.Stat_t).Atim
		if at.Sec == long.Unix() {
			continue
		}
		folder, _, _ := strings.Cut(strings.TrimPrefix(path, store+"/"), "/")
		read[folder]++
	}
	if len(read) == 0 {
		return nil // a start reads something
	}
	return read
}
