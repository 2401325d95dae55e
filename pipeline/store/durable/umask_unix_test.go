//go:build unix

package durable

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What others may do with a file, the umask says.
func TestUmaskCounts(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	for umask, want := range map[int]os.FileMode{0o077: 0o600, 0o022: 0o644, 0o002: 0o664} {
		syscall.Umask(umask)
		path := filepath.Join(t.TempDir(), "f")
		if err := WriteFile(path, nil, Options{}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("umask %o: %v, %v; want %o", umask, info.Mode(), err, want)
		}
	}
}
