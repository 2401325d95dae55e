package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// verdict is what an error puts an end to. One that does not know ends the run.
func verdict(ctx context.Context, err error) (schemas.Outcome, schemas.Scope) {
	var e schemas.Stopper
	switch {
	case errors.As(err, &e):
		return e.Stop()
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return schemas.Waiting, schemas.RunScope
	case ctx.Err() != nil:
		return schemas.Interrupted, schemas.RunScope
	}
	return schemas.Failed, schemas.RunScope
}

// StoppedError is a run that ended early. What was landed stays; running again
// goes on from there.
type StoppedError struct {
	Outcome schemas.Outcome
	Err     error
}

func (e *StoppedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *StoppedError) Unwrap() error { return e.Err }

// LandingError is a page that could not be put on disk, for one because that
// is full. It ends the run.
type LandingError struct{ Err error }

func (e *LandingError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *LandingError) Unwrap() error { return e.Err }

// RunAll fetches what the plan asks for and loads it. When the run stops early
// the error is a *StoppedError; unless it was interrupted, what has landed is
// loaded all the same and the manifest says so.
func (p *Pipeline) RunAll(ctx context.Context) (*store.Manifest, error) {
	stopped := p.Crawl(ctx)
	p.Run.Outcome = schemas.Done
	if stopped != nil {
		var s *StoppedError
		var full *LandingError
		switch {
		case !errors.As(stopped, &s), s.Outcome == schemas.Interrupted:
			return nil, stopped // it has not begun, or goes on soon
		case errors.As(stopped, &full):
			return nil, stopped // tables would not find room where a page found none
		case p.pages.Len() == 0:
			return nil, stopped // nothing was fetched: there is nothing to load
		}
		p.Run.Outcome = s.Outcome
	}
	m, err := p.Load(context.WithoutCancel(ctx))
	if err != nil {
		return nil, &StoppedError{schemas.Failed, errors.Join(err, stopped)}
	}
	return m, stopped
}

// Crawl fetches every page the plan leads to that has not landed yet, in
// waves: the seeds, then what they led to, until nothing is left. The error is
// a *StoppedError where it ended early, and another where it could not begin.
func (p *Pipeline) Crawl(ctx context.Context) error {
	c, err := newCrawl(p)
	if err != nil {
		return err
	}
	if err := c.openPurse(ctx); err != nil {
		return errors.Join(err, c.sent.Close())
	}
	p.crawl = c
	p.purse.Store(c.purse)
	c.run(ctx)
	for reason, n := range c.walk.skips() {
		p.Notify(Notice{"skipped", fmt.Sprintf("%s: %d", reason, n)})
	}
	if err := c.walk.ended(); err != nil {
		_ = c.sent.Close() // what ended the walk says more
		return err
	}
	return c.sent.Close()
}

// Extract makes sure that one page has landed, by fetching it if it has not,
// and returns what it leads to. It can be repeated. No Budget bounds it: that
// is read by Crawl.
func (p *Pipeline) Extract(ctx context.Context, r schemas.Request) (*facts.Facts, error) {
	c, err := newCrawl(p)
	if err != nil {
		return nil, err
	}
	f, err := c.extract(ctx, r, false)
	return f, errors.Join(err, c.sent.Close())
}
