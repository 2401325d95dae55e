//go:build unix

package main

import (
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// onTerminal runs the program with stderr on a pseudo terminal of 100 columns,
// and returns what that was sent.
func onTerminal(t *testing.T, args ...string) string {
	t.Helper()
	return onTerminalFor(t.Context(), t, args...)
}

// onTerminalFor ends the program with a context.
func onTerminalFor(ctx context.Context, t *testing.T, args ...string) string {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	var sent strings.Builder
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = io.Copy(&sent, master) }) // ends with an error when all is read
	code := run(ctx, append([]string{"spacesetl"}, args...), io.Discard, tty)
	tty.Close()
	wait.Wait()
	master.Close()
	if code != 0 {
		t.Fatalf("%v: code %d\n%s", args, code, sent.String())
	}
	return sent.String()
}

// slowWorld is a server that takes long enough to be watched.
func slowWorld(t *testing.T) (url, ids string) {
	t.Helper()
	world := simulator.New(simulator.Config{Spaces: 200, CreatorSpacing: -1, Latency: 60 * time.Millisecond})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	t.Setenv("X_BEARER_TOKEN", scriptAppToken)
	return server.URL, strings.Join(world.SpaceIDs(40), ",")
}

var liveLine = regexp.MustCompile(`\rwave [0-9]+ +[0-9]+% \[[=> ]+\] \([0-9]+/[0-9]+\) tweets: [0-9]+ left, [0-9]+ pages`)

// A run on a terminal shows a live line, which is gone in the end; with NO_COLOR
// or not, it has no colour.
func TestARunOnATerminalShowsALiveLine(t *testing.T) {
	url, ids := slowWorld(t)
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	dir := filepath.Join(t.TempDir(), "s")
	sent := onTerminal(t, "run", "--ids", ids, "--with", "tweets", "--base-url", url, "--store", dir, "--to", "parquet", "--workers", "2")
	if !liveLine.MatchString(sent) {
		t.Errorf("no live line in\n%q", sent)
	}
	if regexp.MustCompile("\x1b\\[[0-9;]*m").MatchString(sent) {
		t.Errorf("colour in\n%q", sent)
	}
	if end := sent[strings.LastIndex(sent, "\x1b"):]; !strings.HasPrefix(end, "\x1b[2K") || strings.Contains(end, "wave") {
		t.Errorf("the live line is left: %q", end)
	}
	if !strings.Contains(sent, "level=INFO msg=\"new run ") {
		t.Errorf("the log is not text: %q", sent)
	}
	t.Setenv("TERM", "dumb")
	if sent := onTerminal(t, "replay", "--store", dir, "--to", "parquet"); strings.Contains(sent, "\x1b") || !strings.Contains(sent, "msg=progress phase=load") {
		t.Errorf("on a dumb terminal: %q", sent)
	}
}

// What a pipe gets has neither escapes nor carriage returns, whatever is asked
// for.
func TestARunInAPipeHasNoControlBytes(t *testing.T) {
	url, ids := slowWorld(t)
	dir := filepath.Join(t.TempDir(), "s")
	for _, progress := range []string{"auto", "bar", "log", "json", "none"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var piped strings.Builder
		var wait sync.WaitGroup
		wait.Go(func() { _, _ = io.Copy(&piped, r) })
		code := run(t.Context(), []string{"spacesetl", "run", "--ids", ids, "--base-url", url, "--store", dir + progress, "--to", "parquet", "--progress", progress}, io.Discard, w)
		w.Close()
		wait.Wait()
		if code != 0 || strings.ContainsAny(piped.String(), "\x1b\r") || strings.Contains(piped.String(), "progress") != (progress != "none") {
			t.Errorf("--progress %s: code %d, %q", progress, code, piped.String())
		}
	}
}

// A watch on a terminal shows a line for each live Space, with the curve of its audience,
// and takes them away in the end.
func TestAWatchOnATerminalShowsCurves(t *testing.T) {
	world := simulator.New(simulator.Config{Spaces: 200, CreatorSpacing: -1, Evolve: true})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	t.Setenv("X_BEARER_TOKEN", scriptAppToken)
	ctx, stop := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer stop()
	sent := onTerminalFor(ctx, t, "watch", "--base-url", server.URL, "--search", world.SearchWord(), "--every", "1s", "--discover", "1s", "--store", filepath.Join(t.TempDir(), "s"), "--to", "parquet")
	live := regexp.MustCompile(`[1-9][0-9,]* +[▁▂▃▄▅▆▇█]{2,} +[0-9]+m`)
	if !live.MatchString(sent) || !regexp.MustCompile(`watching [1-9][0-9]* live Spaces, [0-9]+ about to start, [0-9]+ sightings`).MatchString(sent) {
		t.Errorf("no live Spaces with curves:\n%q", sent)
	}
	if last := sent[strings.LastIndex(sent, eraseAbove):]; live.MatchString(last) || !strings.Contains(sent, "outcome=done") {
		t.Errorf("in the end:\n%q", last)
	}
}

// eraseAbove takes away a line above the last.
const eraseAbove = "\x1b[1A\r\x1b[2K"
