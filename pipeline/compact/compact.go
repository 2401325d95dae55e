// Package compact joins the Parquet files of runs on days and in months that are over
// into one a table and day, piece of a month, then month, and takes them apart again; and
// their landed pages, and what else there is of them, into one a day, then month.
package compact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// MostBytes is how large a joined file is to become: one ends with the run that takes
// it there.
const MostBytes = 128 << 20

// Config says how files are joined. The zero value works, but for Now.
type Config struct {
	Now time.Time
	// Begun does nothing unless the newest run is the first of its day: no other has
	// anything to join.
	Begun bool
	// Days leaves it at days.
	Days bool
	// All looks at the folders of all months again, and moves to those of the store's
	// partition what lies in others; without it, at what was not joined yet.
	All  bool
	Most int64 // bytes of a file; 0 for MostBytes
	Step durable.Step
}

// Summary is what was joined.
type Summary struct {
	Tables int   `json:"tables"` // in which files were joined
	Before int   `json:"before"` // files that were joined, those of pages, too, or had no rows
	After  int   `json:"after"`  // files that they became
	Bytes  int64 `json:"bytes"`  // of these
	// Left are files that could not be joined, and why: they stay as they are.
	Left []string `json:"left,omitempty"`
}

// Join joins the files of each table, and those of pages. The files of the newest run
// stay as they are, and so do those of a run that can go on, those that are not what its
// manifest lists, and those of somebody else. Readers see the old files or the new ones.
func Join(ctx context.Context, l *store.Locked, cfg Config) (Summary, error) {
	runs, err := l.Runs()
	if err != nil || len(runs) == 0 || cfg.Begun && !store.FirstOfDay(l.Dir, runs) {
		return Summary{}, err
	}
	c := compaction{reader: reader{d: l.Dir, runs: runs, manifests: map[string]*store.Manifest{}}, ctx: ctx, l: l, cfg: cfg}
	c.cfg.Most = cmp.Or(cfg.Most, MostBytes)
	if c.held, err = Holders(l.Dir); err != nil {
		return c.sum, err
	}
	var damaged error // maps: each costs its own table only
	for _, t := range schemas.Tables() {
		err := c.table(t)
		var corrupt *store.CorruptError
		switch {
		case errors.As(err, &corrupt):
			damaged = errors.Join(damaged, err)
		case err != nil:
			return c.sum, fmt.Errorf("joining the files of %s: %w", t.Name, err)
		}
	}
	for _, k := range []*store.Kind{store.PageBundles, store.RunBundles} {
		if err := c.bundle(k); err != nil {
			damaged = errors.Join(damaged, fmt.Errorf("joining the files of runs in %s: %w", k.Folder(l.Dir), err))
		}
	}
	return c.sum, damaged
}

type compaction struct {
	reader
	ctx context.Context
	l   *store.Locked
	cfg Config
	sum Summary
	// held are files that somebody refers to, and who.
	held map[string]string
}

// table joins the files of one table.
func (c *compaction) table(t *schemas.Table) error {
	m, err := store.ReadMap(c.l.Dir, t.Name)
	if err != nil {
		return err
	}
	periods, err := c.periods(t, m)
	if err != nil {
		return err
	}
	var next *store.Table // what takes the table's place
	for _, p := range periods {
		for _, sources := range c.stretches(t, c.sources(m, p)) {
			if next == nil {
				if next, err = store.NewTable(c.l, t.Name); err != nil {
					return err
				}
				defer next.Close()
			}
			joined, err := c.join(t, p, sources, next)
			if err != nil {
				return err
			}
			m.Files = slices.DeleteFunc(m.Files, func(j store.Joined) bool {
				return slices.ContainsFunc(sources, func(s source) bool { return s.Path == j.Path })
			})
			m.Files = append(m.Files, joined...)
		}
	}
	if next == nil {
		return nil
	}
	c.sum.Tables++
	slices.SortFunc(m.Files, func(a, b store.Joined) int { return cmp.Compare(a.First, b.First) })
	return c.replace(t, next, m, c.cfg.Step)
}

// stretches are the files of a period that are to be one each: between those that stay,
// since somebody refers to them, they are as large as they are to be, or damaged.
func (c *compaction) stretches(t *schemas.Table, sources []source) (all [][]source) {
	for _, some := range cut(sources, func(s source) bool { return c.holds(s) || s.Bytes >= c.cfg.Most }) {
		if !c.unjoined(some) && !c.cfg.All {
			continue
		}
		for _, some := range c.whole(t, some) {
			if c.unjoined(some) {
				all = append(all, some)
			}
		}
	}
	return all
}

// replace puts a table's new folder in the place of the old one.
func (r *reader) replace(t *schemas.Table, next *store.Table, m store.Map, step durable.Step) error {
	noRows, err := parquet.NoRows(t)
	if err == nil {
		err = next.Fill()
	}
	if err != nil {
		return err
	}
	return next.Replace(m, r.partition(), noRows, step)
}

// join writes the rows of a period's files into new ones.
func (c *compaction) join(t *schemas.Table, p *period, sources []source, next *store.Table) ([]store.Joined, error) {
	for _, s := range sources {
		next.Without(s.Path)
	}
	c.sum.Before += len(sources)
	sources = slices.DeleteFunc(slices.Clone(sources), func(s source) bool { return s.Rows == 0 })
	if len(sources) == 0 {
		return nil, nil
	}
	var runs [][]source
	for i, s := range sources {
		if i > 0 && s.own && s.First == sources[i-1].First { // another file of the run
			runs[len(runs)-1] = append(runs[len(runs)-1], s)
			continue
		}
		runs = append(runs, []source{s})
	}
	place := c.place(sources[0])
	folder := filepath.Join(next.Dir, filepath.FromSlash(strings.TrimPrefix(place, t.Name)))
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	files := make([][]string, len(runs))
	for i, of := range runs {
		for _, s := range of {
			files[i] = append(files[i], filepath.Join(c.l.Parquet(), filepath.FromSlash(s.Path)))
		}
	}
	n := 0 // no name is used twice: who listed the old files is told that they are gone
	name := func(int) string {
		for ; exists(filepath.Join(c.l.Parquet(), filepath.FromSlash(place), p.name(sources[0], n))) || exists(filepath.Join(folder, p.name(sources[0], n))); n++ {
		}
		n++
		return p.name(sources[0], n-1)
	}
	made, err := parquet.Join(c.ctx, t, files, folder, name, c.cfg.Most)
	if err != nil {
		return nil, err
	}
	var joined []store.Joined
	for _, file := range made {
		of := slices.Concat(runs[file.First : file.Last+1]...)
		j := store.Joined{Part: file.Part, First: of[0].First, Last: of[0].Last}
		j.Path = path.Join(place, file.Path)
		for _, s := range of {
			j.Last = max(j.Last, s.Last)
		}
		j.Except = c.except(t, j, of)
		joined = append(joined, j)
		c.sum.After++
		c.sum.Bytes += j.Bytes
	}
	return joined, nil
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// except lists the runs from the first to the last of a joined file whose rows are, or
// may come to be, elsewhere.
func (c *compaction) except(t *schemas.Table, j store.Joined, of []source) (except []string) {
	from, _ := slices.BinarySearch(c.runs, j.First)
	for _, run := range c.runs[from:] {
		if run > j.Last {
			break
		}
		if slices.ContainsFunc(of, func(s source) bool { return s.Of(run) }) {
			continue
		}
		m := c.manifest(run)
		none := m != nil && m.Ended() && !slices.ContainsFunc(m.Files, func(p schemas.Part) bool { return p.Table == t.Name && p.Rows > 0 })
		if !none {
			except = append(except, run)
		}
	}
	return except
}
