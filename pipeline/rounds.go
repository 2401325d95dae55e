package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/schemas"
)

// Rounds is who asks for the same again and again in one run, beside what its plan
// leads to, until they are over.
type Rounds interface {
	// Saw is told what each page says, in the order received, also of pages that had
	// landed before. It is called from several goroutines.
	Saw(*facts.Facts)
	// Pause waits until the walk is to ask for what it has come to; false is the end.
	Pause(context.Context) bool
	// Chains are what goes on beside the walk and each other: none waits for another's
	// rate window. Each waits until requests are due, all with a Look; none is the end. The
	// first is what the run is for.
	Chains() []func(context.Context) []schemas.Request
}

// windingUp is how long what is under way when the rounds are over may take: the rest is
// left to the next run, with errOver.
const windingUp = 5 * time.Second

var errOver = fmt.Errorf("the rounds are over: %w", context.DeadlineExceeded)

// rounds crawls until a chain is over, or the endpoint of the first one refuses: another
// one whose endpoint does so ends alone.
func rounds(ctx context.Context, c *crawl) {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	waiting, over := context.WithCancel(ctx)
	defer over()
	context.AfterFunc(waiting, func() { time.AfterFunc(windingUp, func() { giveUp(errOver) }) })
	var all sync.WaitGroup
	chain := func(round func() bool) {
		all.Go(func() {
			_ = guarded(c.p.Crash, func() error {
				for c.walk.stopped() == nil && round() {
				}
				if c.walk.stopped() != nil { // nothing is worth waiting for
					over()
				}
				return nil
			})()
		})
	}
	chain(func() bool { c.waves(ctx); return c.p.Rounds.Pause(waiting) })
	for i, next := range c.p.Rounds.Chains() {
		chain(func() bool {
			due := next(waiting)
			for _, r := range c.wave(ctx, c.walk.looks(due), false) {
				c.p.Notify(Notice{"stopped", string(r.Endpoint) + ": a look did not come, the next may"})
			}
			closed := slices.ContainsFunc(due, func(r schemas.Request) bool { return c.walk.closed(r.Endpoint) })
			if len(due) == 0 || closed && i == 0 {
				over()
			}
			return len(due) > 0 && !closed
		})
	}
	all.Wait()
}

// recall takes in what had landed of a run in rounds, in the order received: asked for
// in the order of the walk, old looks would count as the newest.
func recall(ctx context.Context, c *crawl) error {
	if !c.p.Plan.Watch || c.p.pages.Len() == 0 {
		return nil
	}
	_, err := facts.Fold(ctx, c.p.pages, nil, func(p facts.Received) {
		if c.saw(p.Facts); p.Request.Token == "" {
			c.walk.looks([]schemas.Request{p.Request})
			c.walk.answered(p.Facts)
		}
	})
	c.recalled = err == nil
	return err
}
