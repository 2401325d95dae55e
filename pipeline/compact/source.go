package compact

import (
	"path"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
)

// dayOfRun is the day in a run's id.
func dayOfRun(id string) string { return id[:min(len(id), len("20261129"))] }

// dayOf is the day of a Parquet file, YYYY-MM-DD, or the first that it can be: of joined
// ones by their name, of a run's by the folder, or by the run's id. It need be none.
func dayOf(file string) string {
	stamp, _, _ := strings.Cut(path.Base(file), "-")
	if day, ours := strings.CutPrefix(path.Base(path.Dir(file)), "run_date="); ours && !store.IsJoined(file) {
		return day
	}
	day := stamp[:min(len(stamp), len("20261129"))]
	if len(day) == len("202611") {
		day += "01"
	}
	at, err := time.Parse("20060102", day)
	if err != nil {
		return ""
	}
	return at.Format(time.DateOnly)
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
		return strings.ReplaceAll(dayOf(s.Path), "-", "")
	}
	stamp, _, _ := strings.Cut(path.Base(s.Path), "-")
	return stamp
}
