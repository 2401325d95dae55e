package load

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// TableHash tells what a table holds: equal rows, in whatever order and files,
// give equal values. They are comparable within one version of the program.
type TableHash struct {
	Rows int64  `json:"rows"`
	Hash string `json:"hash"` // sum of the hashes of all rows, in decimal
}

// Hashes returns the hash of every table of the database, those of versions
// included. A table or column of a newer version that the database lacks is an
// error. It opens the file for reading only.
func (d *DuckDB) Hashes(ctx context.Context) (hashes map[string]TableHash, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	if _, err := os.Stat(d.cfg.Path); err != nil {
		return nil, err
	}
	from := map[string]string{}
	tables := slices.Concat(schemas.Tables(), schemas.Histories())
	for _, t := range tables {
		from[t.Name] = schemas.Quote(t.Name)
	}
	db, err := d.cfg.open(d.cfg.Path, readOnly)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return hashTables(ctx, db, tables, from)
}

// HashParts returns the hash of every table of Parquet files whose paths are
// relative to dir. After one run into a new database they equal those of
// Hashes; after several, those of a database that the same runs are published
// to again, oldest first. It needs no database.
func HashParts(ctx context.Context, parts []schemas.Part, dir string) (map[string]TableHash, error) {
	from, err := run{Load: schemas.Load{Parts: parts}, dir: dir}.rows()
	if err != nil {
		return nil, fmt.Errorf("parquet: %w", err)
	}
	db, err := DuckDBConfig{}.openMemory()
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
