package load

import (
	"context"
	"database/sql"
	"errors"
	"os"
)

// Contents is what a database file holds, by its own account.
type Contents struct {
	Rows map[string]int64 // by table, as the catalogue has it: rows deleted by a merge can be among them
	// Runs are those merged into it, with the checksum of their content; empty
	// where an earlier version merged them.
	Runs map[string]string
}

// Inspect opens the database for reading only and asks its catalogue: it takes
// as long for a large database as for a small one. It returns fs.ErrNotExist
// when there is none.
func (d *DuckDB) Inspect(ctx context.Context) (c Contents, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	if _, err := os.Stat(d.cfg.Path); err != nil {
		return c, err
	}
	db, err := d.cfg.open(d.cfg.Path, readOnly)
	if err != nil {
		return c, err
	}
	defer db.Close()
	c.Rows = map[string]int64{}
	rows, err := db.QueryContext(ctx, "SELECT table_name, estimated_size FROM duckdb_tables() WHERE NOT internal")
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return c, err
		}
		c.Rows[name] = n
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return c, err
	}
	if _, ok := c.Rows["runs"]; !ok {
		return c, errors.New("there is no table runs: it is not a database of spacesetl")
	}
	c.Runs, err = runsIn(ctx, db, c.Rows)
	return c, err
}

// runsIn asks the tables runs and _loads, where there is one.
func runsIn(ctx context.Context, db *sql.DB, tables map[string]int64) (map[string]string, error) {
	query := "SELECT _run_id, '' FROM runs"
	if _, ok := tables[loads]; ok {
		query = "SELECT _run_id, coalesce(content, '') FROM runs LEFT JOIN " + loads + " ON run_id = _run_id"
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	runs := map[string]string{}
	for rows.Next() {
		var id, content string
		if err := rows.Scan(&id, &content); err != nil {
			return nil, err
		}
		runs[id] = content
	}
	return runs, rows.Err()
}
