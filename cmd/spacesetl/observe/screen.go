package observe

import (
	"io"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
)

// screen is a terminal whose last line, or lines, are live: what else is written goes
// above them. Each change is one write, so that nothing is seen half drawn. What it is
// given is shown printable; the only control sequences are its own.
type screen struct {
	out io.Writer // not printable

	mu   sync.Mutex
	line string // shown now, of several with newlines between
}

// Control sequences that every terminal but a dumb one knows.
const (
	lineStart = "\r"
	eraseRest = "\x1b[K"
	eraseLine = "\r\x1b[2K"
	lineAbove = "\x1b[1A"
)

// Write writes lines above the live one.
func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := printable.Text(string(text))
	if s.line != "" {
		lines = s.erased() + lines + s.line
	}
	if _, err := io.WriteString(s.out, lines); err != nil {
		return 0, err
	}
	return len(text), nil
}

// erased takes what is live away, and stands where that began.
func (s *screen) erased() string {
	return eraseLine + strings.Repeat(lineAbove+eraseLine, strings.Count(s.line, "\n"))
}

// draw replaces the live line, or lines; an empty one is none.
func (s *screen) draw(lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, line := range lines {
		lines[i] = printable.Line(line)
	}
	line := strings.Join(lines, "\n")
	switch {
	case line == s.line:
		return
	case line == "" || strings.Contains(line+s.line, "\n"):
		_, _ = io.WriteString(s.out, s.erased()+line) // the run matters more than what is seen of it
	default:
		_, _ = io.WriteString(s.out, lineStart+line+eraseRest)
	}
	s.line = line
}

// size is that of the terminal behind w, in characters.
func size(w io.Writer) (width, height int) {
	if file := printable.Terminal(w); file != nil {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return 80, 24
}

// width is that of the terminal behind w.
func width(w io.Writer) int {
	width, _ := size(w)
	return width
}
