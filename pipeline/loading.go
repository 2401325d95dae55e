package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/transform"
)

// shardBytes is the size from which a load is split among several decoders,
// each with a file of its own for every table.
const shardBytes = 64 << 20

// batchBytes is how many bytes of rows a decoder collects before they are
// loaded.
const batchBytes = 1 << 20

// loading is one Load under way.
type loading struct {
	p       *Pipeline
	entries []landing.Entry
	claims  *claims

	stats transform.Stats // after run

	mu      sync.Mutex
	damaged []*landing.DamageError // pages that could not be read
	tally   *tally
	merged  map[*schemas.Table]*transform.Coalescer
}

// run decodes and loads the pages, page i by shard i modulo their number.
func (l *loading) run(ctx context.Context) error {
	var bytes int64
	for _, e := range l.entries {
		bytes += e.Bytes()
	}
	shards := 1
	if bytes > shardBytes {
		shards = l.p.Shards
	}
	stats := make([]transform.Stats, shards)
	g, ctx := errgroup.WithContext(ctx)
	for shard := range shards {
		g.Go(guarded(l.p.Crash, func() error {
			d := transform.NewDecoder()
			d.Ended = ctx.Err
			err := l.shard(ctx, d, shard, shards)
			if err != nil {
				l.claims.fail()
			}
			stats[shard] = d.Stats()
			return err
		}))
	}
	err := g.Wait()
	l.stats = merge(stats)
	return err
}

// shard decodes every n-th page and loads the rows. Loading goes on beside
// decoding: a shard that stopped to load would keep the next page from its turn
// to claim, and so all others waiting.
func (l *loading) shard(ctx context.Context, d *transform.Decoder, shard, shards int) error {
	decoded := make(chan []schemas.Batch)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(guarded(l.p.Crash, func() error {
		defer close(decoded)
		return l.decode(ctx, d, shard, shards, decoded)
	}))
	g.Go(guarded(l.p.Crash, func() error {
		for batches := range decoded {
			err := l.p.Loader.Load(ctx, shard, l.ready(batches))
			l.p.gauge.loaded(batches)
			release(batches)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return g.Wait()
}

// decode sends the rows of a shard's pages in batches of some size.
func (l *loading) decode(ctx context.Context, d *transform.Decoder, shard, shards int, decoded chan<- []schemas.Batch) error {
	mine := &shardClaims{claims: l.claims, next: shard, step: shards}
	var buffers landing.Buffers
	for i := shard; i < len(l.entries); i += shards {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := l.p.pages.ReadInto(l.entries[i], &buffers)
		var damage *landing.DamageError
		if l.p.Salvage && errors.As(err, &damage) {
			l.damage(damage)
			mine.Begin() // its turn is passed on
			mine.End()
			l.p.gauge.done()
			continue
		}
		if err != nil {
			return err
		}
		if l.p.pages.Counts(l.entries[i]) {
			l.count(&page, &buffers)
			err = d.Page(&page, mine)
		} else {
			err = d.Earlier(&page, mine)
		}
		if err != nil {
			return err
		}
		l.p.gauge.done()
		if d.Size() < batchBytes {
			continue
		}
		if err := send(ctx, decoded, d.Take()); err != nil {
			return err
		}
	}
	return send(ctx, decoded, d.Take())
}

// send hands batches over.
func send(ctx context.Context, decoded chan<- []schemas.Batch, batches []schemas.Batch) error {
	select {
	case decoded <- batches:
		return nil
	case <-ctx.Done():
		release(batches)
		return ctx.Err()
	}
}

// damage notes a page that cannot be read.
func (l *loading) damage(d *landing.DamageError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.damaged = append(l.damaged, d)
}

func release(batches []schemas.Batch) {
	for _, b := range batches {
		b.Record.Release()
	}
}

// count takes a page into the receipt.
func (l *loading) count(page *schemas.Page, buffers *landing.Buffers) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.page(page)
	l.tally.content.Add(page.ID, buffers)
}

// ready counts batches and returns those to load now; rows of tables that are
// merged over all pages are kept for the end.
func (l *loading) ready(batches []schemas.Batch) []schemas.Batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	var kept []schemas.Batch
	for _, b := range batches {
		l.tally.batch(b)
		if b.Table.Mode != schemas.Coalesce {
			kept = append(kept, b)
			continue
		}
		if l.merged[b.Table] == nil {
			l.merged[b.Table] = transform.NewCoalescer(b.Table)
		}
		l.merged[b.Table].Add(b)
	}
	return kept
}

// rest loads what is known only at the end: merged tables and the run itself.
func (l *loading) rest(ctx context.Context) error {
	var batches []schemas.Batch
	for _, t := range schemas.Tables() {
		if c := l.merged[t]; c != nil {
			batches = append(batches, c.Batch()...)
		}
	}
	run, err := transform.NewDecoder().Run(l.p.Run)
	if err != nil {
		return fmt.Errorf("run %s: %w", l.p.Run.RunID, err)
	}
	batches = append(batches, run)
	defer release(batches)
	return l.p.Loader.Load(ctx, 0, batches)
}
