package duckdb

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
)

// fill does the jobs, the last one apart, several at a time, large ones first.
func (p *draft) fill(ctx context.Context, db *sql.DB, jobs []merge.Job, fillers int) error {
	last := jobs[len(jobs)-1]
	jobs = jobs[:len(jobs)-1]
	slices.SortStableFunc(jobs, func(a, b merge.Job) int { return cmp.Compare(b.Weight(), a.Weight()) })
	db.SetMaxOpenConns(fillers)
	g, filling := errgroup.WithContext(ctx)
	g.SetLimit(fillers)
	for _, some := range merge.Transactions(jobs) {
		g.Go(func() error { return p.do(filling, db, some) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return p.transact(ctx, db, last)
}
