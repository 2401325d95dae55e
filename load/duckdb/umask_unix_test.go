//go:build unix

package duckdb

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What others may do with files and folders, the umask says.
func TestUmaskCounts(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	for _, umask := range []int{0o077, 0o002} {
		syscall.Umask(umask)
		s := newStore(t)
		parts := s.commit("r1", evening(t))
		for range 2 { // a new database, then a copy of it
			if err := s.duckdb().Publish(t.Context(), parts); err != nil {
				t.Fatal(err)
			}
		}
		lock, err := lockDatabase(s.path)
		if err != nil {
			t.Fatal(err)
		}
		part := filepath.Join(s.dir, filepath.FromSlash(parts[0].Path))
		file, folder := 0o666&^umask, 0o777&^umask
		for path, want := range map[string]int{s.path: file, lock.Path(): file, part: file, filepath.Dir(part): folder, s.dir: folder} {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != os.FileMode(want) {
				t.Errorf("umask %03o: %s is %v (%v), want %03o", umask, filepath.Base(path), info.Mode(), err, want)
			}
		}
		unlockDatabase(lock)
	}
}
