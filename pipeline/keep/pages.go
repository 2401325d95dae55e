package keep

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
)

// tee is a file as far as so many bytes, hashed while it is read.
func tee(file io.ReaderAt, bytes int64, hash hash.Hash) io.Reader {
	return io.TeeReader(io.NewSectionReader(file, 0, bytes), hash)
}

// Back is what came back from an archive that it was pruned into.
type Back struct {
	landing.PrunedMonth
	Tables []string `json:"tables,omitempty"` // whose Parquet files they are; nil of pages
}

// RestoreArchive brings back what was pruned into an archive.
func RestoreArchive(ctx context.Context, d store.Dir, archive string, step durable.Step) (Back, error) {
	pruned, err := landing.ReadPruned(d)
	if err == nil && len(pruned.Months)+len(pruned.Tables) == 0 {
		err = fmt.Errorf("nothing was pruned from %s", d)
	}
	if err != nil {
		return Back{}, err
	}
	x, err := walk(archive, nil, func(Entry, io.Reader) error { return nil })
	if err != nil {
		return Back{}, err
	}
	if len(x.Files) > 0 && kindOf(x.Files[0].Path) == tables {
		return restoreTables(ctx, d, archive, step)
	}
	month, err := RestorePages(ctx, d, archive, step)
	return Back{PrunedMonth: month}, err
}

// RestorePages brings the pages of a month back from the archive that they were pruned
// into, compares them with the checksums of the archive and of the runs' manifests, and
// notes that they are no more pruned. A process that dies leaves them pruned.
func RestorePages(ctx context.Context, d store.Dir, archive string, step durable.Step) (landing.PrunedMonth, error) {
	l, err := d.Lock()
	if err != nil {
		return landing.PrunedMonth{}, err
	}
	defer l.Unlock()
	pruned, err := landing.ReadPruned(d)
	if err != nil {
		return landing.PrunedMonth{}, err
	}
	next := filepath.Join(l.Raw(), "_pruned-restored") // swept if this process dies
	if err := os.RemoveAll(next); err != nil {
		return landing.PrunedMonth{}, err
	}
	defer os.RemoveAll(next) // only takes space
	month, sums := (*landing.PrunedMonth)(nil), map[string]string{}
	x, err := walk(archive, nil, func(e Entry, from io.Reader) error {
		name := strings.TrimPrefix(e.Path, "raw/")
		in := pruned.Month(strings.Split(name, "/")[0])
		if kindOf(e.Path) != pages || in == nil || month != nil && month.First != in.First {
			return fmt.Errorf("%s: has %s, which was not pruned from %s, or not in the same month", archive, e.Path, l.Dir)
		}
		month = in
		hash := sha256.New()
		err := errors.Join(ctx.Err(), step.At("restore: before write", e.Path))
		if err == nil {
			err = write(filepath.Join(next, filepath.FromSlash(name)), e, io.TeeReader(from, hash))
		}
		sums[e.Path] = hex.EncodeToString(hash.Sum(nil))
		return err
	})
	switch {
	case err != nil:
		return landing.PrunedMonth{}, err
	case month == nil || len(sums) != len(x.Files) || slices.ContainsFunc(x.Files, func(e Entry) bool { return sums[e.Path] != e.SHA256 }):
		return landing.PrunedMonth{}, &NoBackupError{archive, "its pages are not those that it lists"}
	case len(sums) != month.Files:
		return landing.PrunedMonth{}, &NoBackupError{archive, fmt.Sprintf("it has %d files of pages; %d were pruned", len(sums), month.Files)}
	}
	if err := takeBack(ctx, l, next, step); err != nil {
		return landing.PrunedMonth{}, err
	}
	back := *month
	pruned.Months = slices.DeleteFunc(pruned.Months, func(m landing.PrunedMonth) bool { return m.First == back.First })
	return back, landing.WritePruned(l, pruned, step)
}

// takeBack puts the folders of runs in their places, and holds their pages against the
// manifests.
func takeBack(ctx context.Context, l *store.Locked, next string, step durable.Step) error {
	entries, err := os.ReadDir(next)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			err = syncFolders(filepath.Join(next, name))
		}
		if err := errors.Join(err, ctx.Err(), step.At("restore: before rename", name)); err != nil {
			return err
		}
		to := filepath.Join(l.Raw(), name)
		if _, err := os.Lstat(to); err == nil {
			continue // as it was when a process died that removed it, or brought it back
		}
		if err := os.Rename(filepath.Join(next, name), to); err != nil {
			return err
		}
		if err := counted(l.Dir, to, e.IsDir()); err != nil {
			if e.IsDir() {
				return errors.Join(err, removePages(l, name, nil))
			}
			return errors.Join(err, os.Remove(to))
		}
	}
	return durable.SyncDir(l.Raw())
}

// counted compares the pages of a run, or those in a bundle, with what the manifests say
// of them.
func counted(d store.Dir, path string, own bool) error {
	if own {
		return countedRun(d, filepath.Base(path))
	}
	b, err := store.ReadBundle(store.PageBundles, path)
	if err != nil {
		return err
	}
	for _, run := range b.Runs() {
		if err := countedRun(d, run); err != nil {
			return err
		}
	}
	return nil
}

func countedRun(d store.Dir, run string) error {
	m, err := d.Manifest(run)
	if err != nil {
		return err
	}
	pages, err := d.Pages(run)
	if err != nil {
		return err
	}
	if err := landing.Check(d, &m, pages); err != nil {
		return fmt.Errorf("the pages of run %s: %w", run, err)
	}
	return nil
}
