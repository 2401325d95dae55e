package landing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// Pruned says of which runs the pages, or the Parquet files, were removed since they were
// old, so that nobody takes it for a loss.
type Pruned struct {
	Months   []PrunedMonth  `json:"months"`           // oldest first
	Tables   []PrunedTables `json:"tables,omitempty"` // oldest first
	Checksum string         `json:"checksum,omitempty"`
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

// ReadPruned reads what was pruned. The error is a *store.CorruptError where it is not what
// was written.
func ReadPruned(d store.Dir) (Pruned, error) {
	var p Pruned
	_, err := store.ReadSummed(d.File(store.PrunedFile), &p)
	if errors.Is(err, fs.ErrNotExist) {
		return Pruned{}, nil
	}
	months := slices.Clone(p.Months)
	for _, t := range p.Tables {
		months = append(months, t.PrunedMonth)
	}
	for _, m := range months {
		if err == nil && (store.CheckRunID(m.First) != nil || store.CheckRunID(m.Last) != nil) {
			err = &store.CorruptError{Path: d.File(store.PrunedFile), Err: errors.New("it names what is no run")}
		}
	}
	return p, err
}

// Month is that with the pages of a run, or with a bundle of pages; nil if they were not
// pruned.
func (p Pruned) Month(name string) *PrunedMonth {
	bundle := store.BundleKind("raw/"+name) == store.PageBundles
	i := slices.IndexFunc(p.Months, func(m PrunedMonth) bool {
		return m.First <= name && name <= m.Last || bundle && strings.HasPrefix(m.First, name[:len("202611")])
	})
	if i < 0 {
		return nil
	}
	return &p.Months[i]
}

// WritePruned notes what is about to be pruned, or no more is.
func WritePruned(l *store.Locked, p Pruned, step durable.Step) error {
	format := 3
	if len(p.Tables) > 0 {
		format = 5
	}
	if err := store.Note(l, format); err != nil {
		return err
	}
	slices.SortFunc(p.Months, func(a, b PrunedMonth) int { return strings.Compare(a.First, b.First) })
	slices.SortStableFunc(p.Tables, func(a, b PrunedTables) int { return strings.Compare(a.First, b.First) })
	p.Checksum = ""
	p.Checksum = store.Checksum(p)
	return store.WriteJSON(l.File(store.PrunedFile), p, step)
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
	return fmt.Sprintf("%s: spacesetl restore --archive %s --store %s brings them back", text, store.ShellWord(e.Archive), store.ShellWord(e.Store))
}

// PrunedRun returns a *PrunedError of a run whose pages are not there since they were
// pruned, nil of any other. Who misses pages asks it.
func PrunedRun(d store.Dir, runID string) *PrunedError {
	if _, err := os.Lstat(filepath.Join(d.Raw(), runID)); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	p, err := ReadPruned(d)
	if err == nil && p.Pageless(d, runID) {
		return &PrunedError{string(d), runID, *p.Month(runID)}
	}
	return nil
}

// prunedError is an ErrNone of a run whose pages were pruned.
type prunedError struct{ *PrunedError }

func (e *prunedError) Is(target error) bool { return target == ErrNone }

func (e *prunedError) Unwrap() error { return e.PrunedError }
