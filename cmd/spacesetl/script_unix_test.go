//go:build unix

package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// limitFiles makes writes fail from FILE_LIMIT bytes of a file on, with "file
// too large": the nearest thing to a full disk that needs no privilege.
func limitFiles() {
	signal.Ignore(syscall.SIGXFSZ)
	n, err := strconv.ParseUint(os.Getenv("FILE_LIMIT"), 10, 64)
	if err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "FILE_LIMIT:", err)
		os.Exit(99)
	}
}
