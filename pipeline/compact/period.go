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

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// period is a month that is over, or days of one that is not; see piece.
type period struct {
	begins  string // YYYY-MM-DD
	month   bool
	folders []string // of days, in order
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
func (p period) name(first source, n int) string {
	stamp := first.stamp()
	if p.month {
		stamp = strings.ReplaceAll(p.begins[:len("2026-11")], "-", "")
	}
	return fmt.Sprintf("%s-%d.parquet", stamp, n)
}

// periods are those whose files are looked at: of months that are one file already,
// the last one only.
func (c *compaction) periods(t *schemas.Table, m store.Map) ([]period, error) {
	entries, err := os.ReadDir(filepath.Join(c.l.Parquet(), t.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	newest := c.newest().Format(time.DateOnly)
	now := c.cfg.Now.UTC()
	if newest := c.newest(); newest.After(now) {
		now = newest // by a clock that was ahead, or this one is behind
	}
	today, last := now.Format(time.DateOnly), now.AddDate(0, 0, -now.Day()).Format("2006-01")
	closed := c.newest().AddDate(0, 0, -1) // with all days before, of its month
	done := map[string]bool{}
	for _, j := range m.Files {
		if month := monthOf(j.Path); month != "" {
			done[month] = true
		}
	}
	var periods []period
	for _, e := range entries { // in the order of days
		day := dayOf(e.Name())
		if day == "" || !e.IsDir() || day >= today || day == newest {
			continue
		}
		month := day[:len("2026-11")]
		over := !c.cfg.Days && month < today[:len(month)] && month != newest[:len(month)]
		if over && done[month] && month < last && !c.cfg.All {
			continue
		}
		begins := day
		if over {
			begins = month + "-01"
		} else if at, err := time.Parse(time.DateOnly, day); err == nil && !c.cfg.Days && closed.Format("2006-01") == month {
			begins = at.AddDate(0, 0, piece(at.Day(), closed.Day())-at.Day()).Format(time.DateOnly)
		}
		if n := len(periods); n > 0 && periods[n-1].begins == begins {
			periods[n-1].folders = append(periods[n-1].folders, e.Name())
			continue
		}
		periods = append(periods, period{begins, over, []string{e.Name()}})
	}
	return periods, nil
}

// newest is when the newest run was begun: its files stay as they are.
func (c *compaction) newest() time.Time {
	if m := c.manifest(c.runs[len(c.runs)-1]); m != nil {
		return m.Run.StartedAt.UTC()
	}
	return c.l.Newest().UTC()
}

// dayOfRun is the day in a run's id.
func dayOfRun(id string) string { return id[:min(len(id), len("20261129"))] }

// dayOf is the day of a folder run_date=YYYY-MM-DD; empty of another.
func dayOf(folder string) string {
	day, ours := strings.CutPrefix(path.Base(folder), "run_date=")
	if _, err := time.Parse(time.DateOnly, day); !ours || err != nil {
		return ""
	}
	return day
}

// monthOf is the month of a file of a whole one, YYYY-MM; empty of another.
func monthOf(file string) string {
	stamp, _, _ := strings.Cut(path.Base(file), "-")
	month, err := time.Parse("200601", stamp)
	if err != nil {
		return ""
	}
	return month.Format("2006-01")
}

// source is a file whose rows are to be joined with others.
type source struct {
	store.Joined      // of a run's own file First and Last are the run
	own          bool // a run's
}

// stamp is what a file is named for that has the rows of this one first: days that are
// over, or a month.
func (s source) stamp() string {
	if s.own {
		return strings.ReplaceAll(dayOf(path.Dir(s.Path)), "-", "")
	}
	stamp, _, _ := strings.Cut(path.Base(s.Path), "-")
	return stamp
}

// unjoined reports whether there is something to do for files that are to be one.
func unjoined(sources []source) bool {
	return slices.ContainsFunc(sources, func(s source) bool {
		return s.own || s.stamp() != sources[0].stamp() || path.Dir(s.Path) != path.Dir(sources[0].Path)
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
			err = load.CheckShape(t, file)
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
