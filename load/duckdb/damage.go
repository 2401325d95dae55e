package duckdb

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Check tells before a run whether it can be merged: it is nil where the
// database can be read, or there is none. It returns a *DamagedError where it
// cannot, and a *LockedError where another process writes it. It reads the
// beginning of the file, the catalogue and which runs there are, not the rows,
// and writes nothing.
func (d *Database) Check(ctx context.Context) error {
	_, err := d.Look(ctx)
	return err
}

// Look is Check, and says what the database holds, which is nothing where there is none.
func (d *Database) Look(ctx context.Context) (c Contents, err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	path, err := resolve(d.cfg.Path)
	if err != nil || !exists(path) {
		return c, err
	}
	if exists(beside(path, "lock")) {
		lock, err := lockDatabase(path)
		if err != nil {
			return c, err
		}
		unlockDatabase(lock)
	}
	long, err := checkHeader(path)
	if err != nil {
		return c, err
	}
	err = d.cfg.withStored(ctx, func(ctx context.Context, db *sql.DB) error {
		if err := long.check(ctx, db, attached); err != nil {
			return err
		}
		if err := harmless(ctx, db, attached); err != nil {
			return err
		}
		c, err = contents(ctx, db)
		return err
	}, catalogue...)
	return c, err
}

// Where a database file says how long it is: after its first block of 4 KiB two
// headers follow, of which the one written later counts.
const (
	headerBytes   = 4096
	headers       = 3
	iterationAt   = 8
	blocksAt      = 32
	blockBytesAt  = 40
	newestStorage = 67
)

// checkHeader returns a *DamagedError where the file is no database, and else how long
// it is. It comes before the database is opened: closing the file would let go of the
// lock that DuckDB has on it in this process.
func checkHeader(path string) (length, error) {
	if err := durable.Regular(path); err != nil {
		return length{}, fmt.Errorf("%s: %w", path, durable.Cause(err))
	}
	info, err := os.Lstat(path)
	if err != nil {
		return length{}, err
	}
	header, err := ReadHeader(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return length{}, err
	case err != nil:
		return length{}, &DamagedError{Path: path, Err: errors.New("it is not a DuckDB database")}
	case header.Storage > newestStorage:
		return length{}, fmt.Errorf("is of a newer DuckDB (%s), which this program does not read", header.Library)
	case info.Size() < headers*headerBytes:
		return length{}, &DamagedError{Path: path, Err: fmt.Errorf("it ends after %d bytes, within its header", info.Size())}
	}
	return lengthOf(path)
}

// length is how long a database file is, in blocks.
type length struct {
	path      string
	has, want int64 // whole blocks, and how many its header says at most
	size      int64 // of a block, in bytes
}

// check returns a *DamagedError where blocks of a table are missing at the end of a
// database that is open by a name. DuckDB would find out when it reads them; a merge may not
// read them, and carry half a database on.
func (l length) check(ctx context.Context, db *sql.DB, name string) error {
	if l.has >= l.want {
		return nil
	}
	// Blocks at the end that are free need not be there.
	tables, err := merge.Texts(ctx, db, "SELECT table_name FROM duckdb_tables() WHERE database_name = '"+attached+"' AND schema_name = 'main'")
	if err != nil || len(tables) == 0 {
		return err
	}
	var lasts []string
	for _, table := range tables {
		lasts = append(lasts, fmt.Sprintf("SELECT max(greatest(block_id, list_max(additional_block_ids))) AS last FROM pragma_storage_info(%s) WHERE persistent",
			schemas.QuoteText(name+".main."+schemas.Quote(table))))
	}
	var last sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT max(last) FROM ("+strings.Join(lasts, " UNION ALL ")+")").Scan(&last); err != nil {
		return err
	}
	if missing := last.Int64 + 1 - l.has; last.Valid && missing > 0 {
		return &DamagedError{Path: l.path, Err: fmt.Errorf("%d bytes are missing at its end", missing*l.size)}
	}
	return nil
}

// lengthOf reads how long a database file is.
func lengthOf(path string) (length, error) {
	file, info, err := durable.OpenInfo(path)
	if err != nil {
		return length{}, err
	}
	defer file.Close()
	start := make([]byte, headers*headerBytes)
	if _, err := io.ReadFull(file, start); err != nil {
		return length{}, err
	}
	last, other := start[headerBytes:2*headerBytes], start[2*headerBytes:]
	if number(other, iterationAt) > number(last, iterationAt) {
		last = other
	}
	size := int64(min(number(last, blockBytesAt), 1<<30))
	if size == 0 {
		return length{}, nil // an older format, or what DuckDB finds odd, too
	}
	return length{path, (info.Size() - headers*headerBytes) / size, int64(min(number(last, blocksAt), 1<<40)), size}, nil
}

func number(header []byte, at int) uint64 { return binary.LittleEndian.Uint64(header[at:]) }

// SetAside renames a damaged database and its log, so that a new one can be made
// in its place, and returns the new name: that of the database with .damaged and
// the time. It deletes nothing. The error is a *LockedError where another process
// publishes to the database, and an fs.ErrNotExist where there is none.
func SetAside(path string) (name string, err error) {
	defer func() { err = wrap(context.Background(), path, err) }()
	if path, err = resolve(path); err != nil {
		return "", err
	}
	if !exists(path) {
		return "", fs.ErrNotExist
	}
	lock, err := lockDatabase(path)
	if err != nil {
		return "", err
	}
	defer unlockDatabase(lock)
	n := newNames(path)
	if err := n.recover(); err != nil {
		return "", err
	}
	name = path + ".damaged-" + time.Now().UTC().Format("20060102T150405Z")
	for i := 2; exists(name) || exists(name+".wal"); i++ {
		name = fmt.Sprintf("%s.damaged-%s-%d", path, time.Now().UTC().Format("20060102T150405Z"), i)
	}
	// The log first: beside a new database DuckDB would replay it.
	if err := os.Rename(n.wal, name+".wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := os.Rename(n.db, name); err != nil {
		return "", err
	}
	return name, durable.SyncDir(filepath.Dir(path))
}
