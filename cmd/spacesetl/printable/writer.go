package printable

import (
	"io"
	"os"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// Writer writes Text, whatever it is given. A character may come in several
// writes.
type Writer struct {
	under io.Writer

	mu   sync.Mutex
	half []byte // the beginning of a character
}

// New returns a writer of printable text to w, which is w if it is one already.
func New(w io.Writer) *Writer {
	if p, ok := w.(*Writer); ok {
		return p
	}
	return &Writer{under: w}
}

// Write writes what is whole.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := append(w.half, text...)
	end := len(all) - begun(all)
	w.half = append([]byte(nil), all[end:]...)
	if end == 0 {
		return len(text), nil
	}
	if _, err := io.WriteString(w.under, Text(string(all[:end]))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Flush writes what never became a character.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.half) == 0 {
		return nil
	}
	_, err := io.WriteString(w.under, Text(string(w.half)))
	w.half = nil
	return err
}

// begun is the length of a character at the end that is not whole yet.
func begun(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// Under is the writer that a Writer writes to, and any other itself: for control
// characters of our own, and for content that is to stay as it is.
func Under(w io.Writer) io.Writer {
	if p, ok := w.(*Writer); ok {
		return p.under
	}
	return w
}

// Terminal is the file behind w if that is a terminal, else nil.
func Terminal(w io.Writer) *os.File {
	if file, ok := Under(w).(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return file
	}
	return nil
}
