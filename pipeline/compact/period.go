package compact

import (
	"cmp"
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

// period is a month that is over, or days of one that is not; see piece.
type period struct {
	begins string // YYYY-MM-DD
	month  bool
	files  []string
}

// pieces are how many days of a month that is not over become one file, once they all
// are: so it has six files at most, and a row is written again two times on average
// before the month is over, and once then.
var pieces = [...]int{16, 4, 1}

// piece is the first day of those that a day is joined with, of so many that are over.
// Those of one day more are the same, or several of them together.
func piece(day, over int) int {
	first := 1
	for _, days := range pieces {
		for ; first+days-1 <= over; first += days {
			if day < first+days {
				return first
			}
		}
	}
	return day
}

// name is that of a joined file, of which this is the first source.
func (p *period) name(first source, n int) string {
	stamp := first.stamp()
	if p.month {
		stamp = strings.ReplaceAll(p.begins[:len("2026-11")], "-", "")
	}
	return fmt.Sprintf("%s-%d.parquet", stamp, n)
}

// calendar says what of a table's files is joined with what.
type calendar struct {
	c      *compaction
	today  string // YYYY-MM-DD; by a clock that was ahead, or if this one is behind, that of the newest run
	newest time.Time
	closed time.Time // the last day that is over, with all days before
	last   string    // the month before today's, YYYY-MM
	done   map[string]bool
	found  map[string]*period // by begins
}

func (c *compaction) calendar(m store.Map) *calendar {
	newest, now := c.newest(), c.cfg.Now.UTC()
	if newest.After(now) {
		now = newest
	}
	k := &calendar{c: c, today: now.Format(time.DateOnly), newest: newest, closed: newest.AddDate(0, 0, -1), done: map[string]bool{}, found: map[string]*period{}}
	k.last = now.AddDate(0, 0, -now.Day()).Format("2006-01")
	for _, j := range m.Files {
		if month := monthOf(j.Path); month != "" {
			k.done[month] = true
		}
	}
	return k
}

// over reports whether a month is, YYYY-MM, and is to be one file.
func (k *calendar) over(month string) bool {
	return !k.c.cfg.Days && month < k.today[:len(month)] && month != k.newest.Format("2006-01")
}

// passed reports whether a month is one file already, and not the last one.
func (k *calendar) passed(month string) bool {
	return k.over(month) && k.done[month] && month < k.last && !k.c.cfg.All
}

// add puts a file to those of its period.
func (k *calendar) add(file string) {
	day := dayOf(file)
	at, err := time.Parse(time.DateOnly, day)
	if err != nil || day >= k.today || day == k.newest.Format(time.DateOnly) {
		return
	}
	month := day[:len("2026-11")]
	begins, over := day, k.over(month)
	switch {
	case k.passed(month):
		return
	case over:
		begins = month + "-01"
	case !k.c.cfg.Days && k.closed.Format("2006-01") == month:
		begins = at.AddDate(0, 0, piece(at.Day(), k.closed.Day())-at.Day()).Format(time.DateOnly)
	}
	p := k.found[begins]
	if p == nil {
		p = &period{begins: begins, month: over}
		k.found[begins] = p
	}
	p.files = append(p.files, file)
}

// periods are those whose files are looked at: of months that are one file already,
// the last one only.
func (c *compaction) periods(t *schemas.Table, m store.Map) (periods []*period, err error) {
	entries, err := os.ReadDir(filepath.Join(c.l.Parquet(), t.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	k := c.calendar(m)
	for _, e := range entries {
		name := path.Join(t.Name, e.Name())
		_, when, ours := strings.Cut(e.Name(), "=")
		switch {
		case !e.IsDir():
			k.add(name)
			continue
		case !ours || schemas.PartitionOf(e.Name()) == "" || k.passed(when[:len("2026-11")]):
			continue
		}
		files, err := os.ReadDir(filepath.Join(c.l.Parquet(), filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			k.add(path.Join(name, file.Name()))
		}
	}
	for _, p := range k.found {
		periods = append(periods, p)
	}
	slices.SortFunc(periods, func(a, b *period) int { return cmp.Compare(a.begins, b.begins) })
	return periods, nil
}

// newest is when the newest run was begun: its files stay as they are.
func (c *compaction) newest() time.Time {
	if m := c.manifest(c.runs[len(c.runs)-1]); m != nil {
		return m.Run.StartedAt.UTC()
	}
	return c.l.Newest().UTC()
}

// place is the folder of a joined file that has the rows of this one first: the same, but
// for what All moves. Who has listed the folders, and not yet the files in them, finds
// there what he does not find in the others any more.
func (c *compaction) place(s source) string {
	if !c.cfg.All {
		return path.Dir(s.Path)
	}
	at, err := time.Parse("20060102", dayOfRun(s.First))
	_, folder, _, _ := store.CutPath(s.Path)
	if partition := c.partition(); err == nil && schemas.PartitionOf(folder) != partition {
		return path.Join(s.Table, partition.Folder(at))
	}
	return path.Dir(s.Path)
}

// unjoined reports whether there is something to do for files that are to be one.
func (c *compaction) unjoined(sources []source) bool {
	return slices.ContainsFunc(sources, func(s source) bool {
		return s.own || s.stamp() != sources[0].stamp() || path.Dir(s.Path) != c.place(sources[0])
	})
}

// cut leaves out joined files that stay as they are: those before and those behind one
// are not joined with each other, since rows are in the order of runs.
func cut(sources []source, stays func(source) bool) (stretches [][]source) {
	from := 0
	for i := range sources {
		if !sources[i].own && stays(sources[i]) {
			stretches = append(stretches, sources[from:i])
			from = i + 1
		}
	}
	return append(stretches, sources[from:])
}

// sources are the files of a period that can be joined, oldest runs first.
func (c *compaction) sources(m store.Map, p *period) (sources []source) {
	for _, name := range p.files {
		run := store.RunOf(name)
		if at := slices.IndexFunc(m.Files, func(j store.Joined) bool { return j.Path == name }); at >= 0 {
			sources = append(sources, source{Joined: m.Files[at]})
		} else if part := c.part(run, name); part != nil {
			sources = append(sources, source{store.Joined{Part: *part, First: run, Last: run}, true})
		}
	}
	// One of a run between those that are joined stays: rows are in the order of runs.
	sources = slices.DeleteFunc(sources, func(s source) bool {
		return s.own && slices.ContainsFunc(m.Files, func(j store.Joined) bool { return j.First < s.First && s.First < j.Last })
	})
	slices.SortStableFunc(sources, func(a, b source) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	return sources
}

// whole are the files that are what was written, and that this version can read: of a
// run all or none.
func (c *compaction) whole(t *schemas.Table, sources []source) [][]source {
	bad := map[string]bool{}
	for _, s := range sources {
		if c.holds(s) {
			bad[s.First] = true
			continue
		}
		file := filepath.Join(c.l.Parquet(), filepath.FromSlash(s.Path))
		err := store.CheckPart(file, s.Part)
		if err == nil {
			err = parquet.CheckShape(t, file)
		}
		if err != nil {
			c.sum.Left = append(c.sum.Left, err.Error())
			bad[s.First] = true
		}
	}
	sources = slices.DeleteFunc(slices.Clone(sources), func(s source) bool { return s.own && bad[s.First] })
	return cut(sources, func(s source) bool { return bad[s.First] })
}

// holds reports whether somebody refers to a file, and says so, but not each day.
func (c *compaction) holds(s source) bool {
	by := c.held[s.Path]
	if by != "" && !c.cfg.Begun {
		c.sum.Left = append(c.sum.Left, fmt.Sprintf("%s: %s refers to it", filepath.Join(c.l.Parquet(), filepath.FromSlash(s.Path)), filepath.Join(Held(c.l.Dir), by)))
	}
	return by != ""
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
