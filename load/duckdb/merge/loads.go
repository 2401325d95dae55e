package merge

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// Loads is the table of the runs that are in the database, each with the checksum
// of what it was made of. Databases of earlier versions know their runs by the
// table runs alone.
const Loads = "_loads"

// createLoads makes the table.
const createLoads = "CREATE TABLE " + Loads + " (run_id VARCHAR NOT NULL, content VARCHAR NOT NULL);\n" +
	"COMMENT ON TABLE " + Loads + " IS 'Runs that this database has, as it says itself.';\n" +
	"COMMENT ON COLUMN " + Loads + ".run_id IS 'The run, as in runs._run_id.';\n" +
	"COMMENT ON COLUMN " + Loads + ".content IS 'Checksum of the pages that its rows were made of, as in its manifest.';\n"

// runIDs lists the runs that the new rows are of, where nobody says.
func runIDs(ctx context.Context, tx *sql.Tx, rows map[string]string) ([]string, error) {
	found := map[string]bool{}
	for _, t := range schemas.Tables() {
		if rows[t.Name] == "" {
			continue
		}
		ids, err := Texts(ctx, tx, "SELECT DISTINCT _run_id FROM "+rows[t.Name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		for _, id := range ids {
			found[schemas.QuoteText(id)] = true
		}
		if isLog(t) && len(ids) > 0 {
			break // a run without them has hardly any rows
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// Texts returns the values of a query of one text column, of a database or in a
// transaction, in order.
func Texts(ctx context.Context, db interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	slices.Sort(values)
	return values, rows.Err()
}

// isLog reports whether a table logs what each run saw, so that its rows belong
// to their run for good.
func isLog(t *schemas.Table) bool {
	found := func(s schemas.Source) bool { return !s.Missing }
	return t.Mode == schemas.Every || len(t.Sources) > 0 && !slices.ContainsFunc(t.Sources, found)
}
