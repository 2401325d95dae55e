package pipeline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// sentLog notes each request right before it is sent. One that is neither
// landed nor noted as failed was under way when its process was killed, or got
// no answer that says how it went: the API may have charged it.
//
// It is written but not synced: it outlives its process, and a machine that
// loses power loses at most the note of what was lost.
type sentLog struct {
	mu   sync.Mutex
	file *os.File
}

// sentNote is one line of the log.
type sentNote struct {
	At       time.Time        `json:"at"`
	PageID   string           `json:"page_id"`
	Endpoint schemas.Endpoint `json:"endpoint"`
	IDs      int              `json:"ids"`              // asked for
	Failed   bool             `json:"failed,omitempty"` // it was refused and not charged
}

func (s Store) sentPath(runID string) string { return s.RunFile(runID, "sent.ndjson") }

// write appends a note. A line torn by a crash before is ended first.
func (l *sentLog) write(path string, n sentNote) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		if l.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644); err != nil {
			return err
		}
		text = append([]byte{'\n'}, text...)
	}
	_, err = l.file.Write(append(text, '\n'))
	return err
}

func (l *sentLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// unanswered reads the notes of a run and returns the requests that are neither
// noted as failed nor among the pages received: of each page the earliest.
func (s Store) unanswered(runID string, received []Entry) ([]sentNote, error) {
	text, err := os.ReadFile(s.sentPath(runID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	open := map[string][]sentNote{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var n sentNote
		if json.Unmarshal(lines.Bytes(), &n) != nil || !n.Failed && !n.Endpoint.Known() {
			continue // torn by a crash, before its request was sent
		}
		if all := open[n.PageID]; n.Failed && len(all) > 0 {
			open[n.PageID] = all[:len(all)-1]
		} else if !n.Failed {
			open[n.PageID] = append(all, n)
		}
	}
	for _, e := range slices.Backward(received) {
		if all := open[e.PageID]; len(all) > 0 {
			open[e.PageID] = all[:len(all)-1]
		}
	}
	var lost []sentNote
	for _, all := range open {
		lost = append(lost, all...)
	}
	slices.SortFunc(lost, func(a, b sentNote) int { return a.At.Compare(b.At) })
	return lost, nil
}
