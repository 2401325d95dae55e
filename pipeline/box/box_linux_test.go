package box

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// field is one of what the system tells of a process; "" of none.
func field(pid int, file string, n int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if fields := bytes.Fields(text); len(fields) > n {
		return string(fields[n])
	}
	return ""
}

// watched returns how to end watching a box, and the most memory that it had meanwhile.
func watched(t *testing.T, b *Box) func() int64 {
	t.Helper()
	end, most := make(chan struct{}), make(chan int64)
	pid := b.cmd.Process.Pid
	go func() {
		var seen int64
		for {
			var pages int64
			_, _ = fmt.Sscan(field(pid, "statm", statmResident), &pages)
			seen = max(seen, pages*int64(os.Getpagesize()))
			select {
			case <-end:
				most <- seen
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() int64 { close(end); return <-most }
}

// parent starts one that asks an endless question, and returns the process of its box.
func parent(t *testing.T) (*exec.Cmd, int) {
	t.Helper()
	dir, err := emptyStore()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentStore+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(out, &pid); err != nil {
		t.Fatal(err)
	}
	return cmd, pid
}

// A box dies with its parent, however that dies, in the midst of an answer.
func TestABoxDiesWithItsParent(t *testing.T) {
	cmd, pid := parent(t)
	time.Sleep(100 * time.Millisecond) // it answers
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if state := field(pid, "stat", 2); state == "" || state == "Z" {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the box lives")
		}
	}
}
