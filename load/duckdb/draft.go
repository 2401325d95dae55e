package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// draft is a private copy of the database, merged into and then renamed over it.
type draft struct {
	names
	lock  *flock.Flock
	step  durable.Step
	guard *sql.DB // has the database open for reading, so that nobody writes it
	// source reads it for a copy that is a new file; nil for a copy of the file.
	source *sql.DB
	long   length // of the database
	known  bool   // that what is in it does no harm
	added
}

// added are runs that are taken into the copy one after the other, after the first.
type added struct {
	open  *sql.DB // has the copy open; nil for nobody has
	small bool    // for runs that are
	bytes int64   // of the files of those that are not checkpointed
	// evolved: its tables are up to date. What could not be taken in has left them as they were.
	evolved bool
}

// names are the files of a database and of its private copy beside it. A
// leading _ hides them from programs that read a folder.
type names struct {
	db, wal   string
	next      string // the private copy
	nextWAL   string
	aside     string // the database's log while the copy takes its place
	nextSpill string
	waiting   string // files of runs that wait for others
}

func newNames(path string) names {
	next := beside(path, "next")
	return names{db: path, wal: path + ".wal", next: next, nextWAL: next + ".wal", aside: beside(path, "wal"), nextSpill: next + ".tmp", waiting: beside(path, "waiting")}
}

// beside names a file of ours in the folder of a database.
func beside(path, extension string) string {
	return filepath.Join(filepath.Dir(path), "_"+filepath.Base(path)+"."+extension)
}

// begin makes the copy: the database and its log as they are, then the run.
func (p *draft) begin(ctx context.Context, cfg Config, r merge.Run) error {
	isNew := !exists(p.db)
	p.known = isNew
	if !isNew {
		var err error
		if p.long, err = checkHeader(p.db); err != nil {
			return err
		}
		if p.guard, err = cfg.open(p.db, readOnly, setting{"threads", "1"}); err != nil {
			return err
		}
		if err := p.guard.PingContext(ctx); err != nil {
			return err
		}
		if err := p.copy(ctx, cfg); err != nil {
			return err
		}
	}
	err := p.into(ctx, cfg, r, isNew)
	if !isNew || err == nil || !noMemory.MatchString(err.Error()) {
		return err
	}
	// Two wide tables of millions of rows do not fit at a time: one may.
	if err := p.recover(); err != nil {
		return err
	}
	cfg.Threads = 1
	return p.into(ctx, cfg, r, isNew)
}

// copy makes the private copy as the database is.
func (p *draft) copy(ctx context.Context, cfg Config) error {
	loose, err := isLoose(ctx, p.guard)
	if err != nil {
		return err
	}
	if loose {
		if p.source, err = p.rewrite(ctx, cfg); err == nil {
			return nil
		}
	}
	// What cannot be written anew, such as a table with what DuckDB does not copy, is
	// copied as it is.
	if err := errors.Join(ctx.Err(), remove(p.next), remove(p.nextWAL)); err != nil {
		return err
	}
	if err := copyFile(ctx, p.db, p.next); err != nil {
		return err
	}
	// Opening the copy replays the log; the copy then needs none.
	if err := copyFile(ctx, p.wal, p.nextWAL); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// check looks at what was in the database, once, before anything is asked of it that it
// could answer in its own way. It is asked of the copy, which is open in any case.
func (p *draft) check(ctx context.Context, db *sql.DB) error {
	if p.known {
		return nil
	}
	if _, err := db.ExecContext(ctx, "USE memory.main"); err != nil { // memory alone could be a schema of the file
		return err
	}
	if err := p.long.check(ctx, db, draftName); err != nil {
		return err
	}
	if err := computes(ctx, db, draftName); err != nil {
		return err
	}
	if err := harmless(ctx, db, draftName); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "USE "+draftName)
	p.known = err == nil
	return err
}

// checkpointBytes is the size of the files of runs after which the copy is brought up to
// date, and the memory that they took is free: that costs more than most of them do.
const checkpointBytes = 32 << 20

// add takes another run into the copy, which stays open.
func (p *draft) add(ctx context.Context, cfg Config, r merge.Run) (err error) {
	if p.open != nil && p.small != r.IsSmall() {
		if err := p.finish(ctx); err != nil {
			return err
		}
	}
	r.Evolved = p.evolved
	if p.open == nil {
		if p.open, err = cfg.openDraft(p.names, append(cfg.merging(), settingsOf(r)...)...); err != nil {
			return err
		}
		p.small = r.IsSmall()
	}
	if err := p.takeInto(ctx, p.open, r); err != nil {
		return err
	}
	p.evolved = true
	if err := dropTemporary(ctx, p.open); err != nil {
		return err
	}
	if p.bytes += r.Size(); p.bytes < checkpointBytes {
		return nil
	}
	p.bytes = 0
	return p.checkpoint(ctx, p.open)
}

// dropTemporary drops the temporary tables of a merge: each column of one takes a block
// of memory.
func dropTemporary(ctx context.Context, db *sql.DB) error {
	names, err := merge.Texts(ctx, db, "SELECT table_name FROM duckdb_tables() WHERE temporary")
	var script strings.Builder
	for _, name := range names {
		fmt.Fprintf(&script, "DROP TABLE temp.%s;", schemas.Quote(name))
	}
	if err == nil && len(names) > 0 {
		_, err = db.ExecContext(ctx, script.String())
	}
	return err
}

// finish makes durable what was added.
func (p *draft) finish(ctx context.Context) error {
	if p.open == nil {
		return nil
	}
	db := p.open
	p.added = added{}
	if err := errors.Join(p.checkpoint(ctx, db), db.Close()); err != nil {
		return err
	}
	return p.sync()
}

// into takes a run into the copy and makes that durable.
func (p *draft) into(ctx context.Context, cfg Config, r merge.Run, isNew bool) error {
	if err := p.take(ctx, cfg, r, isNew); err != nil {
		return err
	}
	return p.sync()
}

// sync makes the copy durable, which nobody has open.
func (p *draft) sync() error {
	if err := p.step.At("duckdb: before sync", p.next); err != nil {
		return err
	}
	if exists(p.nextWAL) {
		return fmt.Errorf("%s is left by DuckDB", filepath.Base(p.nextWAL))
	}
	return durable.SyncFile(p.next)
}

// commit renames the copy over the database. A log that lay beside the database
// is in the copy by now and must never lie beside the new file: DuckDB would
// replay it. So it goes aside before and away after the rename; a crash between
// is mended by recover.
func (p *draft) commit(ctx context.Context) error {
	if err := p.finish(ctx); err != nil {
		return err
	}
	folder := filepath.Dir(p.db)
	if exists(p.wal) {
		if err := os.Rename(p.wal, p.aside); err != nil {
			return err
		}
		if err := durable.SyncDir(folder); err != nil {
			return err
		}
	}
	if err := p.step.At("duckdb: before rename", p.db); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		p.letGo() // no file that is open can be replaced there
	}
	if err := os.Rename(p.next, p.db); err != nil {
		return err
	}
	return errors.Join(p.step.At("duckdb: renamed", p.db), durable.SyncDir(folder), remove(p.aside))
}

func (p *draft) abandon() {
	if p.open != nil {
		_ = p.open.Close()
		p.added = added{}
	}
	p.letGo()
	_ = p.recover()
	unlockDatabase(p.lock)
	p.lock = nil
}

// letGo closes what has the database open.
func (p *draft) letGo() {
	stored{p.source, p.guard}.Close()
	p.source, p.guard = nil, nil
}

// recover brings the folder back to the database and its log, whatever a
// process that died has left. The caller has the lock.
func (n names) recover() error {
	if exists(n.aside) {
		// While the copy is there, the database is the old one and needs its
		// log; otherwise it is the new one, which holds what the log says.
		err := error(nil)
		if exists(n.next) {
			err = os.Rename(n.aside, n.wal)
		} else {
			err = os.Remove(n.aside)
		}
		if err := errors.Join(err, durable.SyncDir(filepath.Dir(n.db))); err != nil {
			return err
		}
	}
	return errors.Join(remove(n.next), remove(n.nextWAL), os.RemoveAll(n.nextSpill))
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// remove removes a file that need not be there.
func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
