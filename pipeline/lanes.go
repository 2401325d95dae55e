package pipeline

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/schemas"
)

// laned is a Fetcher that knows what a request waits for: those of different
// lanes do not wait for each other. Without it there is one lane.
type laned interface {
	Lane(schemas.Request) string
}

// wave runs requests and their later pages, each collection in order, with
// Workers for each lane: where one waits for its rate window the others go on.
func (p *Pipeline) wave(ctx context.Context, requests []schemas.Request) {
	p.gauge.wave(len(requests))
	var all sync.WaitGroup
	for _, lane := range p.lanes(requests) {
		all.Go(func() { p.lane(ctx, lane) })
	}
	all.Wait()
}

// lanes splits requests by what they wait for and keeps their order.
func (p *Pipeline) lanes(requests []schemas.Request) [][]schemas.Request {
	by, ok := p.Fetcher.(laned)
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
func (p *Pipeline) lane(ctx context.Context, requests []schemas.Request) {
	var g errgroup.Group
	g.SetLimit(p.Workers)
	for _, r := range requests {
		g.Go(p.guarded(func() error {
			if err := p.batch(ctx, r); err != nil {
				p.end(ctx, r, err)
			}
			p.gauge.done()
			return nil
		}))
	}
	_ = g.Wait() // errors are in the walk
}
