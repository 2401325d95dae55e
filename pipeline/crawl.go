package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// crawl is one Crawl under way.
type crawl struct {
	p       *Pipeline
	walk    *walk
	purse   *money.Purse // nil without a budget
	sent    *landing.SentLog
	slots   chan struct{} // as many as Workers: requests sent whose page has not landed
	resumed bool          // pages had landed when it began
	survey  bool          // nothing is sent: what has not landed is left
	left    []schemas.Request
	// recalled: the walk knows what the landed pages say, in the order received.
	recalled bool
}

// newCrawl begins a crawl of an open pipeline.
func newCrawl(p *Pipeline) (*crawl, error) {
	if p.writer == nil {
		return nil, ErrNotOpen
	}
	return &crawl{
		p: p, walk: newWalk(p), sent: landing.NewSentLog(p.Lock, p.Run.RunID),
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
		c.purse = money.NewPurse(p.Budget, p.Prices, p.Now, l)
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

// maxRounds bounds how often requests are put behind all others. A Fetcher that says
// when an outage is one does so long before.
const maxRounds = 100

// run crawls, in rounds where there are such.
func (c *crawl) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.walk.halting = cancel // for those who wait; what was sent is taken in
	if c.p.Rounds != nil {
		rounds(ctx, c)
		return
	}
	c.waves(ctx)
}

// waves crawls wave after wave. Requests that fail while nothing comes of the others go
// behind all that the walk knows of, and are asked again then.
func (c *crawl) waves(ctx context.Context) {
	var later []schemas.Request
	for round := 0; c.walk.stopped() == nil; {
		wave := c.walk.next()
		if len(wave) == 0 {
			wave, later = later, nil
			round++
		}
		if len(wave) == 0 {
			return
		}
		later = append(later, c.wave(ctx, wave, round >= maxRounds)...)
	}
}

// wave runs requests and their later pages, each collection in order, with
// Workers for each lane: where one waits for its rate window the others go on. It
// returns those to ask again, none where it is the last time.
func (c *crawl) wave(ctx context.Context, requests []schemas.Request, last bool) (later []schemas.Request) {
	c.p.gauge.wave(len(requests))
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, lane := range lanes(c.p.Fetcher, requests) {
		all.Go(func() {
			again := c.lane(ctx, lane, last)
			mu.Lock()
			defer mu.Unlock()
			later = append(later, again...)
		})
	}
	all.Wait()
	return later
}

// lane runs the requests of one lane and returns those to ask again.
func (c *crawl) lane(ctx context.Context, requests []schemas.Request, last bool) (later []schemas.Request) {
	var g errgroup.Group
	var mu sync.Mutex
	g.SetLimit(c.p.Workers)
	for _, r := range requests {
		g.Go(guarded(c.p.Crash, func() error {
			err := c.batch(ctx, r)
			if _, scope := verdict(ctx, err); err != nil && scope == schemas.LaterScope && !last && c.walk.stopped() == nil {
				mu.Lock()
				defer mu.Unlock()
				later = append(later, r)
			} else if err != nil {
				c.end(ctx, r, err)
			}
			c.p.gauge.done()
			return nil
		}))
	}
	_ = g.Wait() // errors are in the walk
	return later
}

// end records what an error of a request puts an end to.
func (c *crawl) end(ctx context.Context, r schemas.Request, err error) {
	outcome, scope := verdict(ctx, err)
	if errors.Is(err, errLeft) {
		return
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = ending(ctx)
	}
	stopped := &StoppedError{outcome, err}
	switch scope {
	case schemas.EndpointScope:
		if c.walk.close(r.Endpoint, stopped) {
			c.p.Notify(Notice{"stopped", err.Error()})
		}
	case schemas.RequestScope, schemas.CollectionScope, schemas.LaterScope:
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

// maxIdle is how many pages in a row may bring nothing new before a collection
// is left, maxPages how many it can have: servers have been seen to repeat
// themselves for ever, with ever new tokens.
const (
	maxIdle  = 3
	maxPages = 10_000
)

// collection fetches a request and its later pages. It returns the refusal of a
// request for several members, which is for the caller to split.
func (c *crawl) collection(ctx context.Context, first schemas.Request) (*facts.Refusal, error) {
	seen := newSeen()
	restarted, pages := false, 0
	for r, anew := &first, false; r != nil; {
		if !c.survey && c.walk.closed(r.Endpoint) {
			c.walk.skip(string(r.Endpoint) + " requests not sent after the endpoint refused one")
			return nil, nil
		}
		if ctx.Err() != nil || c.walk.stopped() != nil {
			return nil, ctx.Err()
		}
		told := c.recalled && !anew && c.p.pages.Has(r.ID())
		got, err := c.extract(ctx, *r, anew)
		if _, scope := verdict(ctx, err); err != nil && scope == schemas.CollectionScope && !restarted {
			start := first
			start.Token, start.Offset = "", 0
			restarted, r, anew, pages, seen = true, &start, true, 0, newSeen()
			continue
		}
		if err != nil {
			return nil, err
		}
		if !told {
			c.saw(got)
		}
		c.p.gauge.page()
		if pages++; pages == 1 {
			if got.Refused != nil && (len(first.IDs) > 1 || got.TooLarge() && len(c.smaller(first)) > 0) {
				return got.Refused, nil
			}
			if !told {
				c.walk.answered(got)
			}
		} else if less, ok := c.less(*r); ok && got.TooLarge() {
			pages--
			r, anew = &less, false
			continue
		} else if got.Refused != nil || got.Unreadable {
			c.cut(first, pages-1, "its next page is refused or is no page")
			return nil, nil
		}
		if got.Next == nil {
			return nil, nil
		}
		if why := seen.stuck(got); why != "" || pages >= maxPages {
			c.cut(first, pages, cmp.Or(why, fmt.Sprintf("it has %d pages and more", maxPages)))
			return nil, nil
		}
		next := *got.Next
		next.Creator = first.Creator
		r, anew = &next, false
	}
	return nil, nil
}

// saw takes in what a page says.
func (c *crawl) saw(f *facts.Facts) {
	if c.walk.add(f); c.p.Rounds != nil {
		c.p.Rounds.Saw(f)
	}
}

// less asks for a page of a collection that was too large, with fewer results or
// without people.
func (c *crawl) less(r schemas.Request) (schemas.Request, bool) {
	if fewer, ok := c.fewer(r); ok {
		return fewer, true
	}
	return c.lean(r)
}

// cut leaves a collection before its end, and says so.
func (c *crawl) cut(first schemas.Request, pages int, why string) {
	c.walk.cut(first, pages, why)
	c.p.Notify(Notice{"cut-short", fmt.Sprintf("%s %s: left after %d pages: %s", first.Endpoint, strings.Join(members(first), ","), pages, why)})
}

// extract is Extract; with anew the page is fetched though it has landed.
func (c *crawl) extract(ctx context.Context, r schemas.Request, anew bool) (*facts.Facts, error) {
	page, landed, err := c.p.pages.Get(r.ID())
	var damage *landing.DamageError
	switch {
	case c.survey && errors.As(err, &damage):
		landed = false // it can be asked for again
	case err != nil:
		return nil, err
	}
	if c.survey && (!landed || anew) {
		c.left = append(c.left, r)
		return nil, errLeft
	}
	if !landed || anew {
		return c.pay(ctx, r)
	}
	f, err := facts.Examine(ctx, page)
	if err == nil {
		c.p.known.Add(&page, f)
	}
	return f, err
}
