// Package duckdb merges the Parquet files of runs into a database file, tells whether what
// stands there is what the files make, and gives SQL the tables to read. Nothing is visible
// before a commit, and the same run again changes nothing.
package duckdb

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// Config says which database the parts go to.
type Config struct {
	Path    string // the database file; created when missing
	Parts   string // folder that Part.Path is relative to
	TempDir string // where DuckDB spills to; empty for a folder beside Path
	// MemoryLimit is such as "1GB"; empty for DuckDB's default, 80 % of the
	// machine. To merge into rows that are stored it gets merge.Memory at least.
	MemoryLimit string
	Threads     int // 0 for one per core
	// InPlace merges in the database itself, for one too large to copy: nobody
	// may have it open meanwhile. Otherwise, and where there is no database
	// yet, a private copy is merged into and renamed over the database, which
	// readers may keep open: they go on seeing what they opened.
	InPlace bool
	// HistoriesSince has versions of rows removed that ended before, but for the last of
	// a row; the zero time keeps all. What one merge removed stays away.
	HistoriesSince time.Time
	Step           durable.Step

	waiting bool // files of runs may wait beside the database
	// planFor is the memory that merges are planned for, in bytes; 0 for what
	// they have. With hardly any there are many shares, as tests want them.
	planFor int64
}

// Database publishes parts to a database file: Prepare, then Commit or Close.
// Publish does it in one go. It takes one call at a time.
type Database struct {
	cfg     Config
	pending pending // between Prepare and Commit
}

// pending is a merge of one run or several that nobody sees yet. It begins with the lock, and with
// nothing left of a process that died.
type pending interface {
	begin(context.Context, Config, merge.Run) error
	add(context.Context, Config, merge.Run) error // another run
	commit(context.Context) error
	abandon() // does nothing after a commit
}

// New returns a publisher. It opens nothing: the database is locked
// against other writers only from Prepare to Commit or Close.
func New(cfg Config) *Database { return &Database{cfg: cfg} }

// Publish merges the parts of one run, which lie in Config.Parts, into
// the database: all of them become visible at once, or nothing. Rows that are
// stored and newer stay; the same parts again change nothing. Tables, columns,
// comments, views and macros that are missing are created.
// Of which run they are the database does not note.
// It returns a *LockedError when another process writes the database.
func (d *Database) Publish(ctx context.Context, parts []schemas.Part) error {
	if err := d.Prepare(ctx, schemas.Load{Parts: parts}, d.cfg.Parts); err != nil {
		return err
	}
	return d.Commit(ctx)
}

// Prepare merges the parts of one run, whose paths are relative to dir, and notes
// the run and its content in the table _loads, without changing what anybody
// sees. The parts are not needed afterwards. Called again before Commit it adds
// another run: of several, which become visible together, prepare the oldest
// first. It returns the errors of Publish, a *DamagedError where the database
// cannot be read, and then leaves nothing of what was prepared.
func (d *Database) Prepare(ctx context.Context, l schemas.Load, dir string) (err error) {
	defer func() { err = wrap(ctx, d.cfg.Path, err) }()
	if err := ctx.Err(); err != nil {
		return err
	}
	r := d.merged(merge.Run{Load: l}, dir)
	if d.pending != nil {
		if err := d.pending.add(ctx, d.cfg, r); err != nil {
			return errors.Join(err, d.Close())
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(d.cfg.Path), 0o777); err != nil {
		return err
	}
	debug.FreeOSMemory() // what made the parts, DuckDB may take now
	d.pending, err = d.prepare(ctx, r)
	return err
}

// AtOnce is how many runs are merged at a time.
const AtOnce = 24

// isSmall reports whether a run is merged at once with others.
func isSmall(l schemas.Load) bool {
	r := merge.Run{Load: l}
	return l.RunID != "" && r.IsSmall() && r.Size() <= merge.TransactionBytes
}

// PrepareAll is Prepare for several runs, oldest first. Small ones are merged at once where
// that makes the same rows: it costs hardly more than one of them.
func (d *Database) PrepareAll(ctx context.Context, runs []schemas.Load, dir string) error {
	for len(runs) > 0 {
		n, bytes := 0, int64(0)
		for n < min(len(runs), AtOnce) && isSmall(runs[n]) && bytes <= merge.TransactionBytes {
			bytes += merge.Run{Load: runs[n]}.Size()
			n++
		}
		n = max(n, 1)
		if err := d.prepareSome(ctx, runs[:n], dir); err != nil {
			return err
		}
		runs = runs[n:]
	}
	return nil
}

func (d *Database) prepareSome(ctx context.Context, runs []schemas.Load, dir string) error {
	if len(runs) > 1 {
		if d.pending == nil {
			if err := d.Prepare(ctx, schemas.Load{}, dir); err != nil {
				return err
			}
		}
		err := d.pending.add(ctx, d.cfg, d.merged(merge.Run{Several: runs}, dir))
		if !errors.Is(err, merge.ErrInTurn) {
			if err != nil {
				err = errors.Join(wrap(ctx, d.cfg.Path, err), d.Close())
			}
			return err
		}
	}
	for _, l := range runs {
		if err := d.Prepare(ctx, l, dir); err != nil {
			return err
		}
	}
	return nil
}

func (d *Database) merged(r merge.Run, dir string) merge.Run {
	r.Dir, r.Limit, r.Since = dir, cmp.Or(d.cfg.planFor, d.cfg.mergeLimit()), d.cfg.HistoriesSince
	return r
}

func (d *Database) prepare(ctx context.Context, r merge.Run) (pending, error) {
	path, err := resolve(d.cfg.Path)
	if err != nil {
		return nil, err
	}
	lock, err := lockDatabase(path)
	if err != nil {
		return nil, err
	}
	n := newNames(path)
	err = n.recover()
	if err == nil && !d.cfg.waiting {
		err = os.RemoveAll(n.waiting) // of a process that died
	}
	if err != nil {
		unlockDatabase(lock)
		return nil, err
	}
	var p pending = &draft{names: n, lock: lock, step: d.cfg.Step}
	if d.cfg.InPlace && exists(path) {
		p = &inPlace{path: path, lock: lock}
	}
	if err := p.begin(ctx, d.cfg, r); err != nil {
		p.abandon()
		return nil, err
	}
	return p, nil
}

// Commit makes what was prepared visible: a rename, or the COMMIT in place. A
// context that has ended does not stop it: files of the run may be visible by
// now, and the two belong together.
func (d *Database) Commit(ctx context.Context) error {
	if d.pending == nil {
		return wrap(ctx, d.cfg.Path, errors.New("nothing is prepared"))
	}
	defer d.Close()
	return wrap(context.WithoutCancel(ctx), d.cfg.Path, d.pending.commit(context.WithoutCancel(ctx)))
}

// Close gives up what was prepared and not committed.
func (d *Database) Close() error {
	if d.pending != nil {
		d.pending.abandon()
		d.pending = nil
	}
	return nil
}
