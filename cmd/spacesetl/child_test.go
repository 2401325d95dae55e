package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// signals by the names that scripts give them.
func signalNamed(ts *testscript.TestScript, name string) os.Signal {
	switch name {
	case "INT":
		return os.Interrupt
	case "TERM":
		return syscall.SIGTERM
	case "KILL":
		return os.Kill
	}
	ts.Fatalf("signal %q is none of INT, TERM and KILL", name)
	return nil
}

// interrupt runs a command, sends it a signal once the simulator has answered
// so many requests, and checks its exit code.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: interrupt INT|TERM REQUESTS CODE COMMAND…")
	}
	sig := signalNamed(ts, args[0])
	c := start(ts, args[3:])
	defer c.kill()
	await(ts, false, args[1:2])
	ts.Check(c.cmd.Process.Signal(sig))
	c.wait(ts, args[2])
}

// scratched checks how many folders for temporary files there are: scratched N DIR.
func scratched(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: scratched N DIR")
	}
	left, err := filepath.Glob(filepath.Join(ts.MkAbs(args[1]), "*"))
	ts.Check(err)
	if fmt.Sprint(len(left)) != args[0] {
		ts.Fatalf("want %s, got %v", args[0], left)
	}
}

var listening = regexp.MustCompile(`(?m)^listening on (http://\S+)$`)

// serves runs a command that must print where it listens, asks there for a
// path, prints the answer after what the command printed, and ends the command
// with a signal.
func serves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: serves PATH INT|TERM|KILL CODE COMMAND…")
	}
	sig := signalNamed(ts, args[1])
	c := start(ts, args[3:])
	defer c.kill()
	var url string
	eventually(ts, "an address", func() bool {
		if m := listening.FindStringSubmatch(c.stdout.String()); m != nil {
			url = m[1]
		}
		return url != ""
	})
	res, err := http.Get(url + args[0])
	ts.Check(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ts.Check(err)
	ts.Check(c.cmd.Process.Signal(sig))
	c.wait(ts, args[2])
	_, err = ts.Stdout().Write(append(body, '\n'))
	ts.Check(err)
}

// child is a command that runs beside its script.
type child struct {
	cmd            *exec.Cmd
	stdout, stderr printed
	ended          bool
}

func start(ts *testscript.TestScript, command []string) *child {
	c := &child{cmd: exec.Command(lookPath(ts, command[0]), command[1:]...)}
	c.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GORACE", adviceFile, "X_BEARER_TOKEN", "X_USER_TOKEN"} {
		c.cmd.Env = append(c.cmd.Env, name+"="+ts.Getenv(name))
	}
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	ts.Check(c.cmd.Start())
	return c
}

func lookPath(ts *testscript.TestScript, name string) string {
	for dir := range strings.SplitSeq(ts.Getenv("PATH"), string(filepath.ListSeparator)) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	ts.Fatalf("there is no command %s", name)
	return ""
}

// wait waits for the end, hands what was printed to the script, and checks
// the exit code.
func (c *child) wait(ts *testscript.TestScript, code string) {
	err := c.cmd.Wait()
	c.ended = true
	_, _ = io.WriteString(ts.Stdout(), c.stdout.String())
	_, _ = io.WriteString(ts.Stderr(), c.stderr.String())
	wantCode(ts, code, err)
}

// kill ends a child that a failed script left behind.
func (c *child) kill() {
	if !c.ended {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

// printed is what a child has printed so far.
type printed struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}
