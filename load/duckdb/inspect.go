package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/schemas"
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
func (d *Database) Inspect(ctx context.Context) (c Contents, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	err = d.cfg.withStored(ctx, func(ctx context.Context, db *sql.DB) error {
		c, err = contents(ctx, db)
		return err
	}, catalogue...)
	return c, err
}

func contents(ctx context.Context, db *sql.DB) (c Contents, err error) {
	if c.Rows, err = sizes(ctx, db); err != nil {
		return c, err
	}
	if _, ok := c.Rows["runs"]; !ok {
		return c, errors.New("there is no table runs: it is not a database of spacesetl")
	}
	c.Runs, err = runsIn(ctx, db, c.Rows)
	return c, err
}

// sizes returns how many rows the catalogue says that the tables have.
func sizes(ctx context.Context, db *sql.DB) (map[string]int64, error) {
	rows, err := db.QueryContext(ctx, "SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = '"+attached+"' AND schema_name = 'main'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tables := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		if isOurs(name) {
			tables[name] = n
		}
	}
	return tables, rows.Err()
}

// mostRuns is more than any database has: an hourly job makes 8,760 a year.
const mostRuns = 1_000_000

// runsIn asks the tables runs and _loads, where there is one.
func runsIn(ctx context.Context, db *sql.DB, tables map[string]int64) (map[string]string, error) {
	if tables["runs"] > mostRuns || tables[merge.Loads] > mostRuns {
		return nil, fmt.Errorf("says that it has more than %d runs: it is not a database of spacesetl", mostRuns)
	}
	query := "SELECT _run_id::VARCHAR, '' FROM runs"
	if _, ok := tables[merge.Loads]; ok {
		query = "SELECT _run_id::VARCHAR, coalesce(content, '')::VARCHAR FROM runs LEFT JOIN " + merge.Loads + " ON run_id = _run_id"
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

// TableHash tells what a table holds: equal rows, in whatever order and files,
// give equal values. They are comparable within one version of the program.
type TableHash struct {
	Rows int64  `json:"rows"`
	Hash string `json:"hash"` // sum of the hashes of all rows, in decimal
}

// Hashes returns the hash of every table of the database, those of ended versions
// included unless some are of a database of before revision 4, and without those that are
// removed or were to be, see Config.HistoriesSince. A table or column of a
// newer version that the database lacks is an error. It opens the file for reading only.
func (d *Database) Hashes(ctx context.Context) (hashes map[string]TableHash, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	from := map[string]string{}
	tables := slices.Concat(schemas.Tables(), schemas.EndedTables())
	for _, t := range tables {
		from[t.Name] = schemas.Quote(t.Name)
	}
	err = d.cfg.withStored(ctx, func(ctx context.Context, db *sql.DB) error {
		if err := d.remembered(ctx, db, from); err != nil {
			return err
		}
		if hashes, err = hashTables(ctx, db, tables, from); err != nil {
			return err
		}
		for _, t := range schemas.EndedTables() {
			var adopted bool
			if err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT EXISTS (FROM %s WHERE %s)", schemas.Quote(t.Name), schemas.Adopted)).Scan(&adopted); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			if adopted {
				delete(hashes, t.Name)
			}
		}
		return nil
	})
	return hashes, err
}

// Forgettable counts the versions that the next run removes, none where it removed all that
// ended before Config.HistoriesSince.
func (d *Database) Forgettable(ctx context.Context) (n int64, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	err = d.cfg.withStored(ctx, func(ctx context.Context, db *sql.DB) error {
		tables, err := sizes(ctx, db)
		if err != nil {
			return err
		}
		var since time.Time
		if _, some := tables[merge.Histories]; some {
			if since, err = merge.StoredSince(ctx, db); err != nil || !d.cfg.HistoriesSince.After(since) {
				return err
			}
		}
		for _, t := range schemas.Tables() {
			if !t.Versioned {
				continue
			}
			if _, some := tables[t.Ended().Name]; !some { // a database of before revision 4
				continue
			}
			var of int64
			err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) FROM %s AS one WHERE %s", schemas.Quote(t.Ended().Name), merge.Forgotten(t, d.cfg.HistoriesSince))).Scan(&of)
			if err != nil {
				return err
			}
			n += of
		}
		return nil
	})
	return n, err
}

// HistoriesSince returns since when the database has all versions that ended, the zero time
// for ever.
func (d *Database) HistoriesSince(ctx context.Context) (since time.Time, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	err = d.cfg.withStored(ctx, func(ctx context.Context, db *sql.DB) error {
		tables, err := sizes(ctx, db)
		if _, some := tables[merge.Histories]; err == nil && some {
			since, err = merge.StoredSince(ctx, db)
		}
		return err
	}, merge.Histories)
	return since, err
}

// remembered changes what the versions that ended are selected from to those that stay, in
// a database of which some were removed, or are to be.
func (d *Database) remembered(ctx context.Context, db *sql.DB, from map[string]string) error {
	since := d.cfg.HistoriesSince
	tables, err := sizes(ctx, db)
	if _, some := tables[merge.Histories]; err == nil && some {
		var stored time.Time
		if stored, err = merge.StoredSince(ctx, db); stored.After(since) {
			since = stored
		}
	}
	if err != nil || since.IsZero() {
		return err
	}
	for _, t := range schemas.Tables() {
		if t.Versioned {
			from[t.Ended().Name] = fmt.Sprintf("(FROM %s AS one WHERE NOT (%s))", schemas.Quote(t.Ended().Name), merge.Forgotten(t, since))
		}
	}
	return nil
}

// HashParts returns the hash of every table of Parquet files whose paths are
// relative to dir. After one run into a new database they equal those of
// Hashes; after several, those of a database that the same runs are published
// to again, oldest first. It needs no database.
func HashParts(ctx context.Context, parts []schemas.Part, dir string) (map[string]TableHash, error) {
	from, err := merge.Run{Load: schemas.Load{Parts: parts}, Dir: dir}.Rows()
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	db, err := Config{}.openMemory()
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	defer db.Close()
	hashes, err := hashTables(ctx, db, schemas.Tables(), from)
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", firstLine{err})
	}
	return hashes, nil
}

// hashTables hashes the tables that there is something to select from; others
// have no rows.
func hashTables(ctx context.Context, db *sql.DB, tables []*schemas.Table, from map[string]string) (map[string]TableHash, error) {
	hashes := map[string]TableHash{}
	for _, t := range tables {
		hash := TableHash{Hash: "0"}
		if from[t.Name] != "" {
			row := db.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*), coalesce(sum(%s), 0)::VARCHAR FROM %s", rowHash(t), from[t.Name]))
			if err := row.Scan(&hash.Rows, &hash.Hash); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		hashes[t.Name] = hash
	}
	return hashes, nil
}

// rowHash hashes the declared columns of a row, each with its place, as text
// that neither the session nor the type of a file's column can change.
func rowHash(t *schemas.Table) string {
	values := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		value := schemas.Quote(c.Name)
		if c.Type == schemas.Time {
			value = "epoch_us(" + value + ")"
		}
		values[i] = value + "::VARCHAR"
	}
	return "hash(" + strings.Join(values, ", ") + ")"
}
