package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/schemas"
)

// Settle brings the files that are derived from the pages, state.json and
// ledger.json, up to date. A run calls it when it has come to its end: who
// looks at the store next, or runs next, need not read its pages again. The
// store must be locked.
func (s Store) Settle(ctx context.Context) error {
	runs, err := s.Runs()
	if err != nil || len(runs) == 0 {
		return err
	}
	newest := runs[len(runs)-1]
	st, l := s.savedState(runs), s.savedLedger(runs)
	m, err := s.Manifest(newest)
	if err != nil || m.Run.Outcome != schemas.Done || len(st.Runs) != len(runs)-1 || len(l.runs) != len(runs)-1 {
		_, stateErr := s.State(ctx)
		_, ledgerErr := s.Ledger(ctx, true)
		return errors.Join(stateErr, ledgerErr)
	}
	// Mostly one run is missing in both: its pages are read once.
	err = l.foldAnd(ctx, s, newest, func(e Entry, found Extracted) { st.take(found, e.FetchedAt, true, m.Plan) })
	if err != nil {
		return err
	}
	l.forget()
	st.Runs = append(st.Runs, newest)
	return errors.Join(s.saveLedger(l), writeJSON(s.statePath(), st, nil))
}

// Known is what is known of a store without reading more than a few pages.
type Known struct {
	Ledger *Ledger
	State  *State
	// Uncounted are the runs whose pages are in neither: too many to read.
	Uncounted []string
}

// knownBytes is how much of landed pages Known reads, compressed: a second's
// quarter.
const knownBytes = 4 << 20

// Known returns the ledger and the state of the store as its files have them,
// with the runs since, as far as their pages are few. It changes nothing and
// needs no lock.
func (s Store) Known(ctx context.Context) (Known, error) {
	runs, err := s.Runs()
	if err != nil {
		return Known{}, err
	}
	k := Known{Ledger: s.savedLedger(runs), State: s.savedState(runs)}
	left := int64(knownBytes)
	few := func(id string) bool {
		left -= s.landedBytes(id)
		return left >= 0
	}
	missing := map[string]bool{}
	for i, id := range runs[len(k.Ledger.runs):] {
		if !few(id) {
			k.miss(missing, runs[len(k.Ledger.runs)+i:])
			break
		}
		if err := k.Ledger.fold(ctx, s, id); err != nil {
			return k, err
		}
	}
	left = knownBytes
	for i, id := range runs[len(k.State.Runs):] {
		if !few(id) {
			k.miss(missing, runs[len(k.State.Runs)+i:])
			break
		}
		if _, err := k.State.fold(ctx, s, id, passTorn); err != nil {
			return k, err
		}
	}
	return k, nil
}

// miss notes runs that are not counted.
func (k *Known) miss(seen map[string]bool, runs []string) {
	for _, id := range runs {
		if !seen[id] {
			seen[id] = true
			k.Uncounted = append(k.Uncounted, id)
		}
	}
}

// landedBytes is the size of a run's landed pages on disk.
func (s Store) landedBytes(runID string) int64 {
	var sum int64
	entries, _ := os.ReadDir(filepath.Join(s.Raw(), runID)) // without any there is none
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
