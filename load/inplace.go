package load

import (
	"context"
	"database/sql"
	"errors"

	"github.com/gofrs/flock"
)

// inPlace is a merge in the database itself, in a transaction that is open.
type inPlace struct {
	lock *flock.Flock
	db   *sql.DB
	tx   *sql.Tx
}

// prepareInPlace is called with the lock, and nothing left of a process that
// died.
func (d *DuckDB) prepareInPlace(ctx context.Context, path string, lock *flock.Flock, r run) (pending, error) {
	p := &inPlace{lock: lock}
	if err := p.begin(ctx, d, path, r); err != nil {
		p.abandon()
		return nil, err
	}
	return p, nil
}

func (p *inPlace) begin(ctx context.Context, d *DuckDB, path string, r run) (err error) {
	if p.db, err = d.open(path, "", d.cfg.merging(r)...); err != nil {
		return err
	}
	// The transaction outlives the call: only its statements end with ctx.
	if p.tx, err = p.db.BeginTx(context.WithoutCancel(ctx), nil); err != nil {
		return err
	}
	return r.merge(ctx, p.tx)
}

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
