package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	goduckdb "github.com/marcboeker/go-duckdb/v2"

	"github.com/spacesetl/spacesetl/schemas"
)

// readOnly makes open leave the file alone and keep writers, not readers, away.
const readOnly = "?access_mode=read_only"

// open opens a database file; options are those of the driver's DSN. The last
// of equal settings counts.
func (c Config) open(path, options string, settings ...setting) (*sql.DB, error) {
	path, err := driverPath(path)
	if err != nil {
		return nil, err
	}
	return c.connect(path+options, settings...)
}

// driverPath is a path as the driver takes it.
func driverPath(path string) (string, error) {
	if strings.Contains(path, "?") {
		return "", fmt.Errorf("%s: the driver takes what follows a ? for options", path)
	}
	return filepath.Abs(path)
}

// openMemory opens a database of no file.
func (c Config) openMemory() (*sql.DB, error) { return c.connect("") }

func (c Config) connect(dsn string, settings ...setting) (*sql.DB, error) {
	var first []string
	for _, s := range append(c.settings(), settings...) {
		first = append(first, fmt.Sprintf("SET %s = %s", s.name, schemas.QuoteText(s.value)))
	}
	return connect(dsn, first)
}

// connect opens a database with one connection, of which each first runs some
// statements.
func connect(dsn string, first []string) (*sql.DB, error) {
	connector, err := goduckdb.NewConnector(dsn, func(conn driver.ExecerContext) error {
		for _, statement := range first {
			if _, err := conn.ExecContext(context.Background(), statement, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// OpenSQL opens a database for SQL, with DuckDB's own settings and as many
// connections as are asked for at a time: a file, which is made if it is
// missing, or one in memory where source names none. Options follow
// after a ?, such as "spaces.duckdb?access_mode=read_only".
func OpenSQL(source string) (*sql.DB, error) { return sql.Open("duckdb", source) }

// Parameters plans a statement and runs nothing. It returns the names of the statement's
// parameters, in order, and what DuckDB says is wrong with it.
func (r *Reader) Parameters(ctx context.Context, text string) (names []string, err error) {
	c, err := r.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	err = c.Raw(func(conn any) error {
		// Prepare takes one statement. The other ways to ask run all but the
		// last of several at once.
		statement, err := conn.(driver.Conn).Prepare(text)
		if err != nil {
			return err
		}
		defer statement.Close()
		for i := range statement.NumInput() {
			name, err := statement.(*goduckdb.Stmt).ParamName(i + 1)
			if err != nil {
				return err
			}
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// setting is one of DuckDB's.
type setting struct{ name, value string }

// settings are those of every database. No extension may be looked for: there
// may be no network, and none is needed.
func (c Config) settings() []setting {
	settings := []setting{
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"preserve_insertion_order", "false"}, // saves memory; rows have keys
	}
	if c.TempDir != "" {
		settings = append(settings, setting{"temp_directory", c.TempDir})
	}
	if c.MemoryLimit != "" {
		settings = append(settings, setting{"memory_limit", c.MemoryLimit})
	}
	if c.Threads > 0 {
		settings = append(settings, setting{"threads", fmt.Sprint(c.Threads)})
	}
	return settings
}

// draftRows is a row group of a draft, half of DuckDB's own: a group is
// unpacked in memory, for each connection that writes.
const draftRows = 61_440

// draftName is the name that the private copy is open by.
const draftName = "draft"

// openDraft opens the private copy, which is made if it is missing, under a
// database of no file: only what is attached has row groups of another size.
// The last of equal settings counts.
func (c Config) openDraft(n names, settings ...setting) (*sql.DB, error) {
	options := url.Values{"temp_directory": {n.nextSpill}}
	for _, s := range append(c.settings(), settings...) {
		options.Set(s.name, s.value)
	}
	return connect("?"+options.Encode(), []string{
		fmt.Sprintf("ATTACH IF NOT EXISTS %s AS %s (ROW_GROUP_SIZE %d)", schemas.QuoteText(n.next), draftName, draftRows),
		"USE " + draftName,
	})
}

// openLocked opens a database of no file whose settings can be locked: they are
// those of the database and not set again by each connection, which would fail then.
// They spill nothing: what does not fit is an error, while a GROUP BY that spills
// can end the process (DuckDB 1.4.1, TupleDataCollection::Combine).
func (c Config) openLocked() (*sql.DB, error) {
	options := url.Values{"temp_directory": {""}}
	for _, s := range c.settings() {
		options.Set(s.name, s.value)
	}
	return connect("?"+options.Encode(), nil)
}
