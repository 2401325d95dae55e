package jobs_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// stillOpen are the Spaces in the tables that can still change.
func (y *year) stillOpen() (open []string) {
	for _, id := range slices.Sorted(maps.Keys(y.known)) {
		if truth, ok := y.world.Space(id); ok && truth.State != "ended" {
			open = append(open, id)
		}
	}
	return open
}

// wrong is an error of a start.
func (y *year) wrong(s *start, format string, args ...any) {
	y.Helper()
	y.Errorf("seed %d, %s, run %s (%s, %v): %s", y.seed, s.at.Format("2006-01-02 15:04"), s.run, s.outcome, s.err, fmt.Sprintf(format, args...))
}

// started takes in a start that is over.
func (y *year) started(s *start) {
	y.tally.starts++
	s.outcome = y.outcomeOf(s)
	if s.run != "" {
		log := y.runs[s.run]
		if log == nil {
			log = &runLog{}
			y.runs[s.run] = log
			y.order = append(y.order, s.run)
		} else if last := log.starts[len(log.starts)-1]; last.outcome.Complete() || s.at.Sub(log.starts[0].at) > y.spec.AskAgain+s.spec.Deadline {
			y.wrong(s, "it goes on with a run of %s that came to %s", log.starts[0].at, last.outcome)
		}
		log.starts = append(log.starts, s)
	}
	y.today = append(y.today, s)
	y.bounds.spend(s)
	switch s.outcome {
	case schemas.Interrupted:
		y.tally.interrupts++
	case schemas.Capped:
		y.tally.capped++
	}
	y.judge(s)
}

// judge says whether a start came to what it had to.
func (y *year) judge(s *start) {
	y.Helper()
	switch capped := s.spec.Budget != (money.Budget{}) && s.outcome == schemas.Capped; {
	case s.cut():
		y.calm = 0
		if s.failAtStep > 0 && s.err != nil && !errors.Is(s.err, syscall.ENOSPC) && len(s.storms) == 0 && !capped {
			y.wrong(s, "with a full disk")
		}
	case len(s.storms) > 0:
		y.calm = 0
		y.tally.outages++
	case s.allRefused():
		y.calm = 0
	case !s.outcome.Complete() && !capped:
		y.calm = 0
		y.wrong(s, "nothing severe befell it, and it is not done")
	case s.outcome == schemas.Capped:
		y.calm = 0
	default:
		// Status reads the manifests of all runs: of an old store it is looked at less often.
		if y.calm++; y.calm == 3 && y.random.IntN(1+len(y.order)/500) == 0 || y.calm > 3 && y.random.IntN(100) == 0 {
			y.healthy(s)
		}
	}
}

// look holds a day against the observer.
func (y *year) look(d int) {
	manifests := map[string]store.Manifest{}
	var unended []string
	for _, id := range y.order {
		log := y.runs[id]
		if log.looked {
			continue
		}
		m, err := store.Dir(y.spec.Store).Manifest(id)
		if err != nil && !store.Unwritten(err) {
			y.Errorf("seed %d, day %d: %v", y.seed, d, err)
		}
		log.ended = err == nil && m.Ended()
		if log.ended {
			for _, left := range unended {
				y.Errorf("seed %d, day %d: run %s has not ended, and the newer run %s has", y.seed, d, left, id)
			}
			manifests[id], log.looked = m, true
		} else {
			unended = append(unended, id)
		}
	}
	seen := y.snapshots(manifests)
	for _, id := range y.order {
		if m, ok := manifests[id]; ok {
			y.complete(id, m, seen[id])
		}
	}
	y.observe()
	y.money(d)
	y.backup(d)
	if d%4 == 0 && d < 40 || d%20 == 0 || d == y.days-1 {
		y.glance()
	}
	y.today = nil
}

// snapshots are the Spaces that each run has in its tables.
func (y *year) snapshots(manifests map[string]store.Manifest) map[string]map[string]bool {
	seen := map[string]map[string]bool{}
	var files []string
	dir := store.Dir(y.spec.Store)
	parts, err := health.ReadNotes(dir).Parts(dir, slices.Sorted(maps.Keys(manifests)))
	if err != nil {
		y.Fatal(err)
	}
	for id := range manifests {
		seen[id] = map[string]bool{}
	}
	for _, part := range parts {
		if part.Table == "space_snapshots" {
			files = append(files, schemas.QuoteText(filepath.Join(dir.Parquet(), filepath.FromSlash(part.Path))))
		}
	}
	if len(files) == 0 {
		return seen
	}
	rows, err := y.db.Query("SELECT DISTINCT _run_id, space_id, state FROM read_parquet([" + strings.Join(files, ", ") + "])")
	if err != nil {
		y.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var run, id, state string
		if err := rows.Scan(&run, &id, &state); err != nil {
			y.Fatal(err)
		}
		if seen[run] == nil {
			continue // in one file with these
		}
		seen[run][id], y.tables[id] = true, true
		if y.known[id] = true; state == "ended" {
			delete(y.known, id)
		}
	}
	if err := rows.Err(); err != nil {
		y.Fatal(err)
	}
	return seen
}

// complete holds a run's tables against what it was shown: each of its questions
// was put, and all that answers showed is there, or is named.
func (y *year) complete(id string, m store.Manifest, seen map[string]bool) {
	log := y.runs[id]
	defer log.forget()
	y.tally.pages += m.Run.Pages
	named, gone := map[string]bool{}, map[string]bool{}
	for _, missing := range m.Missing {
		gone[missing.Member] = gone[missing.Member] || missing.Kind == schemas.GapNotFound
		named[missing.Member], named[strings.ToLower(missing.Member)] = true, true
		if missing.Kind == schemas.GapRefused {
			y.tally.refused++
		}
	}
	y.tally.gaps += len(m.Missing) + len(m.Cut)
	last := log.starts[len(log.starts)-1]
	var requests []simulator.RequestRecord
	for _, s := range log.starts {
		requests = append(requests, s.requests...)
	}
	y.paidOnce(log, requests)
	put, whole := asked(requests), m.Run.Outcome.Complete()
	for _, q := range questions(last.spec) {
		at, was := put[q]
		switch {
		case named[q.member] || slices.Contains(m.Truncated, q.member):
		case !was && (whole || m.Run.Outcome != schemas.Capped && !last.cut() && !last.hindered(q.endpoint)):
			y.wrong(last, "did not ask %s %s, but %v", q.endpoint, q.member, told(requests))
		case at.IsZero() && whole:
			y.wrong(last, "no answer to %s %s, and it is not named; %s; %+v; %v", q.endpoint, q.member, came(requests, q), m.Missing, told(requests))
		case q.endpoint == schemas.Usernames || at.IsZero() || last.cut() && !whole:
		default:
			before := q.visible(y.world, at.Add(-5*time.Second))
			for _, space := range q.visible(y.world, at) {
				if slices.Contains(before, space) && !seen[space] {
					y.wrong(last, "%s %s showed Space %s at %s, which is not in its tables", q.endpoint, q.member, space, at)
				}
			}
		}
	}
	if !whole {
		return // that says so
	}
	if len(log.starts) > 1 {
		return // what was open then is not now
	}
	for _, space := range last.open {
		truth, _ := y.world.Space(space)
		switch {
		case !seen[space] && !named[space]:
			y.wrong(last, "Space %s, which goes on, is neither in its tables nor named", space)
		case gone[space] && truth.State != "ended":
			y.wrong(last, "Space %s goes on, and is said to be unknown", space)
		}
	}
}

// paidOnce: no answer was bought twice, but for those under way when a process ended.
func (y *year) paidOnce(log *runLog, requests []simulator.RequestRecord) {
	bought, again, allowed, example := map[string]int{}, 0, 0, ""
	for _, r := range requests {
		if r.Status == 200 && r.Fault == simulator.FaultNone {
			what, most := r.URL, 1
			if r.Bytes <= len(`{ }`) {
				what, most = "{} "+what, 2 // nothing is bought by it, and it is tried again once
			}
			if bought[what]++; bought[what] > most {
				again++
				example = r.URL
			}
		}
	}
	for _, s := range log.starts {
		if s.cut() {
			allowed += s.spec.Workers
		}
	}
	if y.tally.duplicates += again; again > allowed {
		y.wrong(log.starts[0], "%d answers were bought twice, such as %s, and at most %d were lost; %v", again, example, allowed, told(requests))
	}
}

// observe asks the day's questions as nobody could who is hindered.
func (y *year) observe() {
	for _, s := range y.today {
		for _, q := range questions(s.spec) {
			if q.endpoint == schemas.Usernames {
				continue
			}
			for _, id := range q.visible(y.world, s.at) {
				y.shown[id] = true
			}
		}
	}
}
