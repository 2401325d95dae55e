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
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// runView is what an overview keeps of a run's manifest.
type runView struct {
	id        string
	run       schemas.Run
	err       error // why there is no manifest
	planErr   error // why there is no plan, either
	content   string
	to        []string // destinations that were asked for
	rows      int64
	wrong     []string // files that are missing or of another size
	left      []string // what a process that died left in its folder
	bytes     int64    // of its pages, on disk
	lost      int      // pages, where none of them is there
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

func (v *runView) asked(destination string) bool { return slices.Contains(v.to, destination) }

// in reports whether a destination has the run: Parquet files say so by being
// there, a database by naming the run and its content.
func (v *runView) in(destination string, db DatabaseView) bool {
	switch {
	case destination == store.ParquetFiles:
		return len(v.wrong) == 0
	case db.Runs == nil: // it cannot be asked
		return v.asked(destination)
	}
	content, ok := db.Runs[v.id]
	return ok && (content == "" || v.content == "" || content == v.content)
}

// views looks at all runs and claims the files they list. The manifests of those that
// are noted are not read.
func views(ctx context.Context, d store.Dir, ids []string, files *publishedFiles) ([]*runView, error) {
	views, kept := make([]*runView, len(ids)), ReadNotes(d)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, id := range ids {
		if ctx.Err() != nil {
			break
		}
		if n := kept.noted(d, id); n != nil {
			v := n.view()
			n.files.each(func(one listed) { v.claim(one, files) })
			views[i] = v
			continue
		}
		g.Go(func() error {
			v, m := view(d, id)
			for _, part := range m.Files {
				v.claim(listedOf(id, part), files)
			}
			views[i] = v
			return nil
		})
	}
	_ = g.Wait() // nothing fails: what is wrong is in the views
	return views, ctx.Err()
}

// view looks at a run, and returns its manifest where it has one.
func view(d store.Dir, id string) (*runView, store.Manifest) {
	v := &runView{id: id, left: d.LeftIn(id), bytes: landedBytes(d, id)}
	m, err := d.Manifest(id)
	if err != nil {
		v.err = err
		var planned store.Planned
		if planned, v.planErr = d.Planned(id); v.planErr == nil {
			v.run = planned.Run
		}
		v.run.RunID = id
		return v, store.Manifest{}
	}
	v.run, v.content, v.pages, v.truncated = m.Run, m.Content, m.Run.Pages, len(m.Truncated)
	v.cut, v.closed, v.missing = len(m.Cut), m.ClosedBy != "", m.Gaps()
	v.to = m.To()
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
	if v.short = short(d, m); v.short != "" {
		if _, err := d.Pages(id); errors.Is(err, fs.ErrNotExist) {
			v.lost = m.Run.Pages
		}
	}
	var damaged *store.CorruptError
	if _, err := d.Planned(id); errors.As(err, &damaged) {
		v.short = cmp.Or(v.short, damaged.Error())
	}
	return v, m
}

// short says which file of pages has fewer bytes than the manifest counts; empty
// when none has.
func short(d store.Dir, m store.Manifest) string {
	raw := filepath.Join(d.Raw(), m.Run.RunID)
	pages, err := d.Pages(m.Run.RunID)
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case missing && (m.Run.Pages == 0 || d.IsCopy(m)):
		return ""
	case missing && landing.PrunedRun(d, m.Run.RunID) != nil:
		return ""
	case missing:
		return fmt.Sprintf("%s is missing, with the %d pages that the run's manifest counts%s", raw, m.Run.Pages, store.PageBundles.Nor(m.Run.RunID))
	case err != nil:
		return err.Error()
	}
	for _, s := range m.Landed {
		switch file := pages.File(s.Name); {
		case file == nil && d.IsCopy(m):
		case file == nil:
			return filepath.Join(raw, s.Name) + " is missing"
		case file.Odd:
			return file.String() + ": " + durable.ErrNotRegular.Error()
		case file.Bytes < s.Bytes:
			return fmt.Sprintf("%s has %d bytes; the run's manifest counts %d", file, file.Bytes, s.Bytes)
		}
	}
	return ""
}

// claim looks for a file of the run. Where it was to feed the database only, a replay
// can have made it all the same.
func (v *runView) claim(one listed, files *publishedFiles) {
	if files.claim(one, v.id) != nil {
		return
	}
	path := one.path(v.id)
	if j := files.where.Joined(one.table, v.id); j != nil {
		path = j.Path
	}
	v.wrong = append(v.wrong, path)
}

// strays are what lies in the store, and among the folders of runs, and is not ours.
func strays(d store.Dir) (names []string) {
	in := func(folder string, ours func(name string) bool) {
		entries, _ := os.ReadDir(d.File(folder)) // who needs it says that it cannot be read
		for _, e := range entries {
			if name := path.Join(folder, e.Name()); !strings.HasPrefix(e.Name(), "_") && !ours(name) {
				names = append(names, name)
			}
		}
	}
	in("", func(name string) bool {
		return store.Owns(name) || store.OwnsFolder(name) || slices.Contains(store.Derived, name) || strings.HasPrefix(name, "spaces.duckdb")
	})
	in("runs", func(name string) bool { return store.Owns(name) || store.IsRun(d, path.Base(name)) })
	return names
}
