package landing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// PrunedTables are the runs of a month whose Parquet files of some tables were removed.
type PrunedTables struct {
	PrunedMonth
	Tables []string `json:"tables"` // in order
	Rows   int64    `json:"rows"`
	// Going: files may be there that a process which died was about to remove.
	Going bool `json:"going,omitempty"`
}

// sameMonth is how much of two ids of runs is the same in a month.
const sameMonth = len("202611")

// Tableless reports whether the files with a run's rows of a table were removed, or with
// an empty name those of any. Where they are there all the same they count.
func (p Pruned) Tableless(table, runID string) bool {
	after := sort.Search(len(p.Tables), func(i int) bool { return p.Tables[i].First > runID })
	for _, t := range slices.Backward(p.Tables[:after]) {
		if !strings.HasPrefix(t.First, runID[:min(len(runID), sameMonth)]) {
			return false
		}
		if _, has := slices.BinarySearch(t.Tables, table); runID <= t.Last && (has || table == "") {
			return true
		}
	}
	return false
}

// Pageless reports whether a run's pages are not there since they were pruned.
func (p Pruned) Pageless(d store.Dir, runID string) bool {
	if p.Month(runID) == nil {
		return false
	}
	_, err := os.Lstat(filepath.Join(d.Raw(), runID))
	return errors.Is(err, fs.ErrNotExist)
}

// LostError are runs whose rows are made of nothing any more: their pages were pruned, and
// their Parquet files.
type LostError struct {
	Store       string
	Runs        int
	First, Last string
	// Archives have their rows, a file for each month, but for Bare months.
	Archives []string
	Bare     int
}

func (e *LostError) Error() string {
	text := fmt.Sprintf("of %d runs, from %s to %s, neither pages nor Parquet files are there: they were pruned", e.Runs, e.First, e.Last)
	switch n := len(e.Archives); {
	case n == 1:
		text += fmt.Sprintf("; spacesetl restore --archive %s --store %s brings them back", store.ShellWord(e.Archives[0]), store.ShellWord(e.Store))
	case n > 1:
		words := make([]string, n)
		for i, name := range e.Archives {
			words[i] = store.ShellWord(name)
		}
		text += fmt.Sprintf("; for a in %s; do spacesetl restore --archive \"$a\" --store %s; done brings them back", strings.Join(words, " "), store.ShellWord(e.Store))
	}
	if e.Bare > 0 {
		text += fmt.Sprintf("; %d months of them are in no archive", e.Bare)
	}
	return text
}

// Lost are those of some runs, oldest first, of which neither is there; nil for none.
func (p Pruned) Lost(d store.Dir, runs []string) *LostError {
	e := &LostError{Store: string(d)}
	month := ""
	for _, run := range runs {
		if !p.Tableless("", run) || !p.Pageless(d, run) {
			continue
		}
		if e.Runs++; e.First == "" {
			e.First = run
		}
		e.Last = run
		if of := run[:min(len(run), sameMonth)]; of != month {
			month = of
			archives := p.archives(run)
			if e.Archives = append(e.Archives, archives...); archives == nil {
				e.Bare++
			}
		}
	}
	if e.Runs == 0 {
		return nil
	}
	return e
}

// archives are those that have the rows of a run's month: of its Parquet files, else of
// its pages.
func (p Pruned) archives(run string) (names []string) {
	for _, t := range p.Tables {
		if t.First > run || run > t.Last {
			continue
		}
		if t.Archive == "" {
			names = nil
			break
		}
		names = append(names, t.Archive)
	}
	if m := p.Month(run); names == nil && m != nil && m.Archive != "" {
		names = []string{m.Archive}
	}
	return names
}
