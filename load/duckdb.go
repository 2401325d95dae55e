package load

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/marcboeker/go-duckdb/v2"

	"github.com/spacesetl/spacesetl/schemas"
)

// DuckDBConfig says which database the parts go to.
type DuckDBConfig struct {
	Path        string // the database file; created when missing
	Parts       string // folder that Part.Path is relative to
	TempDir     string // where DuckDB spills to; empty for a folder beside Path
	MemoryLimit string // such as "1GB"; empty for DuckDB's default, 80 % of the machine
	Threads     int    // 0 for one per core
}

// DuckDB publishes parts to a database file.
type DuckDB struct{ cfg DuckDBConfig }

// NewDuckDB returns a publisher. It opens nothing: the database is open, and
// locked against other processes, only during Publish.
func NewDuckDB(cfg DuckDBConfig) *DuckDB { return &DuckDB{cfg} }

// Publish merges the parts of one run into the database in one transaction:
// all of it is visible, or nothing. Rows that are stored and newer stay, so
// runs can be published in any order; the same parts again change nothing.
// Tables, columns, comments and views that are missing are created.
// It returns a *LockedError when another process has the database open.
func (d *DuckDB) Publish(ctx context.Context, parts []schemas.Part) (err error) {
	defer func() { err = d.wrap(ctx, err) }()
	_, statErr := os.Stat(d.cfg.Path)
	fresh := errors.Is(statErr, os.ErrNotExist)
	db, err := d.open()
	if err != nil {
		return err
	}
	err = d.publish(ctx, db, parts)
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	if err != nil && fresh {
		_ = os.Remove(d.cfg.Path)
		_ = os.Remove(d.cfg.Path + ".wal")
	}
	return err
}

func (d *DuckDB) open() (*sql.DB, error) {
	path, err := filepath.Abs(d.cfg.Path)
	if err != nil {
		return nil, err
	}
	if strings.Contains(path, "?") {
		return nil, fmt.Errorf("%s: the driver takes what follows a ? for options", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	connector, err := duckdb.NewConnector(path, d.configure)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// configure sets up a connection. No extension may be looked for: there may be
// no network, and none is needed.
func (d *DuckDB) configure(conn driver.ExecerContext) error {
	settings := []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET preserve_insertion_order = false", // saves memory; rows have keys
	}
	if d.cfg.TempDir != "" {
		settings = append(settings, "SET temp_directory = "+schemas.QuoteText(d.cfg.TempDir))
	}
	if d.cfg.MemoryLimit != "" {
		settings = append(settings, "SET memory_limit = "+schemas.QuoteText(d.cfg.MemoryLimit))
	}
	if d.cfg.Threads > 0 {
		settings = append(settings, fmt.Sprintf("SET threads = %d", d.cfg.Threads))
	}
	for _, s := range settings {
		if _, err := conn.ExecContext(context.Background(), s, nil); err != nil {
			return err
		}
	}
	return nil
}

func (d *DuckDB) publish(ctx context.Context, db *sql.DB, parts []schemas.Part) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if err := evolve(ctx, tx); err != nil {
		return err
	}
	if err := d.merge(ctx, tx, parts); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// The data is committed. Moving it from the log into the file must not be
	// given up half-way for a cancelled run.
	_, err = db.ExecContext(context.WithoutCancel(ctx), "CHECKPOINT")
	return err
}

// merge takes the parts in table by table.
func (d *DuckDB) merge(ctx context.Context, tx *sql.Tx, parts []schemas.Part) error {
	files := map[string][]string{}
	for _, p := range parts {
		if schemas.Lookup(p.Table) == nil {
			return fmt.Errorf("%s is no table", p.Table)
		}
		if p.Rows > 0 {
			files[p.Table] = append(files[p.Table], filepath.Join(d.cfg.Parts, filepath.FromSlash(p.Path)))
		}
	}
	for _, t := range schemas.Tables() {
		if len(files[t.Name]) == 0 {
			continue
		}
		for _, statement := range newMerge(t, files[t.Name]).statements() {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
	}
	return nil
}

// evolve brings the tables, comments and views to what is declared. A database
// of an earlier version lacks columns; it keeps its rows.
func evolve(ctx context.Context, tx *sql.Tx) error {
	stored, err := comments(ctx, tx)
	if err != nil {
		return err
	}
	var script string
	for _, t := range schemas.Tables() {
		script += evolution(t, stored[t.Name])
	}
	for _, v := range schemas.Views() {
		script += v.DuckDB()
	}
	_, err = tx.ExecContext(ctx, script)
	return err
}

// evolution is what has to be run for a table that has these comments, by
// column; "" names the table itself.
func evolution(t *schemas.Table, stored map[string]string) string {
	if stored == nil {
		return t.DuckDB()
	}
	var added string
	same := stored[""] == t.Doc
	for _, c := range t.Columns {
		doc, ok := stored[c.Name]
		if !ok {
			added += fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n", schemas.Quote(t.Name), schemas.Quote(c.Name), c.Type.DuckDB())
		}
		same = same && ok && doc == c.Doc
	}
	if same {
		return ""
	}
	return added + t.DuckDB()
}

// comments returns the comments of the database by table and column; under ""
// the table's own.
func comments(ctx context.Context, tx *sql.Tx) (map[string]map[string]string, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT table_name, '', coalesce(comment, '') FROM duckdb_tables()
		WHERE database_name = current_database() AND schema_name = current_schema()
		UNION ALL
		SELECT table_name, column_name, coalesce(comment, '') FROM duckdb_columns()
		WHERE database_name = current_database() AND schema_name = current_schema()`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	stored := map[string]map[string]string{}
	for rows.Next() {
		var table, column, comment string
		if err := rows.Scan(&table, &column, &comment); err != nil {
			return nil, err
		}
		if stored[table] == nil {
			stored[table] = map[string]string{}
		}
		stored[table][column] = comment
	}
	return stored, rows.Err()
}
