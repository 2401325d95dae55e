package money

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// ledgerVersion changes when what the ledger's file holds changes.
const ledgerVersion = 2

// ledgerFile is ledger.json: the ledger of the runs that are over.
type ledgerFile struct {
	Version int                `json:"version"`
	Runs    []Run              `json:"runs"` // oldest first
	Lines   []*Line            `json:"lines"`
	History facts.History      `json:"history"`
	Paid    map[string]paidDay `json:"paid"`
	// Checksum is that of the file without it. Files before it have none.
	Checksum string `json:"checksum,omitempty"`
}

const fileName = "ledger.json"

// Read reads what the store's pages cost. Runs since its file was written are
// read from their pages, and all are when the file is missing or is not of these
// runs. The newest run is read each time until it has come to its end.
func Read(ctx context.Context, d store.Dir) (*Ledger, error) {
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	return readRuns(ctx, d, runs, nil)
}

// Update is Read, and brings the file up to date.
func Update(ctx context.Context, l *store.Locked) (*Ledger, error) {
	runs, err := l.Runs()
	if err != nil {
		return nil, err
	}
	return readRuns(ctx, l.Dir, runs, l)
}

// UsersPaid returns the ids of the users that earlier runs got on the UTC day
// the run was started: the same set whenever the run goes on.
func UsersPaid(ctx context.Context, d store.Dir, run schemas.Run) (map[string]bool, error) {
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	runs = slices.DeleteFunc(runs, func(id string) bool { return id >= run.RunID })
	l, err := readRuns(ctx, d, runs, nil)
	if err != nil {
		return nil, err
	}
	return l.Paid(Day(run.StartedAt), schemas.User, true), nil
}

// readRuns reads the ledger of the store's first runs; with a lock it saves it.
func readRuns(ctx context.Context, d store.Dir, runs []string, save *store.Locked) (*Ledger, error) {
	l := Saved(d, runs)
	read, grown := len(l.Runs), false
	for i, id := range runs[read:] {
		newest := read+i == len(runs)-1
		if newest && grown && save != nil {
			if err := l.Save(save); err != nil {
				return nil, err
			}
		}
		if err := l.Fold(ctx, d, id, nil); err != nil {
			return nil, fmt.Errorf("what run %s cost: %w", id, err)
		}
		grown = true
	}
	if n := len(l.Runs); save != nil && grown && n == len(runs) && l.Runs[n-1].Ended {
		return l, l.Save(save)
	}
	return l, nil
}

// Saved reads the file. It returns an empty ledger when there is none, or when
// it is not of the store's first runs as they are now: it can be made again.
func Saved(d store.Dir, runs []string) *Ledger {
	var f ledgerFile
	if err := store.ReadJSON(d.File(fileName), &f); err != nil || !f.good() || len(f.Runs) > len(runs) {
		return NewLedger()
	}
	for i, run := range f.Runs {
		open := !run.Ended || i == len(runs)-1 // the newest can be resumed, even so
		if runs[i] != run.RunID || open && countPages(d, run.RunID) != run.Pages {
			return NewLedger() // a run went on
		}
	}
	l := NewLedger()
	l.Runs, l.Lines = f.Runs, f.Lines
	if f.History != nil {
		l.History = f.History
	}
	if f.Paid != nil {
		l.paid = f.Paid
	}
	return l
}

// good reports whether a file is of this version and whole: nothing in it is
// missing that is always written.
func (f *ledgerFile) good() bool {
	if sum := f.Checksum; sum != "" {
		f.Checksum = ""
		if store.Checksum(f) != sum {
			return false
		}
	}
	for _, rate := range f.History {
		if rate == nil {
			return false
		}
	}
	return f.Version == ledgerVersion && !slices.Contains(f.Lines, nil)
}

// Save writes the file.
func (l *Ledger) Save(to *store.Locked) error {
	f := ledgerFile{Version: ledgerVersion, Runs: l.Runs, Lines: l.Lines, History: l.History, Paid: l.paid}
	f.Checksum = store.Checksum(f)
	return store.WriteJSON(to.File(fileName), f, nil)
}

// countPages counts the pages that a run received; -1 when they cannot be read.
func countPages(d store.Dir, runID string) int {
	pages, err := landing.OpenReader(d, runID)
	if errors.Is(err, landing.ErrNone) {
		return 0
	}
	if err != nil {
		return -1
	}
	defer pages.Close()
	return len(pages.Received())
}

// Fold takes in one run, all of whose pages it reads but those whose facts are
// known. Others that derive something from pages are shown the same facts.
func (l *Ledger) Fold(ctx context.Context, d store.Dir, id string, known *facts.Known, others ...func(facts.Received)) error {
	planned, err := d.Planned(id)
	if errors.Is(err, fs.ErrNotExist) {
		l.Runs = append(l.Runs, Run{RunID: id})
		return nil // killed before its plan was written: nothing was fetched
	}
	if err != nil {
		return err
	}
	m, err := d.Manifest(id)
	if err != nil && !store.Unwritten(err) {
		return err
	}
	run := Run{RunID: id, Job: planned.Plan.Job, Ended: err == nil && m.Run.Outcome == schemas.Done}
	pages, err := landing.OpenReader(d, id)
	if errors.Is(err, landing.ErrNone) {
		pages, err = nil, nil
	}
	if err != nil {
		return err
	}
	f := folding{Ledger: l, run: id, plan: planned.Plan}
	var received []string
	if pages != nil {
		defer pages.Close()
		for _, e := range pages.Received() {
			received = append(received, e.PageID)
		}
	}
	run.Pages = len(received)
	if f.lost, err = store.Unanswered(d, id, received); err != nil {
		return err
	}
	observed := facts.Observe(planned.Plan)
	if pages != nil {
		takers := append([]func(facts.Received){f.page, func(p facts.Received) { observed.Page(p.Facts) }}, others...)
		if err := facts.Fold(ctx, pages, known, takers...); err != nil {
			return err
		}
	}
	f.rest()
	observed.Into(l.History)
	l.Runs = append(l.Runs, run)
	l.forget()
	return nil
}

// folding is one run being taken into the ledger.
type folding struct {
	*Ledger
	run  string
	plan store.Plan
	lost []store.Sent
}

// page books a page, and what was lost of it before: its repetition says what
// that held.
func (f *folding) page(p facts.Received) {
	f.lost = slices.DeleteFunc(f.lost, func(n store.Sent) bool {
		if n.PageID != p.PageID {
			return false
		}
		f.book(f.run, Day(n.At), p.Facts, true)
		return true
	})
	f.book(f.run, Day(p.BilledAt), p.Facts, false)
}

// rest books what was lost and never repeated.
func (f *folding) rest() {
	for _, n := range f.lost {
		f.assume(f.run, n, f.plan.Expansions(n.Endpoint))
	}
}
