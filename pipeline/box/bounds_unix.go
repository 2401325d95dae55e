//go:build unix

package box

import (
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// watching is how often a process looks at its own memory.
const watching = 10 * time.Millisecond

// bound has this process end when it takes so many bytes of memory, and leaves no core
// that has the rows of a store.
func bound(bytes int64) {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	spent := make(chan os.Signal, 1)
	signal.Notify(spent, unix.SIGXCPU)
	go func() { <-spent; os.Exit(codeTime) }()
	if bytes == 0 {
		return
	}
	boundData(bytes)
	go func() {
		for resident() <= bytes {
			time.Sleep(watching)
		}
		os.Exit(codeMemory)
	}()
}

// boundTime has the system end this process when an answer takes the CPUs for longer than
// so many seconds, should nobody else.
func boundTime(seconds int64) {
	var used unix.Rusage
	var limit unix.Rlimit
	if seconds == 0 || unix.Getrusage(unix.RUSAGE_SELF, &used) != nil || unix.Getrlimit(unix.RLIMIT_CPU, &limit) != nil {
		return
	}
	limit.Cur = min(limit.Max, uint64(used.Utime.Sec)+uint64(used.Stime.Sec)+uint64(seconds+1)*uint64(runtime.NumCPU()))
	_ = unix.Setrlimit(unix.RLIMIT_CPU, &limit)
}

// kill ends the process and its group.
func (b *Box) kill() { _ = unix.Kill(-b.cmd.Process.Pid, unix.SIGKILL) }

// apart makes a process one that a terminal's signals do not reach.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = attributes() }
