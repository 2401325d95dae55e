package health

import (
	"context"
	"errors"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Settle brings the files that are derived from the pages, state.json and
// ledger.json, and what is noted of the runs, up to date. A run calls it when it cannot go on, with the
// facts that it knows of its pages: who looks at the store next, or runs next,
// need not read them again.
func Settle(ctx context.Context, l *store.Locked, known *facts.Known) (err error) {
	runs, err := l.Runs()
	if err != nil || len(runs) == 0 {
		return err
	}
	newest := runs[len(runs)-1]
	st, ledger := savedState(l.Dir, runs), money.SavedRecent(l.Dir, runs)
	defer func() { err = errors.Join(err, keepNotes(ctx, l, runs)) }()
	m, err := l.Manifest(newest)
	if err != nil || !m.Ended() || len(st.Runs) != len(runs)-1 || ledger.Count() != len(runs)-1 {
		_, stateErr := UpdateState(ctx, l)
		_, ledgerErr := money.Update(ctx, l)
		return errors.Join(stateErr, ledgerErr)
	}
	// Mostly one run is missing in both: its pages are read once, or not at all.
	look := lastLookOf(l.Dir, &m)
	damaged, err := ledger.Fold(ctx, l.Dir, newest, known, func(p facts.Received) { st.see(p, &m, look) })
	if err != nil {
		return err
	}
	st.took(l.Dir, newest, true, damaged)
	return errors.Join(ledger.Save(l), st.save(l))
}

// derived is what is known of a store without reading more than a few pages.
type derived struct {
	ledger *money.Ledger
	state  *State
	// uncounted are the runs whose pages are in neither: too many to read.
	uncounted []string
}

// lookBytes is how much of landed pages look reads, compressed: a second's
// quarter.
const lookBytes = 4 << 20

// look returns the ledger and the state of the store's runs as its files have them,
// with the runs since, as far as their pages are few. It changes nothing and
// needs no lock.
func look(ctx context.Context, d store.Dir, runs []string) (derived, error) {
	g := derived{ledger: money.Saved(d, runs), state: savedState(d, runs)}
	missing := map[string]bool{}
	// few folds runs as long as their pages are few.
	few := func(runs []string, fold func(id string) error) error {
		left := int64(lookBytes)
		for i, id := range runs {
			if left -= landedBytes(d, id); left < 0 {
				g.miss(missing, runs[i:])
				return nil
			}
			if err := fold(id); err != nil {
				return err
			}
		}
		return nil
	}
	err := few(runs[len(g.ledger.Runs):], func(id string) error {
		_, err := g.ledger.Fold(ctx, d, id, nil)
		return err
	})
	if err == nil {
		err = few(runs[len(g.state.Runs):], func(id string) error { return g.state.fold(ctx, d, id) })
	}
	money.TakeSettled(g.ledger, d)
	return g, err
}

// miss notes runs that are not counted.
func (g *derived) miss(seen map[string]bool, runs []string) {
	for _, id := range runs {
		if !seen[id] {
			seen[id] = true
			g.uncounted = append(g.uncounted, id)
		}
	}
}

// landedBytes is the size of a run's landed pages on disk.
func landedBytes(d store.Dir, runID string) int64 {
	pages, err := d.Pages(runID)
	if err != nil {
		return 0 // without any there is none
	}
	return pages.Bytes()
}
