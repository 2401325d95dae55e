package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// crawl is one Crawl under way.
type crawl struct {
	p       *Pipeline
	walk    *walk
	purse   *money.Purse // nil without a budget
	sent    *store.SentLog
	slots   chan struct{} // as many as Workers: requests sent whose page has not landed
	resumed bool          // pages had landed when it began
}

// newCrawl begins a crawl of an open pipeline.
func newCrawl(p *Pipeline) (*crawl, error) {
	if p.writer == nil {
		return nil, ErrNotOpen
	}
	return &crawl{
		p: p, walk: newWalk(p.Plan, p.Seeds), sent: store.NewSentLog(p.Lock, p.Run.RunID),
		slots: make(chan struct{}, p.Workers), resumed: p.pages.Len() > 0,
	}, nil
}

// openPurse reads what was spent and paid for, as far as the run needs to know.
func (c *crawl) openPurse(ctx context.Context) error {
	p := c.p
	if p.Budget != (money.Budget{}) {
		l, err := money.Update(ctx, p.Lock)
		if err != nil {
			return err
		}
		c.purse = money.NewPurse(p.Budget, p.Prices, p.Now, l, p.Run.RunID)
	}
	if p.Plan.NoExpand && p.Plan.Users {
		users, err := money.UsersPaid(ctx, p.Store, p.Run)
		if err != nil {
			return err
		}
		c.walk.present = users
	}
	return nil
}

// run crawls wave after wave.
func (c *crawl) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.walk.halting = cancel // for those who wait; what was sent is taken in
	for wave := c.walk.next(); len(wave) > 0; wave = c.walk.next() {
		c.wave(ctx, wave)
		if err := c.walk.stopped(); err != nil {
			break
		}
	}
}

// end records what an error of a request puts an end to.
func (c *crawl) end(ctx context.Context, r schemas.Request, err error) {
	outcome, scope := verdict(ctx, err)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = ending(ctx)
	}
	stopped := &StoppedError{outcome, err}
	switch scope {
	case schemas.EndpointScope:
		if c.walk.close(r.Endpoint, stopped) {
			c.p.Notify(Notice{"stopped", err.Error()})
		}
	case schemas.RequestScope, schemas.CollectionScope:
		c.walk.fail(r, stopped)
		c.p.Notify(Notice{"stopped", err.Error()})
	default:
		c.walk.stop(stopped)
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
func (c *crawl) collection(ctx context.Context, first schemas.Request) error {
	tokens := map[string]bool{}
	restarted, empty := false, 0
	var last [sha256.Size]byte
	for r, anew := &first, false; r != nil && len(tokens) < maxPages; {
		if c.walk.closed(r.Endpoint) {
			c.walk.skip(string(r.Endpoint) + " requests not sent after the endpoint refused one")
			return nil
		}
		if ctx.Err() != nil || c.walk.stopped() != nil {
			return ctx.Err()
		}
		got, err := c.extract(ctx, *r, anew)
		if _, scope := verdict(ctx, err); err != nil && scope == schemas.CollectionScope && !restarted {
			restarted, r, anew, tokens = true, &first, true, map[string]bool{}
			continue
		}
		if err != nil {
			return err
		}
		c.walk.add(got)
		c.p.gauge.page()
		empty++
		if got.Rows > 0 {
			empty = 0
		}
		if got.Next == nil {
			return nil
		}
		if tokens[got.Next.Token] || empty >= maxEmpty || last == got.Digest {
			c.p.Notify(Notice{"skipped", fmt.Sprintf("%s %s: the server repeats itself after %d pages; the rest is left out", r.Endpoint, strings.Join(r.IDs, ","), len(tokens)+1)})
			return nil
		}
		tokens[got.Next.Token], last = true, got.Digest
		next := *got.Next
		next.Creator = first.Creator
		r, anew = &next, false
	}
	return nil
}

// extract is Extract; with anew the page is fetched though it has landed.
func (c *crawl) extract(ctx context.Context, r schemas.Request, anew bool) (*facts.Facts, error) {
	page, landed, err := c.p.pages.Get(r.ID())
	if err != nil {
		return nil, err
	}
	if !landed || anew {
		return c.pay(ctx, r)
	}
	f, err := facts.Examine(page)
	if err == nil {
		c.p.known.Add(&page, f)
	}
	return f, err
}
