package store

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// flocked looks a file up in the kernel's list of locks. Devices are numbered
// differently there on some file systems: then the process has to agree.
func flocked(path string, pid int) (held, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return false, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false, false
	}
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return false, false
	}
	defer locks.Close()
	device := fmt.Sprintf("%02x:%02x", unix.Major(stat.Dev), unix.Minor(stat.Dev))
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		f := strings.Fields(lines.Text()) // 1: FLOCK ADVISORY WRITE 1234 fd:01:5678 0 EOF
		if len(f) < 6 || f[1] != "FLOCK" {
			continue
		}
		at := strings.LastIndexByte(f[5], ':')
		if at < 0 || f[5][at+1:] != strconv.FormatUint(stat.Ino, 10) {
			continue
		}
		if f[5][:at] == device || f[4] == strconv.Itoa(pid) {
			return true, true
		}
	}
	return false, true
}
