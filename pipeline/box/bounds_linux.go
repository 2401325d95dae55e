package box

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// executable is this very program, also when another has taken its place on disk.
func executable() (string, error) { return "/proc/self/exe", nil }

// attributes: a process dies with its parent, too.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// Of a process, in pages.
const (
	statmResident = 1
	statmData     = 5 // and stack
)

// statm is a number of this process, in bytes; 0 where it is not told.
func statm(field int) int64 {
	text, _ := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(text)
	if len(fields) <= field {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[field]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// resident is how many bytes this process has in memory. The system's own count of the
// most is of the parent, too, when that has had more.
func resident() int64 { return statm(statmResident) }

// boundData has allocations fail that go beyond so many bytes: one of gigabytes is
// touched faster than anybody looks. Only what can be written counts here, and of what is
// reserved nothing.
func boundData(bytes int64) {
	limit := uint64(statm(statmData) + bytes)
	_ = unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit})
}
