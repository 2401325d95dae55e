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
const ledgerVersion = 3

// ledgerFile is ledger.json: the ledger of the runs that are over, but for those
// that nothing can change any more.
type ledgerFile struct {
	Version int                `json:"version"`
	Closed  *closed            `json:"closed,omitempty"` // before Runs
	Runs    []Run              `json:"runs"`             // oldest first
	Lines   []*Line            `json:"lines"`
	History facts.History      `json:"history"`
	Paid    map[string]paidDay `json:"paid"`
	Lost    []Lost             `json:"lost,omitempty"`
	// Checksum is that of the file without it. Files before it have none.
	Checksum string `json:"checksum,omitempty"`
}

const fileName = "ledger.json"

// Read reads what the store's pages cost. Runs since its file was written are
// read from their pages, and all are when the file is missing or is not of these
// runs. The newest run is read each time until it has come to its end; an older
// one that never did is remembered as it is.
func Read(ctx context.Context, d store.Dir) (*Ledger, error) {
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	return readRuns(ctx, Saved(d, runs), d, runs, nil)
}

// Recent is Read without the runs that nothing can change any more: the days since
// the month before this began are whole in it.
func Recent(ctx context.Context, d store.Dir) (*Ledger, error) {
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	return readRuns(ctx, SavedRecent(d, runs), d, runs, nil)
}

// Update is Recent, and brings the file up to date.
func Update(ctx context.Context, l *store.Locked) (*Ledger, error) {
	runs, err := l.Runs()
	if err != nil {
		return nil, err
	}
	return readRuns(ctx, SavedRecent(l.Dir, runs), l.Dir, runs, l)
}

// UsersPaid returns the ids of the users that earlier runs got on the UTC day
// the run was started: the same set whenever the run goes on.
func UsersPaid(ctx context.Context, d store.Dir, run schemas.Run) (map[string]bool, error) {
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	runs = slices.DeleteFunc(runs, func(id string) bool { return id >= run.RunID })
	l, err := readRuns(ctx, SavedRecent(d, runs), d, runs, nil)
	if err != nil {
		return nil, err
	}
	return l.Paid(Day(run.StartedAt), schemas.User, true), nil
}

// readRuns brings a ledger up to the store's first runs; with a lock it saves it.
func readRuns(ctx context.Context, l *Ledger, d store.Dir, runs []string, save *store.Locked) (*Ledger, error) {
	defer TakeSettled(l, d) // after it is saved
	read, grown := l.Count(), false
	for i, id := range runs[read:] {
		newest := read+i == len(runs)-1
		if newest && grown && save != nil {
			if err := l.Save(save); err != nil {
				return nil, err
			}
		}
		if _, err := l.Fold(ctx, d, id, nil); err != nil {
			return nil, fmt.Errorf("what run %s cost: %w", id, err)
		}
		grown = true
	}
	if n := len(l.Runs); save != nil && grown && l.Count() == len(runs) && l.Runs[n-1].Ended {
		return l, l.Save(save)
	}
	return l, nil
}

// Saved reads the files. It returns an empty ledger when there is none, or when
// it is not of the store's first runs as they are now: it can be made again.
func Saved(d store.Dir, runs []string) *Ledger {
	l := SavedRecent(d, runs)
	if err := whole(l, d); err != nil {
		return NewLedger()
	}
	return l
}

// SavedRecent is Saved, as far as that is needed to go on; see Recent.
func SavedRecent(d store.Dir, runs []string) *Ledger {
	for _, name := range []string{fileName, prunedLedger} {
		if l := ledgerIn(d, runs, name); l != nil {
			return l
		}
	}
	return NewLedger()
}

// prunedLedger says what is closed of the runs whose pages were pruned: from it the
// ledger is made again.
const prunedLedger = "pruned-ledger.json"

// Keep makes what the closed runs cost last, before their pages are removed.
func (l *Ledger) Keep(to *store.Locked) error {
	f := ledgerFile{Version: ledgerVersion, Closed: &l.closed, Lines: []*Line{}, History: l.History}
	f.Checksum = store.Checksum(f)
	return store.WriteJSON(to.File(prunedLedger), f, nil)
}

// Closed is how many runs, from the first, nothing can change any more.
func (l *Ledger) Closed() int { return l.closed.Runs }

// ledgerIn is the ledger that a file has; nil where there is none of the store's first
// runs.
func ledgerIn(d store.Dir, runs []string, name string) *Ledger {
	var f ledgerFile
	if _, err := store.ReadSummed(d.File(name), &f); err != nil || !f.good() {
		return nil
	}
	l := NewLedger()
	if l.all = f.Closed == nil; !l.all {
		l.closed = *f.Closed
	}
	if l.Runs = f.Runs; l.Count() > len(runs) || !l.closed.stands(d, runs) {
		return nil
	}
	for i, run := range f.Runs {
		if i += l.closed.Runs; runs[i] != run.RunID || !run.stands(d, i == len(runs)-1) {
			return nil
		}
	}
	l.Lines, l.Lost = f.Lines, f.Lost
	if f.History != nil {
		l.History = f.History
	}
	if f.Paid != nil {
		l.paid = f.Paid
	}
	if due(l) && whole(l, d) != nil {
		return nil
	}
	return l
}

// stands reports whether the run is as it was read: it did not go on, which the
// newest can even when it has ended, and nothing damaged of it was restored.
func (r *Run) stands(d store.Dir, newest bool) bool {
	if r.Planless {
		if _, _, planless, err := planOf(d, r.RunID); err != nil || !planless {
			return false
		}
	}
	return r.Ended && !newest && r.Damaged == 0 || r.Mark == landing.MarkOf(d, r.RunID, r.Damaged > 0)
}

// good reports whether a file is of this version: nothing in it is missing that is
// always written.
func (f *ledgerFile) good() bool {
	for _, rate := range f.History {
		if rate == nil {
			return false
		}
	}
	return f.Version == ledgerVersion && !slices.Contains(f.Lines, nil) && (f.Closed == nil || f.Closed.Runs > 0)
}

// Save writes the files.
func (l *Ledger) Save(to *store.Locked) error {
	if err := closeRuns(l, to); err != nil {
		return err
	}
	f := ledgerFile{Version: ledgerVersion, Runs: openRuns(l), Lines: openLines(l), History: l.History, Paid: l.paid, Lost: l.Lost}
	if l.closed.Runs > 0 {
		f.Closed = &l.closed
	}
	f.Checksum = store.Checksum(f)
	return store.WriteJSON(to.File(fileName), f, nil)
}

// planOf is the plan of a run and its manifest, nil without one. A plan that is
// damaged is the manifest's; planless is a run without either. The error is an
// fs.ErrNotExist when the run was killed before its plan was written, or is a copy.
func planOf(d store.Dir, id string) (plan store.Plan, m *store.Manifest, planless bool, err error) {
	written, err := d.Manifest(id)
	if err != nil && !store.Unwritten(err) {
		return plan, nil, false, err
	}
	if err == nil {
		m = &written
	}
	planned, err := d.Planned(id)
	var corrupt *store.CorruptError
	switch {
	case errors.As(err, &corrupt) && m != nil:
		return m.Plan, m, false, nil
	case errors.As(err, &corrupt):
		return plan, nil, true, nil
	}
	return planned.Plan, m, false, err
}

// Fold takes in one run, all of whose pages it reads but those whose facts are
// known, and returns those that cannot be read. Others that derive something from
// pages are shown the same facts.
func (l *Ledger) Fold(ctx context.Context, d store.Dir, id string, known *facts.Known, others ...func(facts.Received)) ([]*landing.DamageError, error) {
	plan, m, planless, err := planOf(d, id)
	if errors.Is(err, fs.ErrNotExist) {
		l.Runs = append(l.Runs, Run{RunID: id, Ended: m != nil && m.Ended(), Mark: landing.MarkOf(d, id, false)})
		return nil, nil // killed before its plan was written: nothing was fetched
	}
	if err != nil {
		return nil, err
	}
	run := Run{RunID: id, Job: plan.Job, Planless: planless, Ended: m != nil && m.Ended(), Mark: landing.MarkOf(d, id, false)}
	f := folding{Ledger: l, run: id, plan: plan, known: known}
	if err := f.pages(ctx, d, others...); err != nil {
		return nil, err
	}
	for _, damage := range f.damaged {
		run.Damaged += damage.Count()
	}
	if run.Damaged > 0 {
		run.Mark = landing.MarkOf(d, id, true)
	}
	run.Pages = f.received
	f.rest()
	l.Runs = append(l.Runs, run)
	l.forget(f.last)
	return f.damaged, nil
}
