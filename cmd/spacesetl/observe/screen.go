package observe

import (
	"io"
	"sync"

	"golang.org/x/term"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/printable"
)

// screen is a terminal whose last line is live: what else is written goes above
// it. Each change is one write, so that nothing is seen half drawn. What it is
// given is shown printable; the only control sequences are its own.
type screen struct {
	out io.Writer // not printable

	mu   sync.Mutex
	line string // shown now
}

// Control sequences that every terminal but a dumb one knows.
const (
	lineStart = "\r"
	eraseRest = "\x1b[K"
	eraseLine = "\r\x1b[2K"
)

// Write writes lines above the live one.
func (s *screen) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := printable.Text(string(text))
	if s.line != "" {
		lines = eraseLine + lines + s.line
	}
	if _, err := io.WriteString(s.out, lines); err != nil {
		return 0, err
	}
	return len(text), nil
}

// draw replaces the live line; an empty one is none.
func (s *screen) draw(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line = printable.Line(line)
	if line == s.line {
		return
	}
	s.line = line
	if line == "" {
		_, _ = io.WriteString(s.out, eraseLine) // the run matters more than what is seen of it
		return
	}
	_, _ = io.WriteString(s.out, lineStart+line+eraseRest)
}

// width is the one of the terminal behind w, in characters.
func width(w io.Writer) int {
	if file := printable.Terminal(w); file != nil {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
