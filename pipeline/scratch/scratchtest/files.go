package scratchtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files are the files below a folder but those called lock, with what is in them, by their
// paths from the folder.
func Files(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "lock" {
			return err
		}
		text, err := os.ReadFile(name)
		files[strings.TrimPrefix(name, dir)] = string(text)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}
