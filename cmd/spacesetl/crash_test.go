package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/jobs"
)

// A bug is one line and the way to report it; the trace is for who asks.
func TestPanicIsAnInternalError(t *testing.T) {
	store := smallStore(t)
	broken := func() (code int, stderr string) {
		var stdout, log bytes.Buffer
		c := &console{stdout: &stdout, stderr: &log, now: func() time.Time { panic(errors.New("the clock\nis broken")) }}
		code = c.execute(t.Context(), []string{"spacesetl", "status", "--store", store})
		return code, log.String()
	}
	code, stderr := broken()
	if want := "spacesetl: internal error: the clock is broken\nspacesetl: this is a bug, and what has landed is safe: please report it"; code != 70 || !strings.HasPrefix(stderr, want) || strings.Contains(stderr, "goroutine") {
		t.Errorf("exit code %d, want 70 and %q, got\n%s", code, want, stderr)
	}
	t.Setenv("SPACESETL_DEBUG", "1")
	if code, stderr = broken(); code != 70 || !strings.Contains(stderr, "goroutine") {
		t.Errorf("with SPACESETL_DEBUG: exit code %d, want 70 and a trace, got\n%s", code, stderr)
	}
}

// panicking is main with a bug in a goroutine of the pipeline.
func panicking() int {
	ctx, stop := signalled()
	defer stop()
	c := &console{stdout: os.Stdout, stderr: os.Stderr, tune: func(o *jobs.Options) {
		o.Step = func(name, _ string) error {
			if name == os.Getenv("PANIC_AT") {
				panic(fmt.Sprintf("bug at %q", name))
			}
			return nil
		}
	}}
	return c.process(ctx, os.Args)
}
