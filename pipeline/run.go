package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Complete says that the run has asked for all it was to ask for: with gaps, if
// the walk has found some.
func (p *Pipeline) Complete() {
	p.Run.Outcome = schemas.Done
	if p.crawl != nil && p.crawl.walk.incomplete() {
		p.Run.Outcome = schemas.DoneWithGaps
	}
}

// RunAll fetches what the plan asks for and loads it. When the run stops early
// the error is a *StoppedError; unless it was interrupted, in asking or in loading,
// what has landed is loaded all the same and the manifest says so.
func (p *Pipeline) RunAll(ctx context.Context) (*store.Manifest, error) {
	stopped := p.Crawl(ctx)
	p.Complete()
	if stopped != nil {
		var s *StoppedError
		var full *LandingError
		switch {
		case !errors.As(stopped, &s), s.Outcome == schemas.Interrupted:
			return nil, stopped // it has not begun, or goes on soon
		case errors.As(stopped, &full):
			return nil, stopped // tables would not find room where a page found none
		}
		p.Run.Outcome = s.Outcome
		if p.pages.Len() == 0 { // nothing was fetched: there is nothing to load
			if err := p.Receipt(); err != nil {
				return nil, errors.Join(stopped, err)
			}
			return nil, stopped
		}
	}
	loading, done := untilInterrupted(ctx)
	defer done()
	m, err := p.Load(loading)
	switch {
	case err == nil:
		return m, stopped
	case m == nil && loading.Err() != nil: // it goes on soon
		return nil, &StoppedError{schemas.Interrupted, ending(loading)}
	case m == nil:
		return nil, &StoppedError{schemas.Failed, errors.Join(err, stopped)}
	}
	return m, errors.Join(stopped, err)
}

// untilInterrupted is ctx without its deadline, which is for asking: what has come is
// loaded after it, too.
func untilInterrupted(ctx context.Context) (context.Context, func()) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
			cancel(cause)
		}
	})
	return longer, func() { stop(); cancel(nil) }
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
	if err := recall(ctx, c); err != nil {
		return errors.Join(err, c.sent.Close())
	}
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

// errLeft is a page that a survey has not found landed.
var errLeft = errors.New("not landed yet")

// Survey walks the landed pages of the plan and returns what a Crawl would ask for
// next, as far as these say, also at endpoints that were ruled out. It sends nothing; the manifest that Load makes then
// says what was asked for and what came.
func (p *Pipeline) Survey(ctx context.Context) ([]schemas.Request, error) {
	if p.pages == nil {
		return nil, ErrNotOpen
	}
	c := &crawl{p: p, walk: newWalk(p), survey: true, resumed: true}
	p.crawl = c
	if err := recall(ctx, c); err != nil {
		return nil, err
	}
	for wave := c.walk.next(); len(wave) > 0; wave = c.walk.next() {
		for _, r := range wave {
			err := c.batch(ctx, r)
			var all *EndpointError
			if errors.As(err, &all) { // another day it may take some of it
				c.left = append(c.left, r)
			}
			if err != nil && !errors.Is(err, errLeft) {
				c.end(ctx, r, err)
			}
		}
		if err := c.walk.stopped(); err != nil {
			return nil, err
		}
	}
	return c.left, ctx.Err()
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
