package landing

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// SentLog notes each request right before it is sent. One that is neither
// landed nor noted as failed was under way when its process was killed, or got
// no answer that says how it went: the API may have charged it.
//
// It is written but not synced: it outlives its process, and a machine that
// loses power loses at most the note of what was lost.
type SentLog struct {
	path string

	mu   sync.Mutex
	file *os.File
}

// Sent is one line of the log.
type Sent struct {
	At       time.Time        `json:"at"`
	PageID   string           `json:"page_id"`
	Endpoint schemas.Endpoint `json:"endpoint"`
	IDs      int              `json:"ids"`               // asked for
	Members  []string         `json:"members,omitempty"` // the same, of a look-up by a list
	Max      int              `json:"max,omitempty"`     // as of the request
	Lean     bool             `json:"lean,omitempty"`    // as of the request
	Covered  bool             `json:"covered,omitempty"` // by what is booked for an answer that was lost
	Failed   bool             `json:"failed,omitempty"`  // it was refused and not charged
}

// Members are what a look-up by a list asks for: another may ask for some of them.
func Members(r schemas.Request) []string {
	if r.Endpoint.Spec().IDParam == "" {
		return nil
	}
	return r.IDs
}

// SentPath is where the notes of a run are written.
func SentPath(d store.Dir, runID string) string { return d.RunFile(runID, store.SentFile) }

// NewSentLog is the log of a run. Its file is made with the first note.
func NewSentLog(l *store.Locked, runID string) *SentLog {
	return &SentLog{path: SentPath(l.Dir, runID)}
}

// Write appends a note. A line torn by a crash before is ended first.
func (l *SentLog) Write(n Sent) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		if l.file, err = durable.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666); err != nil {
			return err
		}
		text = append([]byte{'\n'}, text...)
	}
	_, err = l.file.Write(append(text, '\n'))
	return err
}

// Close closes the file.
func (l *SentLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// Unanswered reads the notes of a run and returns the requests that are neither
// noted as failed nor among the pages received, given by id, in the order
// received: of each page the earliest.
func Unanswered(d store.Dir, runID string, received []string) ([]Sent, error) {
	text, _, err := store.ReadRunFile(d, runID, store.SentFile)
	var corrupt *store.CorruptError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &corrupt) {
		return nil, nil // damaged it says as little as lines that are torn: no job stops for it
	}
	if err != nil {
		return nil, err
	}
	open := map[string][]Sent{}
	for line := range bytes.Lines(text) {
		var n Sent
		if json.Unmarshal(line, &n) != nil || !n.Failed && !n.Endpoint.Known() {
			continue // torn by a crash, before its request was sent
		}
		if all := open[n.PageID]; n.Failed && len(all) > 0 {
			open[n.PageID] = all[:len(all)-1]
		} else if !n.Failed {
			open[n.PageID] = append(all, n)
		}
	}
	for _, id := range slices.Backward(received) {
		if all := open[id]; len(all) > 0 {
			open[id] = all[:len(all)-1]
		}
	}
	var lost []Sent
	for _, all := range open {
		lost = append(lost, all...)
	}
	slices.SortFunc(lost, func(a, b Sent) int { return a.At.Compare(b.At) })
	return lost, nil
}
