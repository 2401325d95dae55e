package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Pruned says of which runs the pages were removed since they were old, so that nobody
// takes it for a loss.
type Pruned struct {
	Months   []PrunedMonth `json:"months"` // oldest first
	Checksum string        `json:"checksum,omitempty"`
}

// PrunedMonth are the runs of a month whose pages were removed, all from First to Last.
type PrunedMonth struct {
	First   string    `json:"first"`
	Last    string    `json:"last"`
	Runs    int       `json:"runs"`
	Files   int       `json:"files"`
	Bytes   int64     `json:"bytes"`
	At      time.Time `json:"at"`                // when they were
	Archive string    `json:"archive,omitempty"` // that has them; an absolute path
}

const prunedFile = "pruned.json"

// ReadPruned reads what was pruned. The error is a *CorruptError where it is not what
// was written.
func ReadPruned(d Dir) (Pruned, error) {
	var p Pruned
	_, err := ReadSummed(d.File(prunedFile), &p)
	if errors.Is(err, fs.ErrNotExist) {
		return Pruned{}, nil
	}
	for _, m := range p.Months {
		if err == nil && (CheckRunID(m.First) != nil || CheckRunID(m.Last) != nil) {
			err = &CorruptError{d.File(prunedFile), errors.New("it names what is no run")}
		}
	}
	return p, err
}

// Month is that with the pages of a run, or with a bundle of pages; nil if they were not
// pruned.
func (p Pruned) Month(name string) *PrunedMonth {
	bundle := PageBundles.names(name)
	i := slices.IndexFunc(p.Months, func(m PrunedMonth) bool {
		return m.First <= name && name <= m.Last || bundle && strings.HasPrefix(m.First, name[:len("202611")])
	})
	if i < 0 {
		return nil
	}
	return &p.Months[i]
}

// WritePruned notes what is about to be pruned, or no more is.
func WritePruned(l *Locked, p Pruned, step durable.Step) error {
	if err := note(l, 3); err != nil {
		return err
	}
	slices.SortFunc(p.Months, func(a, b PrunedMonth) int { return strings.Compare(a.First, b.First) })
	p.Checksum = ""
	p.Checksum = Checksum(p)
	return WriteJSON(l.File(prunedFile), p, step)
}

// PrunedError is a run whose pages were removed since they were old.
type PrunedError struct {
	Store, Run string
	PrunedMonth
}

func (e *PrunedError) Error() string {
	text := fmt.Sprintf("the pages of run %s were pruned on %s", e.Run, e.At.UTC().Format(time.DateOnly))
	if e.Archive == "" {
		return text + ", into no archive"
	}
	return fmt.Sprintf("%s: spacesetl restore --archive %s --store %s brings them back", text, quoted(e.Archive), quoted(e.Store))
}

// PrunedRun returns a *PrunedError of a run whose pages are not there since they were
// pruned, nil of any other. Who misses pages asks it.
func PrunedRun(d Dir, runID string) *PrunedError {
	if _, err := os.Lstat(filepath.Join(d.Raw(), runID)); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	p, err := ReadPruned(d)
	if m := p.Month(runID); err == nil && m != nil {
		return &PrunedError{string(d), runID, *m}
	}
	return nil
}

// PrunedFolder begins the name that a folder of pages gets before it is removed: the
// pages of a run are all there or none.
const PrunedFolder = "_pruned-"
