package merge

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Histories is the table of a database of which versions that ended were removed: it says
// since when all are there. The others have none.
const Histories = "_histories"

// createHistories makes the table.
const createHistories = "CREATE TABLE " + Histories + " (since TIMESTAMPTZ NOT NULL);\n" +
	"COMMENT ON TABLE " + Histories + " IS 'Since when this database has every version of its rows: those that ended before were removed.';\n"

// forget removes the versions that ended before Since, unless a run
// before has done so, of a database with these tables. It returns since when all are there,
// the zero time for ever.
func (r Run) forget(ctx context.Context, tx *sql.Tx, tables map[string]map[string]string) (since time.Time, err error) {
	script := createHistories
	if tables[Histories] != nil {
		script = "DELETE FROM " + Histories + ";\n"
		if since, err = StoredSince(ctx, tx); err != nil {
			return since, err
		}
	}
	if !r.Since.After(since) {
		return since, nil
	}
	for _, t := range schemas.Tables() {
		if !t.Versioned {
			continue
		}
		if tables[t.Ended().Name] == nil {
			return since, nil // what it has instead is brought over first
		}
		script += fmt.Sprintf("DELETE FROM %s AS one WHERE %s;\n", schemas.Quote(t.Ended().Name), Forgotten(t, r.Since))
	}
	_, err = tx.ExecContext(ctx, script+fmt.Sprintf("INSERT INTO %s VALUES (%s)", Histories, schemas.QuoteTime(r.Since)))
	return r.Since, err
}

// StoredSince reads that table.
func StoredSince(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (time.Time, error) {
	var since sql.NullTime
	err := db.QueryRowContext(ctx, "SELECT max(since) FROM "+Histories).Scan(&since)
	return since.Time, err
}

// Forgotten is the condition on versions of an alias one of which nothing is told once those
// that ended before a time are removed. The last of a row stays: since it ended, the row is
// as it is.
func Forgotten(t *schemas.Table, since time.Time) string {
	return fmt.Sprintf("one.%[1]s < %[2]s AND (EXISTS (FROM %[3]s AS later WHERE %[4]s AND later.%[1]s > one.%[1]s) OR NOT EXISTS (FROM %[5]s AS now WHERE %[6]s))",
		schemas.ValidTo, schemas.QuoteTime(since), schemas.Quote(t.Ended().Name), Equal(t.Key, "later", "one"), schemas.Quote(t.Name), Equal(t.Key, "now", "one"))
}
