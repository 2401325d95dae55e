//go:build unix

package auth

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// noFollow opens a file itself and nothing that a link of its name leads to, and
// does not wait for whoever may write to a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// foreign says why a file cannot be one that this program wrote as this user;
// empty if it can.
func foreign(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case ok && int(stat.Uid) != os.Geteuid():
		return fmt.Sprintf("belongs to another user (%d)", stat.Uid)
	case ok && stat.Nlink > 1:
		return "has another name, too"
	case info.Mode().Perm()&^0o600 != 0:
		return fmt.Sprintf("has mode %04o", info.Mode().Perm())
	}
	return ""
}
