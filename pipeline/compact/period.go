package compact

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

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
