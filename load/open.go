package load

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/marcboeker/go-duckdb/v2"

	"github.com/spacesetl/spacesetl/schemas"
)

// readOnly makes open leave the file alone and keep writers, not readers, away.
const readOnly = "?access_mode=read_only"

// open opens a database file; options are those of the driver's DSN. The last
// of equal settings counts.
func (d *DuckDB) open(path, options string, settings ...setting) (*sql.DB, error) {
	path, err := driverPath(path)
	if err != nil {
		return nil, err
	}
	return d.connect(path+options, settings...)
}

// driverPath is a path as the driver takes it.
func driverPath(path string) (string, error) {
	if strings.Contains(path, "?") {
		return "", fmt.Errorf("%s: the driver takes what follows a ? for options", path)
	}
	return filepath.Abs(path)
}

// openMemory opens a database of no file.
func (d *DuckDB) openMemory() (*sql.DB, error) { return d.connect("") }

func (d *DuckDB) connect(dsn string, settings ...setting) (*sql.DB, error) {
	var first []string
	for _, s := range append(d.settings(), settings...) {
		first = append(first, fmt.Sprintf("SET %s = %s", s.name, schemas.QuoteText(s.value)))
	}
	return connect(dsn, first)
}

// connect opens a database with one connection, of which each first runs some
// statements.
func connect(dsn string, first []string) (*sql.DB, error) {
	connector, err := duckdb.NewConnector(dsn, func(conn driver.ExecerContext) error {
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

// setting is one of DuckDB's.
type setting struct{ name, value string }

// settings are those of every database. No extension may be looked for: there
// may be no network, and none is needed.
func (d *DuckDB) settings() []setting {
	settings := []setting{
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		{"preserve_insertion_order", "false"}, // saves memory; rows have keys
	}
	if d.cfg.TempDir != "" {
		settings = append(settings, setting{"temp_directory", d.cfg.TempDir})
	}
	if d.cfg.MemoryLimit != "" {
		settings = append(settings, setting{"memory_limit", d.cfg.MemoryLimit})
	}
	if d.cfg.Threads > 0 {
		settings = append(settings, setting{"threads", fmt.Sprint(d.cfg.Threads)})
	}
	return settings
}

// draftRows is a row group of a draft, half of DuckDB's own: a group is
// unpacked in memory, for each connection that writes.
const draftRows = 61_440

// openDraft opens the private copy, which is made if it is missing, under a
// database of no file: only what is attached has row groups of another size.
// The last of equal settings counts.
func (d *DuckDB) openDraft(n names, settings ...setting) (*sql.DB, error) {
	options := url.Values{"temp_directory": {n.nextSpill}}
	for _, s := range append(d.settings(), settings...) {
		options.Set(s.name, s.value)
	}
	return connect("?"+options.Encode(), []string{
		fmt.Sprintf("ATTACH IF NOT EXISTS %s AS draft (ROW_GROUP_SIZE %d)", schemas.QuoteText(n.next), draftRows),
		"USE draft",
	})
}
