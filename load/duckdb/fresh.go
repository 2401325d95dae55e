package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/spacesetl/spacesetl/schemas"
)

// isLoose reports whether more than a third of a database's blocks are free: those that
// a publish left, and later ones did not take. A small file is what it is.
func isLoose(ctx context.Context, db *sql.DB) (loose bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT coalesce(bool_or(total_blocks * block_size > 16e6 AND free_blocks > total_blocks / 3), false) FROM pragma_database_size() WHERE database_name = current_database()").Scan(&loose)
	return loose, err
}

// rewrite makes the private copy a new file with what the database has, without its free
// blocks. It returns what reads the database, to be closed with the guard: closing either
// drops the locks of both.
func (n names) rewrite(ctx context.Context, cfg Config) (source *sql.DB, err error) {
	const from = "stored"
	// The order of rows stays: those of a time stand together.
	if source, err = cfg.openDraft(n, append(cfg.merging(), setting{"preserve_insertion_order", "true"}, setting{"threads", "1"})...); err != nil {
		return nil, err
	}
	execute := func(statement string, args ...any) {
		if err == nil {
			_, err = source.ExecContext(ctx, fmt.Sprintf(statement, args...))
		}
	}
	execute("USE memory.main; ATTACH %s AS %s (READ_ONLY, TYPE duckdb)", schemas.QuoteText(n.db), from)
	if err == nil {
		err = errors.Join(computes(ctx, source, from), harmless(ctx, source, from))
	}
	execute("COPY FROM DATABASE %s TO %s", from, draftName)
	execute("CHECKPOINT %s", draftName)
	_, detached := source.ExecContext(context.WithoutCancel(ctx), "USE memory.main; DETACH "+draftName)
	return source, errors.Join(err, detached)
}
