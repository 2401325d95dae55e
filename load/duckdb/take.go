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
		return p.atOnce(ctx, db, jobs)
	}
	return p.inTurn(ctx, db, jobs)
}

// mostHeld is how many jobs of several runs are done before what they changed is written to
// the file: until then it takes memory.
const mostHeld = 4

// atOnce does the jobs of several runs: what one took and dropped is free when its
// transaction ends.
func (p *draft) atOnce(ctx context.Context, db *sql.DB, jobs []merge.Job) error {
	for i, job := range jobs {
		if err := giveBack(ctx, db); err != nil {
			return err
		}
		if err := p.transact(ctx, db, job); err != nil {
			return err
		}
		if i%mostHeld == mostHeld-1 {
			if err := p.checkpoint(ctx, db); err != nil {
				return err
			}
		}
	}
	return giveBack(ctx, db)
}

// giveBack gives memory that is free back to the system: DuckDB does when a limit is set,
// and otherwise keeps it while the thread works.
func giveBack(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "SET memory_limit = current_setting('memory_limit')")
	return err
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
