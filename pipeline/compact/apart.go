package compact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// ChangedError is a joined file that cannot be taken apart into the files that its
// runs' manifests list, as they were made by another version of the program.
type ChangedError struct{ File, Run string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has the rows of runs that another version loaded, such as %s: replay all runs, which makes their files anew", e.File, e.Run)
}

// Apart takes the joined files that have rows of a run apart, so that each of their
// runs has files of its own again, as its manifest lists them. Where another version
// has made them they are not the same bytes: that is a *ChangedError, and that table
// stays joined, unless all are about to be made anew.
func Apart(ctx context.Context, l *store.Locked, run string, all bool) error {
	runs, err := l.Runs()
	if err != nil {
		return err
	}
	r := reader{d: l.Dir, runs: runs, manifests: map[string]*store.Manifest{}}
	where, err := store.ReadWhere(l.Dir)
	if err != nil {
		return err
	}
	if err := r.announce(ctx, where, run); err != nil {
		return err
	}
	for _, t := range schemas.Tables() {
		if j := where.Joined(t.Name, run); j != nil {
			if err := r.apart(ctx, l, t, where, *j, all); err != nil {
				return fmt.Errorf("taking the files of %s apart: %w", t.Name, err)
			}
		}
	}
	return nil
}

// settling is how long whoever lists a table's folders may take to list the files in
// them, for not to miss those that files taken apart go to.
const settling = time.Second

// announce makes the folders of days that files will be in, some time before they are.
func (r *reader) announce(ctx context.Context, where store.Where, run string) error {
	made := false
	for _, t := range schemas.Tables() {
		j := where.Joined(t.Name, run)
		if j == nil {
			continue
		}
		for _, p := range r.parts(t, *j) {
			err := os.Mkdir(filepath.Join(r.d.Parquet(), filepath.FromSlash(path.Dir(p.Path))), 0o777)
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
			made = made || err == nil
		}
	}
	if made {
		select {
		case <-ctx.Done():
		case <-time.After(settling):
		}
	}
	return ctx.Err()
}

func (r *reader) apart(ctx context.Context, l *store.Locked, t *schemas.Table, where store.Where, j store.Joined, all bool) error {
	next, err := store.NewTable(l, t.Name)
	if err != nil {
		return err
	}
	defer next.Close()
	changed, err := r.split(ctx, t, j, next.Dir)
	if err != nil {
		return err
	}
	if len(changed) > 0 && !all {
		return &ChangedError{r.path(j), changed[0]}
	}
	next.Without(j.Path)
	files := slices.DeleteFunc(slices.Clone(where[t.Name]), func(one store.Joined) bool { return one.Path == j.Path })
	return r.replace(t, next, store.Map{Files: files}, nil)
}

// File is a joined file, with the files that the manifests of its runs list, whose rows
// are in it.
type File struct {
	store.Joined
	Listed []schemas.Part
	reader *reader
}

// Files are the joined files of a store, and what is wrong with the maps that list them.
// Manifest is that of a run, nil if it cannot be read; of it is read what a joined file
// depends on.
func Files(d store.Dir, runs []string, manifest map[string]*store.Manifest) (files []File, wrong []string) {
	r := reader{d: d, runs: runs, manifests: manifest}
	for _, t := range schemas.Tables() {
		m, err := store.ReadMap(d, t.Name)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		for _, j := range m.Files {
			files = append(files, File{j, r.parts(t, j), &r})
		}
	}
	return files, wrong
}

// Check compares a joined file with what its map lists.
func (f File) Check() error { return store.CheckPart(f.reader.path(f.Joined), f.Part) }

// Verify is Check, and holds the rows against the manifests of the runs: taken apart,
// they are the files that these list. With a folder, laid out as that of all tables,
// those are written there.
func (f File) Verify(ctx context.Context, dir string) error {
	if dir != "" {
		dir = filepath.Join(dir, f.Table)
	}
	changed, err := f.reader.split(ctx, schemas.Lookup(f.Table), f.Joined, dir)
	for _, run := range changed {
		if f.reader.manifest(run).Versions["tables"] == schemas.Revision {
			return fmt.Errorf("%s: the rows of run %s in it are not those of the file that its manifest lists", f.reader.path(f.Joined), run)
		}
	}
	return err
}

// path is where a joined file lies.
func (r *reader) path(j store.Joined) string {
	return filepath.Join(r.d.Parquet(), filepath.FromSlash(j.Path))
}

// split takes a joined file apart into a folder as of its table, or without one only
// looks, and returns the runs whose files are not what their manifests list.
func (r *reader) split(ctx context.Context, t *schemas.Table, j store.Joined, dir string) (changed []string, err error) {
	if err := store.CheckPart(r.path(j), j.Part); err != nil {
		return nil, err
	}
	listed := r.parts(t, j)
	parts := slices.Clone(listed)
	for i := range parts {
		_, parts[i].Path, _ = strings.Cut(parts[i].Path, "/")
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(filepath.Join(dir, path.Dir(parts[i].Path)), 0o777); err != nil {
			return nil, err
		}
	}
	made, err := parquet.Split(ctx, t, r.path(j), dir, parts)
	if err != nil {
		return nil, err
	}
	for i := range made {
		if made[i].SHA256 != listed[i].SHA256 {
			changed = append(changed, store.RunOf(listed[i].Path))
		}
	}
	return changed, nil
}

// reader reads manifests, each once.
type reader struct {
	d         store.Dir
	runs      []string // oldest first
	manifests map[string]*store.Manifest
}

// manifest is that of a run, nil if it cannot be read.
func (r *reader) manifest(run string) *store.Manifest {
	m, known := r.manifests[run]
	if !known {
		if read, err := r.d.Manifest(run); err == nil {
			m = &read
		}
		r.manifests[run] = m
	}
	return m
}

// Partition is that of a store's newest files; of days where there are none.
func Partition(d store.Dir) schemas.Partition {
	runs, _ := d.Runs()
	r := reader{d: d, runs: runs, manifests: map[string]*store.Manifest{}}
	return r.partition()
}

// partition is that of the newest files: the job says it now.
func (r *reader) partition() schemas.Partition {
	for _, run := range slices.Backward(r.runs) {
		if m := r.manifest(run); m != nil && m.LoadsTo(store.ParquetFiles) && len(m.Files) > 0 {
			return m.Partition()
		}
	}
	return schemas.PartitionDay
}

// parts are the files whose rows are in a joined one, in their order, as the manifests
// of their runs list them.
func (r *reader) parts(t *schemas.Table, j store.Joined) (parts []schemas.Part) {
	from, _ := slices.BinarySearch(r.runs, j.First)
	for _, run := range r.runs[from:] {
		if run > j.Last {
			break
		}
		m := r.manifest(run)
		if m == nil || !j.Of(run) || !m.LoadsTo(store.ParquetFiles) {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(m.Files), func(p schemas.Part) bool { return p.Table != t.Name || p.Rows == 0 })
		slices.SortFunc(of, func(a, b schemas.Part) int {
			return cmp.Or(cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
		})
		parts = append(parts, of...)
	}
	return parts
}
