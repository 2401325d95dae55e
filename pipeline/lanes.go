package pipeline

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/schemas"
)

// wave runs requests and their later pages, each collection in order, with
// Workers for each lane: where one waits for its rate window the others go on.
func (c *crawl) wave(ctx context.Context, requests []schemas.Request) {
	c.p.gauge.wave(len(requests))
	var all sync.WaitGroup
	for _, lane := range lanes(c.p.Fetcher, requests) {
		all.Go(func() { c.lane(ctx, lane) })
	}
	all.Wait()
}

// lanes splits requests by what they wait for and keeps their order: a Fetcher
// that does not know has one lane.
func lanes(f Fetcher, requests []schemas.Request) [][]schemas.Request {
	by, ok := f.(schemas.Laned)
	if !ok {
		return [][]schemas.Request{requests}
	}
	var lanes [][]schemas.Request
	number := map[string]int{}
	for _, r := range requests {
		name := by.Lane(r)
		i, known := number[name]
		if !known {
			i = len(lanes)
			number[name] = i
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], r)
	}
	return lanes
}

// lane runs the requests of one lane.
func (c *crawl) lane(ctx context.Context, requests []schemas.Request) {
	var g errgroup.Group
	g.SetLimit(c.p.Workers)
	for _, r := range requests {
		g.Go(guarded(c.p.Crash, func() error {
			if err := c.batch(ctx, r); err != nil {
				c.end(ctx, r, err)
			}
			c.p.gauge.done()
			return nil
		}))
	}
	_ = g.Wait() // errors are in the walk
}
