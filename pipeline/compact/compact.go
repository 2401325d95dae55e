// Package compact joins the Parquet files of runs on days and in months that are over
// into one a table and day, then month, and takes them apart again; and their landed
// pages, and what else there is of them, into one a day, then month.
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
	"time"

	"github.com/spacesetl/spacesetl/load"
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
	// All looks at the folders of all months again; without it, at what was not
	// joined yet.
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
	if err != nil || len(runs) == 0 || cfg.Begun && !store.FirstOfDay(runs) {
		return Summary{}, err
	}
	c := compaction{reader: reader{d: l.Dir, runs: runs, manifests: map[string]*store.Manifest{}}, ctx: ctx, l: l, cfg: cfg}
	c.cfg.Most = cmp.Or(cfg.Most, MostBytes)
	if c.held, err = holders(l.Dir); err != nil {
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
		sources, err := c.sources(t, m, p)
		if err != nil {
			return err
		}
		if unjoined(sources) || c.cfg.All {
			sources = c.whole(t, sources)
		}
		if !unjoined(sources) {
			continue
		}
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
	if next == nil {
		return nil
	}
	c.sum.Tables++
	slices.SortFunc(m.Files, func(a, b store.Joined) int { return cmp.Compare(a.First, b.First) })
	return replace(t, next, m, c.cfg.Step)
}

// replace puts a table's new folder in the place of the old one.
func replace(t *schemas.Table, next *store.Table, m store.Map, step durable.Step) error {
	noRows, err := load.NoRows(t)
	if err == nil {
		err = next.Fill()
	}
	if err != nil {
		return err
	}
	return next.Replace(m, noRows, step)
}

// source is a file whose rows are to be joined with others.
type source struct {
	store.Joined      // of a run's own file First and Last are the run
	own          bool // a run's
}

// unjoined reports whether there is something to do for the files of a period.
func unjoined(sources []source) bool {
	return slices.ContainsFunc(sources, func(s source) bool { return s.own || path.Dir(s.Path) != path.Dir(sources[0].Path) })
}

// sources are the files of a period that can be joined, oldest runs first.
func (c *compaction) sources(t *schemas.Table, m store.Map, p period) (sources []source, err error) {
	for _, folder := range p.folders {
		entries, err := os.ReadDir(filepath.Join(c.l.Parquet(), t.Name, folder))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := path.Join(t.Name, folder, e.Name())
			if at := slices.IndexFunc(m.Files, func(j store.Joined) bool { return j.Path == name }); at >= 0 {
				sources = append(sources, source{Joined: m.Files[at]})
			} else if part := c.part(store.RunOf(e.Name()), name); part != nil {
				run := store.RunOf(e.Name())
				sources = append(sources, source{store.Joined{Part: *part, First: run, Last: run}, true})
			}
		}
	}
	// One of a run between those that are joined stays: rows are in the order of runs.
	sources = slices.DeleteFunc(sources, func(s source) bool {
		return s.own && slices.ContainsFunc(m.Files, func(j store.Joined) bool { return j.First < s.First && s.First < j.Last })
	})
	slices.SortStableFunc(sources, func(a, b source) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	return sources, nil
}

// whole leaves out what is not what was written, or what this version cannot read: a
// file of a run with the others of that run, and with a joined one all of its period,
// whose runs would else be on both sides of it.
func (c *compaction) whole(t *schemas.Table, sources []source) []source {
	bad, all := map[string]bool{}, false
	for _, s := range sources {
		file := filepath.Join(c.l.Parquet(), filepath.FromSlash(s.Path))
		if by := c.held[s.Path]; by != "" {
			if bad[s.First], all = true, all || !s.own; !c.cfg.Begun { // not each day
				c.sum.Left = append(c.sum.Left, fmt.Sprintf("%s: %s refers to it", file, filepath.Join(Held(c.l.Dir), by)))
			}
			continue
		}
		err := store.CheckPart(file, s.Part)
		if err == nil {
			err = load.CheckShape(t, file)
		}
		if err != nil {
			c.sum.Left = append(c.sum.Left, err.Error())
			bad[s.First], all = true, all || !s.own
		}
	}
	return slices.DeleteFunc(sources, func(s source) bool { return all || bad[s.First] })
}

// part is what the manifest of a run that is over says of a file of it; nil if nothing
// does.
func (c *compaction) part(run, name string) *schemas.Part {
	if run == "" || run == c.runs[len(c.runs)-1] || c.l.Dying(run) {
		return nil
	}
	m := c.manifest(run)
	if m == nil || !m.LoadsTo(store.ParquetFiles) || !m.Ended() {
		return nil
	}
	for i := range m.Files {
		if m.Files[i].Path == name {
			return &m.Files[i]
		}
	}
	return nil
}

// join writes the rows of a period's files into new ones.
func (c *compaction) join(t *schemas.Table, p period, sources []source, next *store.Table) ([]store.Joined, error) {
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
	// Who has listed the folders, and not yet the files in them, finds in that of the
	// first file what he does not find in the others any more.
	place := path.Dir(sources[0].Path)
	folder := filepath.Join(next.Dir, path.Base(place))
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return nil, err
	}
	files := make([][]string, len(runs))
	for i, of := range runs {
		for _, s := range of {
			files[i] = append(files[i], filepath.Join(c.l.Parquet(), filepath.FromSlash(s.Path)))
		}
	}
	free := 0 // no name is used twice: who listed the old files is told that they are gone
	for ; exists(filepath.Join(c.l.Parquet(), filepath.FromSlash(place), p.name(free))); free++ {
	}
	made, err := load.Join(c.ctx, t, files, folder, func(n int) string { return p.name(free + n) }, c.cfg.Most)
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
