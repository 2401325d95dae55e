//go:build unix

package outside

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// nonblock keeps the opening of a pipe from waiting.
const nonblock = syscall.O_NONBLOCK

// written says who else than this user and root can write a file; nothing if nobody
// can. A group that is the user's own, by the custom of one for each, is nobody, and
// so is an owner whom this machine does not know, as of a folder that a container has
// from its host.
func written(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	mode, own := info.Mode().Perm(), stat.Gid == 0 || int(stat.Gid) == os.Getgid() && stat.Gid == stat.Uid
	if mode&0o002 != 0 || mode&0o020 != 0 && !own {
		return fmt.Sprintf("can be written by other users (mode %04o), so no token is sent for it: look at what it says, then chmod go-w it", mode)
	}
	if stat.Uid == 0 || int(stat.Uid) == os.Getuid() {
		return ""
	}
	if other, err := user.LookupId(strconv.FormatUint(uint64(stat.Uid), 10)); err == nil {
		return fmt.Sprintf("belongs to another user (%s), so no token is sent for it: look at what it says, then copy it", other.Username)
	}
	return ""
}
