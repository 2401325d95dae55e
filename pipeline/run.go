package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// ended is an error that knows what it puts an end to and how.
type ended interface {
	error
	Stop() (schemas.Outcome, schemas.Scope)
}

// verdict is what an error puts an end to. One that does not know ends the run.
func verdict(ctx context.Context, err error) (schemas.Outcome, schemas.Scope) {
	var e ended
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
func (p *Pipeline) RunAll(ctx context.Context) (*Manifest, error) {
	stopped := p.Crawl(ctx)
	p.Run.Outcome = schemas.Done
	var s *StoppedError
	if errors.As(stopped, &s) {
		p.Run.Outcome = s.Outcome
		if s.Outcome == schemas.Interrupted {
			return nil, stopped
		}
	}
	var full *LandingError
	if errors.As(stopped, &full) {
		return nil, stopped // tables would not find room where a page found none
	}
	if len(p.landing.Entries()) == 0 && stopped != nil {
		return nil, stopped // nothing was fetched: there is nothing to load
	}
	m, err := p.Load(context.WithoutCancel(ctx))
	if err != nil {
		return nil, &StoppedError{schemas.Failed, errors.Join(err, stopped)}
	}
	return m, stopped
}

// Crawl fetches every page the plan leads to that has not landed yet, in
// waves: the seeds, then what they led to, until nothing is left.
func (p *Pipeline) Crawl(ctx context.Context) error {
	p.walk, p.slots = newWalk(p.Plan, p.Seeds), make(chan struct{}, p.Workers)
	if err := p.money(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.walk.halting = cancel // for those who wait; what was sent is taken in
	for wave := p.walk.next(); len(wave) > 0; wave = p.walk.next() {
		p.wave(ctx, wave)
		if err := p.walk.stopped(); err != nil {
			break
		}
	}
	for reason, n := range p.walk.skips() {
		p.Notify(Notice{"skipped", fmt.Sprintf("%s: %d", reason, n)})
	}
	return p.walk.ended()
}

// end records what an error of a request puts an end to.
func (p *Pipeline) end(ctx context.Context, r schemas.Request, err error) {
	outcome, scope := verdict(ctx, err)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = ending(ctx)
	}
	stopped := &StoppedError{outcome, err}
	switch scope {
	case schemas.EndpointScope:
		if p.walk.close(r.Endpoint, stopped) {
			p.Notify(Notice{"stopped", err.Error()})
		}
	case schemas.RequestScope, schemas.CollectionScope:
		p.walk.fail(r, stopped)
		p.Notify(Notice{"stopped", err.Error()})
	default:
		p.walk.stop(stopped)
	}
}

// ending says in a user's words why the context has ended.
func ending(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return errors.New("the deadline has passed")
	}
	return fmt.Errorf("interrupted: %w", context.Cause(ctx))
}

// maxEmpty is how many pages without data are followed in a row, maxPages how
// many a collection can have: servers have been seen to repeat tokens for ever.
const (
	maxEmpty = 10
	maxPages = 10_000
)

// collection fetches a request and its later pages.
func (p *Pipeline) collection(ctx context.Context, first schemas.Request) error {
	tokens := map[string]bool{}
	restarted, empty := false, 0
	var last []byte
	for r, again := &first, false; r != nil && len(tokens) < maxPages; {
		if p.walk.closed(r.Endpoint) {
			p.walk.skip(string(r.Endpoint) + " requests not sent after the endpoint refused one")
			return nil
		}
		if ctx.Err() != nil || p.walk.stopped() != nil {
			return ctx.Err()
		}
		got, err := p.extract(ctx, *r, again)
		if _, scope := verdict(ctx, err); err != nil && scope == schemas.CollectionScope && !restarted {
			restarted, r, again, tokens = true, &first, true, map[string]bool{}
			continue
		}
		if err != nil {
			return err
		}
		p.walk.add(got)
		p.gauge.page()
		empty++
		if got.Rows > 0 {
			empty = 0
		}
		if got.Next == nil {
			return nil
		}
		if tokens[got.Next.Token] || empty >= maxEmpty || bytes.Equal(last, got.digest) {
			p.Notify(Notice{"skipped", fmt.Sprintf("%s %s: the server repeats itself after %d pages; the rest is left out", r.Endpoint, strings.Join(r.IDs, ","), len(tokens)+1)})
			return nil
		}
		tokens[got.Next.Token], last = true, got.digest
		r, again = got.Next, false
	}
	return nil
}

// Extract makes sure that one page has landed, by fetching it if it has not,
// and returns what it leads to. It can be repeated.
func (p *Pipeline) Extract(ctx context.Context, r schemas.Request) (Extracted, error) {
	return p.extract(ctx, r, false)
}

// extract is Extract; with again the page is fetched though it has landed.
func (p *Pipeline) extract(ctx context.Context, r schemas.Request, again bool) (Extracted, error) {
	page, landed, err := p.landing.Get(r.ID())
	if err != nil {
		return Extracted{}, err
	}
	if !landed || again {
		return p.pay(ctx, r)
	}
	return examine(page)
}
