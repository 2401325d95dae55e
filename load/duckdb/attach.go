package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// attached is the name of a database file beside the tables that are read of it.
const attached = "store"

// stored is a database file that is open to read the tables that we know.
type stored struct {
	*sql.DB
	// guard has it open, too: of a file that is attached the driver does not know
	// whether this process has it open to write. They are closed together, since
	// closing a file drops every lock that the process has on it.
	guard *sql.DB
}

// catalogue are the tables that tell which runs a database has: who asks no more of it
// needs no view of the others, which take longer to make than the rest of opening it.
var catalogue = []string{merge.Loads, "runs"}

// openStored opens a database file, with views of some of our tables, or of all where
// none is named. The error is an fs.ErrNotExist where there is
// none, and a *LockedError, once it is wrapped, where somebody writes it.
func (c Config) openStored(ctx context.Context, views ...string) (stored, error) {
	s, err := c.openAttached(ctx, views...)
	if err == nil {
		err = shut(ctx, s.DB)
	}
	if err != nil {
		s.Close()
	}
	return s, err
}

// openAttached is openStored of a database that can still reach other files.
func (c Config) openAttached(ctx context.Context, views ...string) (s stored, err error) {
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	path, err := resolve(c.Path)
	if err != nil {
		return s, err
	}
	if err := durable.Regular(path); err != nil {
		return s, err
	}
	if len(views) > 0 {
		c.Threads = 1 // the catalogue is read by one in any case
	}
	if s.guard, err = c.open(path, readOnly); err != nil {
		return s, err
	}
	if err := s.guard.PingContext(ctx); err != nil {
		return s, err
	}
	if s.DB, err = c.openLocked(); err != nil {
		return s, err
	}
	_, err = attach(ctx, s.DB, path, views...)
	return s, err
}

// Close closes what is open; nothing was written.
func (s stored) Close() {
	for _, db := range []*sql.DB{s.DB, s.guard} {
		if db != nil {
			_ = db.Close()
		}
	}
}

// withStored opens a database file while something is asked of it.
func (c Config) withStored(ctx context.Context, ask func(context.Context, *sql.DB) error, views ...string) error {
	s, err := c.openStored(ctx, views...)
	if err != nil {
		return err
	}
	defer s.Close()
	return ask(ctx, s.DB)
}

// attach gives an empty database the tables that we know of a file, which may be
// from elsewhere: its views and macros can have the names of our tables, and of
// DuckDB's own functions, to read files or to run for ever. Names are looked for in
// the empty database, where neither is. It makes those of the tables that are named, or
// all where none is, and returns the names of all.
func attach(ctx context.Context, db *sql.DB, path string, views ...string) ([]string, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if err := durable.Regular(path); err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("ATTACH %s AS %s (READ_ONLY, TYPE duckdb)", schemas.QuoteText(path), attached)); err != nil {
		return nil, err
	}
	tables, err := merge.Texts(ctx, db, "SELECT table_name FROM duckdb_tables() WHERE database_name = '"+attached+"' AND schema_name = 'main'")
	if err != nil {
		return nil, err
	}
	tables = slices.DeleteFunc(tables, func(name string) bool { return !isOurs(name) && !wasOurs(name) })
	if err := computes(ctx, db, attached); err != nil {
		return nil, err
	}
	script := ""
	for _, name := range tables {
		if len(views) > 0 && !slices.Contains(views, name) {
			continue
		}
		script += fmt.Sprintf("CREATE VIEW %s AS FROM %s.main.%[1]s;\n", schemas.Quote(name), attached)
	}
	if script != "" { // it may be a database of anything
		_, err = db.ExecContext(ctx, script)
	}
	return tables, err
}

// computes returns an error where a column of our tables is computed when it is read,
// which is as good as a view; no column of ours is.
func computes(ctx context.Context, db *sql.DB, database string) error {
	columns, err := merge.Texts(ctx, db, "SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE database_name = '"+database+"' AND NOT internal AND "+
		"schema_name = 'main' AND column_default IS NOT NULL")
	if err != nil {
		return err
	}
	for _, column := range columns {
		if table, _, _ := strings.Cut(column, "."); isOurs(table) || wasOurs(table) {
			return fmt.Errorf("column %s is computed, which no column of ours is: this database has been changed by somebody else", column)
		}
	}
	return nil
}

// isOurs reports whether a table of a database is one of those we make.
func isOurs(name string) bool {
	same := func(t *schemas.Table) bool { return t.Name == name }
	return name == merge.Loads || name == merge.Histories || schemas.Lookup(name) != nil || slices.ContainsFunc(schemas.EndedTables(), same)
}

// wasOurs reports whether a table is one of all versions, which is a view now.
func wasOurs(name string) bool {
	return slices.ContainsFunc(schemas.Tables(), func(t *schemas.Table) bool { return t.Versioned && t.History() == name })
}

// shut lets a database reach nothing but what it has.
func shut(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "SET GLOBAL TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true")
	return err
}

// own makes our views and macros anew of the tables there are: those of the file
// may be anybody's. An earlier version's tables can lack what one asks for.
func own(ctx context.Context, db *sql.DB, tables []string) error {
	var scripts []string
	for _, v := range schemas.Views() {
		scripts = append(scripts, v.DuckDB())
	}
	var since time.Time
	if slices.Contains(tables, merge.Histories) {
		var err error
		if since, err = merge.StoredSince(ctx, db); err != nil {
			return err
		}
	}
	for _, m := range schemas.Macros(since) {
		if slices.Contains(tables, m.Of.Ended().Name) || slices.Contains(tables, m.Of.History()) {
			scripts = append(scripts, m.DuckDB())
		}
	}
	for _, script := range scripts {
		_, err := db.ExecContext(ctx, script)
		if err != nil && !strings.Contains(err.Error(), "Catalog Error") && !strings.Contains(err.Error(), "Binder Error") {
			return err
		}
	}
	return nil
}

// harmless returns an error where something in a file that is open by a name, and not in
// use, would run in a merge, in which names are looked for in the file first.
func harmless(ctx context.Context, db *sql.DB, database string) error {
	in := " WHERE database_name = '" + database + "' AND NOT internal"
	for _, q := range []struct{ what, query string }{
		{"macro", "SELECT min(function_name) FILTER (database_name = '" + database + "') FROM duckdb_functions() GROUP BY lower(function_name) " +
			"HAVING bool_or(internal) AND bool_or(database_name = '" + database + "' AND NOT internal)"}, // to list them takes long: once
		{"type", "SELECT type_name FROM duckdb_types()" + in + " AND lower(type_name) IN (SELECT lower(type_name) FROM duckdb_types() WHERE internal)"},
		{"view", "SELECT view_name FROM duckdb_views()" + in + " AND schema_name = 'main'"},
		{"condition on table", "SELECT table_name FROM duckdb_constraints() WHERE database_name = '" + database + "' AND schema_name = 'main' AND constraint_type IN ('CHECK', 'FOREIGN KEY')"},
	} {
		names, err := merge.Texts(ctx, db, q.query)
		if err != nil {
			return err
		}
		for _, name := range names {
			if isOurs(name) || q.what == "macro" || q.what == "type" {
				return fmt.Errorf("has a %s %q that is not ours and would run in a merge: drop it, or move the file away, and the next run makes the database again of what the store has", q.what, name)
			}
		}
	}
	return nil
}

// resolve is the absolute path of a database that is there or can be made. Links to
// its folder are followed, so that what lies beside it lies in one folder by
// whatever name; one in its own place, or in its log's, is refused.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for _, name := range []string{path, path + ".wal"} {
		if err := durable.Regular(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s: %w", name, durable.Cause(err))
		}
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		path = filepath.Join(folder, filepath.Base(path))
	}
	return path, nil
}
