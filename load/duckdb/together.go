package duckdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spacesetl/spacesetl/schemas"
)

// Together publishes runs that are prepared one after the other, many at a time:
// the database is copied and changed once for all of them. Where one cannot be prepared,
// those that are not visible yet are given up, too: the database says itself which
// runs it has, and who loads the next one brings them in.
type Together struct {
	db *Database
	// Runs that are prepared and not visible, and those of them that are to be.
	prepared, ready int
	waiting         []schemas.Load    // small ones, to be merged at once
	folder          string            // with their files; empty for none
	joined          map[string]string // names of files there that several runs have rows in
}

// mostTogether is how many runs become visible at a time: what a crash costs.
const mostTogether = 10 * AtOnce

// NewTogether publishes by a publisher, which nobody else uses, to a database that nobody
// else writes meanwhile.
func NewTogether(db *Database) *Together {
	db.cfg.waiting = true
	return &Together{db: db}
}

// Prepare is Database.Prepare. The files of a small run are linked, or copied, to wait for
// others.
func (t *Together) Prepare(ctx context.Context, l schemas.Load, dir string) error {
	t.prepared++
	if !isSmall(l) {
		if err := t.merge(ctx); err != nil {
			return err
		}
		return t.db.Prepare(ctx, l, dir)
	}
	kept, err := t.keep(ctx, l, dir)
	if err != nil {
		return errors.Join(wrap(ctx, t.db.cfg.Path, err), t.giveUp())
	}
	if t.waiting = append(t.waiting, kept); len(t.waiting) < AtOnce {
		return nil
	}
	return t.merge(ctx)
}

// keep links the files of a run into a folder beside the database.
func (t *Together) keep(ctx context.Context, l schemas.Load, dir string) (schemas.Load, error) {
	path, err := resolve(t.db.cfg.Path)
	if err != nil {
		return l, err
	}
	if t.folder == "" {
		t.folder, t.joined = newNames(path).waiting, map[string]string{}
		if err := os.RemoveAll(t.folder); err != nil { // of a process that died
			return l, err
		}
	}
	folder := filepath.Join(t.folder, fmt.Sprint(len(t.waiting)))
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return l, err
	}
	parts := l.Parts
	l.Parts = nil
	for i, p := range parts {
		if p.Rows == 0 {
			continue
		}
		from, name := filepath.Join(dir, filepath.FromSlash(p.Path)), filepath.Join(folder, fmt.Sprint(i, ".parquet"))
		if known := t.joined[from]; l.Only && known != "" {
			name = known // it is read once
		} else if os.Link(from, name) != nil { // not every file system has links
			if err := copyFile(ctx, from, name); err != nil {
				return l, err
			}
		}
		t.joined[from], p.Path = name, name
		l.Parts = append(l.Parts, p)
	}
	return l, nil
}

// merge merges the runs that wait.
func (t *Together) merge(ctx context.Context) error {
	if len(t.waiting) == 0 {
		return nil
	}
	err := t.db.PrepareAll(ctx, t.waiting, "")
	return errors.Join(err, t.remove())
}

// remove removes the files of the runs that wait.
func (t *Together) remove() error {
	folder := t.folder
	t.waiting, t.folder = nil, ""
	if folder == "" {
		return nil
	}
	return os.RemoveAll(folder)
}

// Commit makes the runs visible if they are as many as are to be at a time: in a database
// that is changed in place those that are merged, since it need not be copied for each, and
// all that a transaction changes takes memory until it ends.
func (t *Together) Commit(ctx context.Context) error {
	t.ready++
	alone := t.db.cfg.InPlace && len(t.waiting) == 0
	if t.ready < mostTogether && !alone {
		return nil
	}
	return t.Finish(ctx)
}

// Close does nothing: see Finish.
func (t *Together) Close() error { return nil }

// giveUp ends without what was prepared.
func (t *Together) giveUp() error {
	return errors.Join(t.remove(), t.db.Close())
}

// Finish makes those visible that are not yet, and ends. A run that was prepared and not
// committed is given up, and those with it. Where nothing is published, it does nothing.
func (t *Together) Finish(ctx context.Context) error {
	if t == nil {
		return nil
	}
	whole := t.ready > 0 && t.ready == t.prepared
	t.prepared, t.ready = 0, 0
	if !whole {
		return t.giveUp()
	}
	if err := t.merge(ctx); err != nil || t.db.pending == nil {
		return err
	}
	return t.db.Commit(ctx)
}
