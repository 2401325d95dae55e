package imports

import (
	"cmp"
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// together is how many pages are landed at a time, whose syncs are one.
const together = 16

// ErrChanged is files that are not as they were when they were looked at.
var ErrChanged = errors.New("the files changed while they were read: import them again")

// Plan is that of a run that has what was found: the same for the same answers.
func (f *Found) Plan() store.Plan {
	return store.Plan{Job: store.ImportJob, Dialect: schemas.TweetDialect, Import: f.Content}
}

// Land lands the answers that were found as pages of a run, but for those that have
// landed.
func Land(ctx context.Context, l *store.Locked, runID string, cfg Config, found *Found, step durable.Step) (err error) {
	w, err := landing.Open(l, runID, step)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, w.Close()) }() // an error itself says what ended it
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	again, err := read(ctx, cfg, func(p schemas.Page) error {
		if _, known := found.pages[p.ID]; !known {
			return ErrChanged
		}
		if p.RunID = runID; !w.Has(p.ID) {
			g.Go(func() error { return w.Put(p) })
		}
		return nil
	})
	if landed := g.Wait(); landed != nil {
		return landed
	}
	if err == nil && again.Content != found.Content {
		err = ErrChanged
	}
	return err
}

// Note notes in a run's manifest what landing does not know: what could not be read, and
// what was passed by.
func (f *Found) Note(m *store.Manifest) {
	m.Missing = append(m.Missing, f.Unread...)
	for why, n := range f.Passed {
		m.Skipped[why] += n
	}
}

// Outcome is that of the run.
func (f *Found) Outcome() schemas.Outcome {
	if len(f.Unread) > 0 {
		return schemas.DoneWithGaps
	}
	return schemas.Done
}
