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

// period is a day that is over, or a month with its days.
type period struct {
	begins  string // YYYY-MM-DD
	month   bool
	folders []string // of days, in order
}

// name is that of a joined file.
func (p period) name(n int) string {
	stamp := strings.ReplaceAll(p.begins, "-", "")
	if p.month {
		stamp = stamp[:len("202611")]
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
		switch n := len(periods); {
		case over && done[month] && month < last && !c.cfg.All:
		case over && n > 0 && periods[n-1].month && periods[n-1].begins == month+"-01":
			periods[n-1].folders = append(periods[n-1].folders, e.Name())
		case over:
			periods = append(periods, period{month + "-01", true, []string{e.Name()}})
		default:
			periods = append(periods, period{day, false, []string{e.Name()}})
		}
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
