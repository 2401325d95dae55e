package duckdb

import (
	"context"

	"github.com/spacesetl/spacesetl/schemas"
)

// Together publishes runs that are prepared one after the other, many at a time:
// the database is copied and changed once for all of them. Where one cannot be prepared,
// those that are not visible yet are given up, too: the database says itself which
// runs it has, and who loads the next one brings them in.
type Together struct {
	db *Database
	// Runs that are prepared and not visible, and those of them that are to be.
	prepared, ready int
}

// mostTogether is how many runs become visible at a time: what a crash costs.
const mostTogether = 200

// most is that for a database: one that is changed in place need not be copied for each
// run, and all that a transaction changes takes memory until it ends.
func (t *Together) most() int {
	if t.db.cfg.InPlace {
		return 1
	}
	return mostTogether
}

// NewTogether publishes by a publisher, which nobody else uses.
func NewTogether(db *Database) *Together { return &Together{db: db} }

// Prepare is Database.Prepare.
func (t *Together) Prepare(ctx context.Context, l schemas.Load, dir string) error {
	if err := t.db.Prepare(ctx, l, dir); err != nil {
		return err
	}
	t.prepared++
	return nil
}

// Commit makes the runs visible if they are as many as are to be at a time.
func (t *Together) Commit(ctx context.Context) error {
	if t.ready++; t.ready < t.most() {
		return nil
	}
	return t.Finish(ctx)
}

// Close does nothing: see Finish.
func (t *Together) Close() error { return nil }

// Finish makes those visible that are not yet, and ends. A run that was prepared and not
// committed is given up, and those with it. Where nothing is published, it does nothing.
func (t *Together) Finish(ctx context.Context) error {
	if t == nil {
		return nil
	}
	whole := t.ready > 0 && t.ready == t.prepared
	t.prepared, t.ready = 0, 0
	if !whole || t.db.pending == nil {
		return t.db.Close()
	}
	return t.db.Commit(ctx)
}
