package duckdb

import (
	"context"
	"database/sql"
	"errors"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
)

// take takes the run into the copy.
func (p *draft) take(ctx context.Context, cfg Config, r merge.Run, isNew bool) (err error) {
	fillers, settings := 1, append(cfg.merging(), settingsOf(r)...)
	if isNew {
		fillers, settings = cfg.filling()
	}
	db, err := cfg.openDraft(p.names, settings...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if isNew {
		err = p.fillNew(ctx, db, r, fillers)
	} else if err = p.check(ctx, db); err == nil {
		err = p.takeInto(ctx, db, r)
	}
	if err != nil {
		return err
	}
	return p.checkpoint(ctx, db)
}

// fillNew takes the run into a copy that is new.
func (p *draft) fillNew(ctx context.Context, db *sql.DB, r merge.Run, fillers int) error {
	var jobs []merge.Job
	err := p.change(ctx, db, func(tx *sql.Tx) (err error) {
		jobs, err = r.Jobs(ctx, tx, true)
		return err
	})
	if err != nil {
		return err
	}
	return p.fill(ctx, db, jobs, fillers)
}

// takeInto merges the run into the copy.
func (p *draft) takeInto(ctx context.Context, db *sql.DB, r merge.Run) error {
	var jobs []merge.Job
	err := p.change(ctx, db, func(tx *sql.Tx) (err error) {
		if jobs, err = r.Jobs(ctx, tx, false); err != nil || jobs[0].Thrifty || len(r.Several) > 0 || len(merge.Transactions(jobs)) > 1 {
			return err
		}
		all := jobs // a small run takes one transaction
		jobs = nil
		return merge.Do(ctx, tx, all)
	})
	if err != nil {
		return err
	}
	if len(r.Several) > 0 {
		for _, job := range jobs { // what it took and dropped is free when its transaction ends
			if err := p.transact(ctx, db, job); err != nil {
				return err
			}
		}
		return nil
	}
	return p.inTurn(ctx, db, jobs)
}

// checkpoint writes what was merged into the copy's file.
func (p *draft) checkpoint(ctx context.Context, db *sql.DB) error {
	if err := p.step.At("duckdb: before checkpoint", p.next); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "CHECKPOINT")
	return err
}

// inTurn does the jobs one after the other.
func (p *draft) inTurn(ctx context.Context, db *sql.DB, jobs []merge.Job) error {
	for _, some := range merge.Transactions(jobs) {
		if err := p.do(ctx, db, some); err != nil {
			return err
		}
		if some[0].Thrifty {
			if _, err := db.ExecContext(ctx, "CHECKPOINT"); err != nil {
				return err
			}
		}
	}
	return nil
}

// do does jobs in one transaction, or each statement of a large one in its own.
func (p *draft) do(ctx context.Context, db *sql.DB, jobs []merge.Job) error {
	if len(jobs) > 1 || jobs[0].Bytes <= merge.TransactionBytes {
		return p.transact(ctx, db, jobs...)
	}
	for _, statement := range jobs[0].Statements {
		if err := p.transact(ctx, db, merge.Job{Table: jobs[0].Table, Statements: []string{statement}}); err != nil {
			return err
		}
	}
	return nil
}

func (p *draft) transact(ctx context.Context, db *sql.DB, jobs ...merge.Job) error {
	return p.change(ctx, db, func(tx *sql.Tx) error { return merge.Do(ctx, tx, jobs) })
}

// change makes changes in a transaction.
func (p *draft) change(ctx context.Context, db *sql.DB, changes func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := changes(tx); err != nil {
		return err
	}
	if err := p.step.At("duckdb: before commit", p.next); err != nil {
		return err
	}
	return tx.Commit()
}
