package load

import (
	"context"
	"database/sql"
	"errors"
)

// transactionBytes is the size of the files that are taken in by one
// transaction, about. A transaction costs a few milliseconds and keeps what it
// changes in memory; the copy is private, so it may end anywhere.
const transactionBytes = 4 << 20

// take takes the run into the copy.
func (p *draft) take(ctx context.Context, cfg DuckDBConfig, r run, isNew bool) (err error) {
	fillers, settings := 1, append(cfg.merging(), r.settings()...)
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
func (p *draft) fillNew(ctx context.Context, db *sql.DB, r run, fillers int) error {
	var jobs []job
	err := p.change(ctx, db, func(tx *sql.Tx) (err error) {
		jobs, err = r.jobs(ctx, tx, true)
		return err
	})
	if err != nil {
		return err
	}
	return p.fill(ctx, db, jobs, fillers)
}

// takeInto merges the run into the copy.
func (p *draft) takeInto(ctx context.Context, db *sql.DB, r run) error {
	var jobs []job
	err := p.change(ctx, db, func(tx *sql.Tx) (err error) {
		if jobs, err = r.jobs(ctx, tx, false); err != nil || jobs[0].thrifty || len(together(jobs)) > 1 {
			return err
		}
		all := jobs // a small run takes one transaction
		jobs = nil
		return do(ctx, tx, all)
	})
	if err != nil {
		return err
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
func (p *draft) inTurn(ctx context.Context, db *sql.DB, jobs []job) error {
	for _, some := range together(jobs) {
		if err := p.do(ctx, db, some); err != nil {
			return err
		}
		if some[0].thrifty {
			if _, err := db.ExecContext(ctx, "CHECKPOINT"); err != nil {
				return err
			}
		}
	}
	return nil
}

// most is how much is taken in by the transaction that a job is done in.
func (j job) most() int64 {
	if j.thrifty {
		return transactionBytes / 4
	}
	return transactionBytes
}

// weight is about how long a job takes: its files are read for each statement.
func (j job) weight() int64 { return j.bytes * int64(len(j.statements)) }

// together puts jobs that are next to each other into transactions.
func together(jobs []job) (transactions [][]job) {
	var bytes int64
	for i, j := range jobs {
		if i == 0 || bytes+j.bytes > j.most() {
			transactions = append(transactions, nil)
			bytes = 0
		}
		bytes += j.bytes
		last := len(transactions) - 1
		transactions[last] = append(transactions[last], j)
	}
	return transactions
}

// do does jobs in one transaction, or each statement of a large one in its own.
func (p *draft) do(ctx context.Context, db *sql.DB, jobs []job) error {
	if len(jobs) > 1 || jobs[0].bytes <= transactionBytes {
		return p.transact(ctx, db, jobs...)
	}
	for _, statement := range jobs[0].statements {
		if err := p.transact(ctx, db, job{table: jobs[0].table, statements: []string{statement}}); err != nil {
			return err
		}
	}
	return nil
}

func (p *draft) transact(ctx context.Context, db *sql.DB, jobs ...job) error {
	return p.change(ctx, db, func(tx *sql.Tx) error { return do(ctx, tx, jobs) })
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
