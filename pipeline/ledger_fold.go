package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// ledgerVersion changes when what the ledger's file holds changes.
const ledgerVersion = 2

// ledgerFile is ledger.json: the ledger of the runs that are over.
type ledgerFile struct {
	Version int                `json:"version"`
	Runs    []ledgerRun        `json:"runs"` // oldest first
	Lines   []*Line            `json:"lines"`
	History History            `json:"history"`
	Paid    map[string]paidDay `json:"paid"`
}

func (s Store) ledgerPath() string { return filepath.Join(string(s), "ledger.json") }

// Ledger reads what the store's pages cost. Runs since its file was written
// are read from their pages, and all are when the file is missing or is not of
// these runs. The newest run is read each time until it has come to its end.
//
// With save the file is brought up to date; the store must be locked then.
func (s Store) Ledger(ctx context.Context, save bool) (*Ledger, error) {
	runs, err := s.Runs()
	if err != nil {
		return nil, err
	}
	return s.ledgerOf(ctx, runs, save)
}

// usersPaid returns the ids of the users that earlier runs got on the UTC day
// the run was started: the same set whenever the run goes on.
func (s Store) usersPaid(ctx context.Context, run schemas.Run) (map[string]bool, error) {
	runs, err := s.Runs()
	if err != nil {
		return nil, err
	}
	runs = slices.DeleteFunc(runs, func(id string) bool { return id >= run.RunID })
	l, err := s.ledgerOf(ctx, runs, false)
	if err != nil {
		return nil, err
	}
	return l.Paid(dayOf(run.StartedAt), schemas.User, true), nil
}

func (s Store) ledgerOf(ctx context.Context, runs []string, save bool) (*Ledger, error) {
	l := s.savedLedger(runs)
	read, grown := len(l.runs), false
	for i, id := range runs[read:] {
		newest := read+i == len(runs)-1
		if newest && grown && save {
			if err := s.saveLedger(l); err != nil {
				return nil, err
			}
		}
		if err := l.fold(ctx, s, id); err != nil {
			return nil, fmt.Errorf("what run %s cost: %w", id, err)
		}
		l.forget()
		grown = true
	}
	if n := len(l.runs); save && grown && n == len(runs) && l.runs[n-1].Ended {
		return l, s.saveLedger(l)
	}
	return l, nil
}

// savedLedger reads the file. It returns an empty ledger when there is none,
// or when it is not of the store's first runs as they are now.
func (s Store) savedLedger(runs []string) *Ledger {
	var f ledgerFile
	if err := readJSON(s.ledgerPath(), &f); err != nil || f.Version != ledgerVersion || len(f.Runs) > len(runs) {
		return newLedger()
	}
	for i, run := range f.Runs {
		open := !run.Ended || i == len(runs)-1 // the newest can be resumed, even so
		if runs[i] != run.RunID || open && s.received(run.RunID) != run.Pages {
			return newLedger() // a run went on
		}
	}
	l := newLedger()
	l.runs, l.Lines = f.Runs, f.Lines
	if f.History != nil {
		l.history = f.History
	}
	if f.Paid != nil {
		l.paid = f.Paid
	}
	return l
}

func (s Store) saveLedger(l *Ledger) error {
	return writeJSON(s.ledgerPath(), ledgerFile{ledgerVersion, l.runs, l.Lines, l.history, l.paid}, nil)
}

// received counts the pages of a run; -1 when they cannot be read.
func (s Store) received(runID string) int {
	l, err := openLanding(s.Raw(), runID, passTorn)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		return -1
	}
	defer l.Close()
	return len(l.Received())
}

// fold takes in one run.
func (l *Ledger) fold(ctx context.Context, s Store, id string) error {
	return l.foldAnd(ctx, s, id, nil)
}

// foldAnd takes in one run, and shows the pages that count, oldest first, to
// whoever else wants to know of them.
func (l *Ledger) foldAnd(ctx context.Context, s Store, id string, also func(Entry, Extracted)) error {
	run := ledgerRun{RunID: id}
	planned, err := s.Planned(id)
	if errors.Is(err, fs.ErrNotExist) {
		l.runs = append(l.runs, run)
		return nil // killed before its plan was written: nothing was fetched
	}
	if err != nil {
		return err
	}
	landing, err := openLanding(s.Raw(), id, passTorn)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var received []Entry
	if err == nil {
		defer landing.Close()
		received = landing.Received()
	}
	m, err := s.Manifest(id)
	if err != nil && !unwritten(err) {
		return err
	}
	run.Job = planned.Plan.Job
	run.Pages, run.Ended = len(received), err == nil && m.Run.Outcome == schemas.Done
	lost, err := s.unanswered(id, received)
	if err != nil {
		return err
	}
	f := folding{Ledger: l, run: id, plan: planned.Plan, landing: landing, lost: lost, observed: newObservation(planned.Plan), also: also}
	if err := f.pages(ctx, received); err != nil {
		return err
	}
	f.observed.into(l.history)
	l.runs = append(l.runs, run)
	return nil
}

// folding is one run being taken into the ledger.
type folding struct {
	*Ledger
	run      string
	plan     Plan
	landing  *Landing
	lost     []sentNote
	observed *observation
	also     func(Entry, Extracted) // may be nil
}

// pages books the pages in the order received, and what was lost.
func (f *folding) pages(ctx context.Context, received []Entry) error {
	var buffers PageBuffers
	for _, e := range received {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := f.landing.ReadInto(e, &buffers)
		if err != nil {
			return err
		}
		found, err := examine(page)
		if err != nil {
			return err
		}
		// What was lost of a page came before: its repetition says what it held.
		f.lost = slices.DeleteFunc(f.lost, func(n sentNote) bool {
			if n.PageID != e.PageID {
				return false
			}
			f.take(f.run, dayOf(n.At), &found, true)
			return true
		})
		f.take(f.run, dayOf(billedAt(page)), &found, false)
		f.observed.page(&page, &found)
		if f.also != nil && f.landing.counts(e) {
			f.also(e, found)
		}
	}
	for _, n := range f.lost {
		f.assume(f.run, n, f.plan.Expansions(n.Endpoint))
	}
	return nil
}
