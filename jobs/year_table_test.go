package jobs_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// reading is what one start read, and how long it took.
type reading struct {
	files map[string]int // see readFiles
	took  time.Duration
}

// measured is how many starts are looked at on the first and on the last days.
const measured = 5

// measure reports whether what a start reads is to be noted: of some on the second
// and on the last two days to which nothing is done.
func (y *year) measure(s *start) (late, ok bool) {
	day := int(y.clock.Now().Sub(y.began()) / day)
	late = day >= max(2, y.days-2)
	return late, !s.cut() && (day == 1 || late) && len(y.reads[late]) < measured && y.calm > 0
}

// measured runs the job and notes what that reads.
func (y *year) measured(late bool, run func() error) (err error) {
	var took time.Duration
	files := readFiles(y.T, y.spec.Store, func() {
		began := time.Now()
		err = run()
		took = time.Since(began)
	})
	if err == nil && files != nil {
		y.reads[late] = append(y.reads[late], reading{files, took})
	}
	return err
}

// most is the largest number of files of a folder that a start read.
func most(all []reading, folder string) (n int) {
	for _, r := range all {
		n = max(n, r.files[folder])
	}
	return n
}

// aged: on the last days a start reads no more files than on the first, but for
// the few pages and manifests of the newest runs, and on the first start of a day for
// the manifests of the day before and a map a table, to join their files.
func (y *year) aged() {
	first, last := y.reads[false], y.reads[true]
	if len(first) == 0 || len(last) == 0 {
		y.Logf("seed %d: nothing was measured of what starts read", y.seed)
		return
	}
	for folder, more := range map[string]int{"raw": 10, "runs": 10 + 24, "parquet": 10 + len(schemas.Tables())} {
		if before, now := most(first, folder), most(last, folder); now > before+more {
			y.Errorf("seed %d: a start read %d files of %s on the last days, %d on the first", y.seed, now, folder, before)
		}
	}
}

// median is how long starts took.
func median(all []reading) time.Duration {
	var took []time.Duration
	for _, r := range all {
		took = append(took, r.took)
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)/2].Round(time.Millisecond)
}

const yearHeader = "seed  days starts requests  pages kills interr. storms capped edits refused   gaps | Spaces shown, in tables, named | billed, ledger             | bought again | files of raw, runs read by a start, time: first and last days | months pruned, restored | took"

// line is the year's line of the table.
func (y *year) line() string {
	t := y.tally
	lacking := 0
	for id := range y.shown {
		if !y.tables[id] {
			lacking++
		}
	}
	first, last := y.reads[false], y.reads[true]
	return fmt.Sprintf("%4d %5d %6d %8d %6d %5d %7d %6d %6d %5d %7d %6d | %6d %6d %4d             | $%.2f, %s to %s | %d | %d, %d, %s; %d, %d, %s | %d | %s",
		y.seed, y.days, t.starts, total(y.world), t.pages, t.kills, t.interrupts, t.outages, t.capped, t.edits, t.refused, t.gaps,
		len(y.shown), len(y.tables), lacking, t.bill, t.low, t.high, t.duplicates,
		most(first, "raw"), most(first, "runs"), median(first), most(last, "raw"), most(last, "runs"), median(last), t.restored, t.took.Round(time.Second))
}
