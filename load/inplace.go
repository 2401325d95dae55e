package load

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"github.com/gofrs/flock"
)

// inPlace is a merge in the database itself, in a transaction that is open.
type inPlace struct {
	path  string
	fresh bool // the file was made for it
	lock  *flock.Flock
	db    *sql.DB
	tx    *sql.Tx
}

func (d *DuckDB) prepareInPlace(ctx context.Context, r run) (pending, error) {
	path, err := resolve(d.cfg.Path)
	if err != nil {
		return nil, err
	}
	p := &inPlace{path: path}
	if p.lock, err = lockDatabase(path); err != nil {
		return nil, err
	}
	if err := p.begin(ctx, d, r); err != nil {
		p.abandon()
		return nil, err
	}
	return p, nil
}

func (p *inPlace) begin(ctx context.Context, d *DuckDB, r run) (err error) {
	if err := newNames(p.path).recover(); err != nil {
		return err
	}
	_, statErr := os.Stat(p.path)
	p.fresh = errors.Is(statErr, os.ErrNotExist)
	if p.db, err = d.open(p.path, ""); err != nil {
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
	p.tx, p.fresh = nil, false
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
	if p.fresh {
		_ = os.Remove(p.path)
		_ = os.Remove(p.path + ".wal")
	}
	unlockDatabase(p.lock)
	p.tx, p.db, p.fresh, p.lock = nil, nil, false, nil
}
