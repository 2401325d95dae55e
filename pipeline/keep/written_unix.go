//go:build unix

package keep

import (
	"os"

	"golang.org/x/sys/unix"
)

// written reports whether a process has a database open to write it in place: DuckDB
// locks such a file. A lock is looked for and not taken.
func written(file *os.File) bool {
	lock := unix.Flock_t{Type: unix.F_RDLCK}
	return unix.FcntlFlock(file.Fd(), unix.F_GETLK, &lock) == nil && lock.Type != unix.F_UNLCK
}
