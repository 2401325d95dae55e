package duckdb

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
)

// inPlace is a merge in the database itself, in a transaction that is open.
type inPlace struct {
	path string
	lock *flock.Flock
	db   *sql.DB
	tx   *sql.Tx
}

func (p *inPlace) begin(ctx context.Context, cfg Config, r merge.Run) (err error) {
	long, err := checkHeader(p.path)
	if err != nil {
		return err
	}
	cfg.Path = p.path
	check := func(ctx context.Context, db *sql.DB) error {
		return errors.Join(long.check(ctx, db, attached), harmless(ctx, db, attached))
	}
	if err := cfg.withStored(ctx, check, catalogue...); err != nil {
		return err
	}
	if p.db, err = cfg.open(p.path, "", append(cfg.merging(), settingsOf(r)...)...); err != nil {
		return err
	}
	// The transaction outlives the call: only its statements end with ctx.
	if p.tx, err = p.db.BeginTx(context.WithoutCancel(ctx), nil); err != nil {
		return err
	}
	return r.Merge(ctx, p.tx)
}

// add merges another run in the same transaction.
func (p *inPlace) add(ctx context.Context, _ Config, r merge.Run) error { return r.Merge(ctx, p.tx) }

func (p *inPlace) commit(ctx context.Context) error {
	if err := p.tx.Commit(); err != nil {
		return err
	}
	p.tx = nil
	_, err := p.db.ExecContext(ctx, "CHECKPOINT")
	closeErr := p.db.Close()
	p.db = nil
	return errors.Join(err, closeErr)
}

func (p *inPlace) abandon() {
	if p.tx != nil {
		_ = p.tx.Rollback()
	}
	if p.db != nil {
		_ = p.db.Close()
	}
	unlockDatabase(p.lock)
	p.tx, p.db, p.lock = nil, nil, nil
}
