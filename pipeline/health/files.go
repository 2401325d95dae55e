package health

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// publishedFiles are the Parquet files of a store that no manifest has claimed
// yet, by path below the Parquet folder.
type publishedFiles struct {
	mu    sync.Mutex
	size  map[string]int64
	bytes int64 // of all
	where store.Where
	bad   map[string]bool // joined files that are missing or of another size
	wrong []string        // what cannot be read of it
}

// published lists the Parquet files.
func published(d store.Dir) (*publishedFiles, error) {
	files := &publishedFiles{size: map[string]int64{}, where: store.Where{}, bad: map[string]bool{}}
	tables, err := os.ReadDir(d.Parquet())
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	for _, table := range tables {
		if strings.HasPrefix(table.Name(), "_") || !table.IsDir() && table.Type()&fs.ModeSymlink == 0 {
			continue
		}
		// A run that joins files meanwhile puts others and another map in their place.
		for range 3 {
			m, err := store.ReadMap(d, table.Name())
			var again store.Map
			sizes, listErr := listed(d, table.Name())
			if err == nil && listErr == nil {
				again, err = store.ReadMap(d, table.Name())
			}
			if err == nil && listErr == nil && again.Checksum != m.Checksum {
				continue
			}
			if err != nil {
				files.wrong = append(files.wrong, err.Error())
			}
			if listErr != nil {
				return nil, listErr
			}
			files.take(table.Name(), m, sizes)
			break
		}
	}
	return files, err
}

// take takes in the files of a table; those that its map lists are claimed at once.
func (f *publishedFiles) take(table string, m store.Map, sizes map[string]int64) {
	for name, size := range sizes {
		f.size[name] = size
		f.bytes += size
	}
	for _, j := range m.Files {
		if !f.claim(j.Part) {
			f.bad[j.Path] = true
		}
	}
	if len(m.Files) > 0 {
		f.where[table] = m.Files
	}
}

// listed are the files of a table, by path below the Parquet folder.
func listed(d store.Dir, table string) (map[string]int64, error) {
	sizes := map[string]int64{}
	days, _ := fs.Glob(os.DirFS(d.Parquet()), table+"/run_date=*") // the pattern is good
	for _, day := range days {
		folder := filepath.Join(d.Parquet(), filepath.FromSlash(day))
		if info, err := os.Stat(folder); err == nil && !info.IsDir() {
			continue // not ours
		}
		entries, err := os.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue // joined meanwhile
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) || !store.IsPart(e.Name()) || err == nil && !info.Mode().IsRegular() {
				continue // swept meanwhile, or not ours
			}
			if err != nil {
				return nil, err
			}
			sizes[path.Join(table, filepath.Base(day), e.Name())] = info.Size()
		}
	}
	return sizes, nil
}

// claim takes a file that a manifest lists out of those that none lists, and
// reports whether it is there with the size listed.
func (f *publishedFiles) claim(part schemas.Part) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	size, ok := f.size[part.Path]
	delete(f.size, part.Path)
	return ok && size == part.Bytes
}

// runView is what an overview keeps of a run's manifest.
type runView struct {
	id        string
	run       schemas.Run
	err       error // why there is no manifest
	content   string
	asked     map[string]bool // destinations
	rows      int64
	tables    map[string]TableSize
	wrong     []string // files that are missing or of another size
	short     string   // what is missing of the pages that the manifest counts
	planless  bool     // its plan is damaged, and no manifest has it
	damaged   []Damage
	missing   map[schemas.Gap]int // what did not come, without what is known
	cut       int                 // collections
	closed    bool                // it does not go on
	spaces    int64               // rows
	truncated int
	drift     int
	errors    int
	pages     int // landed, where that is known
	spend     Spend
	counted   bool
}

// in reports whether a destination has the run: Parquet files say so by being
// there, the database by naming the run and its content.
func (v *runView) in(destination string, db DatabaseView) bool {
	switch {
	case destination == store.ParquetFiles:
		return len(v.wrong) == 0
	case db.Runs == nil: // it cannot be asked
		return v.asked[destination]
	}
	content, ok := db.Runs[v.id]
	return ok && (content == "" || v.content == "" || content == v.content)
}

// views reads the manifests of all runs and claims the files they list.
func views(ctx context.Context, d store.Dir, files *publishedFiles) ([]*runView, error) {
	ids, err := d.Runs()
	if err != nil {
		return nil, err
	}
	views := make([]*runView, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, id := range ids {
		g.Go(func() error {
			views[i] = view(d, id, files)
			return ctx.Err()
		})
	}
	return views, g.Wait()
}

func view(d store.Dir, id string, files *publishedFiles) *runView {
	v := &runView{id: id, tables: map[string]TableSize{}, asked: map[string]bool{}}
	m, err := d.Manifest(id)
	if err != nil {
		v.err = err
		if planned, err := d.Planned(id); err == nil {
			v.run = planned.Run
		}
		v.run.RunID = id
		return v
	}
	v.run, v.content, v.pages, v.truncated = m.Run, m.Content, m.Run.Pages, len(m.Truncated)
	v.cut, v.closed, v.missing = len(m.Cut), m.ClosedBy != "", map[schemas.Gap]int{}
	for _, gap := range m.Missing {
		if !gap.Known {
			v.missing[gap.Kind]++
		}
	}
	for _, name := range []string{store.ParquetFiles, store.DuckDBFile} {
		v.asked[name] = m.LoadsTo(name)
	}
	for _, n := range m.Drift {
		v.drift += n
	}
	for _, n := range m.Errors {
		v.errors += n
	}
	for _, t := range m.Tables {
		v.rows += t.Rows
		if t.Name == "spaces" {
			v.spaces += t.Rows
		}
	}
	v.claim(m.Files, files)
	v.short = short(d, m)
	var damaged *store.CorruptError
	if _, err := d.Planned(id); errors.As(err, &damaged) {
		v.short = cmp.Or(v.short, damaged.Error())
	}
	return v
}

// short says which file of pages has fewer bytes than the manifest counts; empty
// when none has.
func short(d store.Dir, m store.Manifest) string {
	raw := filepath.Join(d.Raw(), m.Run.RunID)
	if _, err := os.Stat(raw); m.Run.Pages > 0 && errors.Is(err, fs.ErrNotExist) && !d.IsCopy(m) {
		return fmt.Sprintf("%s is missing, with the %d pages that the run's manifest counts", raw, m.Run.Pages)
	}
	for _, s := range m.Landed {
		switch info, err := os.Lstat(filepath.Join(raw, s.Name)); {
		case d.IsCopy(m) && errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err.Error()
		case !info.Mode().IsRegular():
			return filepath.Join(raw, s.Name) + ": " + durable.ErrNotRegular.Error()
		case info.Size() < s.Bytes:
			return fmt.Sprintf("%s has %d bytes; the run's manifest counts %d", filepath.Join(raw, s.Name), info.Size(), s.Bytes)
		}
	}
	return ""
}

// claim looks for the files of the run. Where they were to feed the database
// only, a replay can have made them all the same.
func (v *runView) claim(parts []schemas.Part, files *publishedFiles) {
	for _, part := range parts {
		t := v.tables[part.Table]
		if j := files.where.Joined(part.Table, v.id); j != nil {
			if files.bad[j.Path] {
				v.wrong = append(v.wrong, j.Path)
			}
			t.Rows += part.Rows
			v.tables[part.Table] = t
			continue
		}
		if !files.claim(part) {
			if part.Rows > 0 { // of one without rows, which earlier versions wrote, it is no loss
				v.wrong = append(v.wrong, part.Path)
			}
			continue
		}
		t.Files++
		t.Rows += part.Rows
		t.Bytes += part.Bytes
		v.tables[part.Table] = t
	}
}
