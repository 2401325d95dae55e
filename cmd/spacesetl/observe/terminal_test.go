//go:build unix

package observe

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/schemas"
)

// onTerminal runs show with a pseudo terminal of so many columns and returns
// what it was sent.
func onTerminal(t *testing.T, columns uint16, show func(tty *os.File)) string {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	var sent strings.Builder
	var wait sync.WaitGroup
	wait.Go(func() { _, _ = io.Copy(&sent, master) }) // ends with an error when the last of tty is read
	show(tty)
	tty.Close()
	wait.Wait()
	master.Close()
	return sent.String()
}

// seen is what a terminal shows in the end, line by line. It fails on what this
// package never sends, and on text that would wrap.
func seen(t *testing.T, sent string, columns int) []string {
	t.Helper()
	lines, at := []string{""}, 0
	put := func(r byte) {
		last := lines[len(lines)-1]
		lines[len(lines)-1] = last[:at] + string(r) + last[min(at+1, len(last)):]
		if at++; at >= columns && strings.HasPrefix(lines[len(lines)-1], "wave") {
			t.Fatalf("a live line that wraps in %d columns: %q", columns, lines[len(lines)-1])
		}
	}
	for sent != "" {
		switch {
		case strings.HasPrefix(sent, "\x1b[2K"):
			lines[len(lines)-1], sent = strings.Repeat(" ", at), sent[4:]
		case strings.HasPrefix(sent, "\x1b[K"):
			lines[len(lines)-1], sent = lines[len(lines)-1][:at], sent[3:]
		case sent[0] == '\x1b':
			t.Fatalf("an unexpected sequence: %q", sent[:min(len(sent), 12)])
		case sent[0] == '\r':
			at, sent = 0, sent[1:]
		case sent[0] == '\n':
			lines, sent = append(lines, strings.Repeat(" ", at)), sent[1:]
		default:
			put(sent[0])
			sent = sent[1:]
		}
	}
	return lines
}

func TestLogLinesDoNotTearTheLiveLine(t *testing.T) {
	const columns = 100
	sent := onTerminal(t, columns, func(tty *os.File) {
		o, err := New(Options{Stderr: tty, Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		o.Source(Source{Windows: func() []extract.Window {
			return []extract.Window{{Endpoint: schemas.Users, Limit: 300, Remaining: 12, Reset: noon}, {Endpoint: schemas.Me, Limit: 75, Remaining: 75, Reset: noon}}
		}})
		var wait sync.WaitGroup
		for worker := range 4 {
			wait.Go(func() {
				for i := range 50 {
					p := fetching()
					p.Seq, p.Done = int64(worker*50+i+1), worker*50+i
					o.Progress(p)
					o.tick(noon)
					o.Log().Info("a line", "worker", worker, "i", i)
				}
			})
		}
		wait.Wait()
		o.Stop()
	})
	if !strings.Contains(sent, "\r") || strings.Count(sent, "users: 12 left, 3,310 pages, $1.20-$4.50") < 10 {
		t.Errorf("no live line in\n%q", sent)
	}
	lines := seen(t, sent, columns)
	whole := map[string]bool{}
	for _, line := range lines {
		if line = strings.TrimRight(line, " "); line != "" {
			whole[line] = true
		}
	}
	for worker := range 4 {
		for i := range 50 {
			if line := fmt.Sprintf(`time=12:00:00.000Z level=INFO msg="a line" worker=%d i=%d`, worker, i); !has(whole, line) {
				t.Fatalf("%q is not whole in\n%s", line, strings.Join(lines, "\n"))
			}
		}
	}
	if len(whole) != 200 {
		t.Errorf("%d lines are left on the screen, want the log's 200", len(whole))
	}
}

// has reports whether a line is there, whatever the time it was logged at.
func has(lines map[string]bool, want string) bool {
	_, want, _ = strings.Cut(want, " ")
	for line := range lines {
		if _, rest, _ := strings.Cut(line, " "); rest == want {
			return true
		}
	}
	return false
}

func TestADumbTerminalGetsLines(t *testing.T) {
	for _, progress := range []string{"auto", "bar"} {
		sent := onTerminal(t, 80, func(tty *os.File) {
			o, err := New(Options{Stderr: tty, Dumb: true, Progress: progress})
			if err != nil {
				t.Fatal(err)
			}
			o.Progress(fetching())
			o.tick(noon)
			o.Stop()
		})
		if strings.Contains(sent, "\x1b") || strings.Contains(strings.ReplaceAll(sent, "\r\n", "\n"), "\r") || !strings.Contains(sent, "msg=progress phase=fetch wave=2 done=120 total=400") {
			t.Errorf("--progress %s: got %q", progress, sent)
		}
	}
}
