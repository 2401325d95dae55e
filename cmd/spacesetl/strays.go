package main

import (
	"context"
	"log"
	"os"
	"strings"
	"sync/atomic"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/observe"
	"github.com/spacesetl/spacesetl/pipeline/scratch"
)

// process executes a command as all that the process does: what libraries print
// that know no other place goes to the command's log, too. First it removes the
// temporary folders of processes that were killed.
func (c *console) process(ctx context.Context, args []string) int {
	scratch.Sweep(os.TempDir())
	c.observer()
	log.SetFlags(0)
	log.SetOutput(&c.libraries)
	return c.execute(ctx, args)
}

// strays takes what libraries print by package log, net/http for one. It can be
// all that a server sends between two answers.
type strays struct {
	to atomic.Pointer[observe.Observer] // of the command under way
}

const longestStray = 300 // bytes

// Write logs a line, without the bytes of an answer.
func (s *strays) Write(line []byte) (int, error) {
	text, _, cut := strings.Cut(strings.TrimSpace(string(line)), " starting with ")
	if len(text) > longestStray && !debugging() {
		text, cut = strings.ToValidUTF8(text[:longestStray], ""), true
	}
	if cut {
		text += "…"
	}
	s.to.Load().Log().Warn("a library prints: " + text)
	return len(line), nil
}
