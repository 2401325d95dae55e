package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
)

// When a Space is looked at that is not live.
const (
	// aheadOf its planned start, and lateFor after it, a Space is looked at as live ones
	// are: people come early, and hosts late.
	aheadOf = 5 * time.Minute
	lateFor = 15 * time.Minute
	// noShow is how long after its planned start it is looked for, less often.
	noShow = time.Hour
	// absentFor is after how many answers in a row that leave it out one is looked at
	// less often, and secondLook how long after the first an answer that does not know it
	// is a second one.
	absentFor  = 3
	secondLook = time.Minute
	// shownFor is how long a Space that is over is shown.
	shownFor = 10 * time.Minute
	// forgotten is how long after it was last seen one is not looked for: the store knows it.
	forgotten = 24 * time.Hour
	// mostPoints is how many sightings of a Space are kept to be shown.
	mostPoints = 240
)

// space is what is known of one Space.
type space struct {
	facts.Space
	at       time.Time // last seen
	looked   time.Time // for the last time, or when that was begun
	absent   int       // answers since that leave it out
	missedAt time.Time // first not known since then
	over     bool      // no more looks
	endedAt  time.Time
	points   []point
}

// point is one sighting of a live Space.
type point struct {
	at     time.Time
	people int64
}

// seen takes in a sighting. One that is ended gets a last look.
func (s *space) seen(f facts.Space, at time.Time, look bool) {
	if at.Before(s.at) {
		return // answers overtake each other
	}
	was := s.State
	s.Space, s.at, s.absent, s.missedAt = f, at, 0, time.Time{}
	switch {
	case f.State == facts.Ended:
		if s.over = s.over || look && was == facts.Ended; s.endedAt.IsZero() {
			s.endedAt = at
		}
	case f.State == "live":
		s.over = false
		if s.points = append(s.points, point{at, f.People}); len(s.points) > mostPoints {
			s.points = slices.Delete(s.points, 0, len(s.points)-mostPoints)
		}
	}
}

// missed takes in that an answer does not know it: after a second one it is over.
func (s *space) missed(at time.Time) {
	switch {
	case s.missedAt.IsZero():
		s.missedAt = at
	case at.Sub(s.missedAt) >= secondLook:
		if s.over = true; s.endedAt.IsZero() {
			s.endedAt = s.missedAt
		}
	}
}

// pace is how long after the look before the next one is due; false is never.
func (s *space) pace(now time.Time, p Pace) (time.Duration, bool) {
	switch {
	case s.over:
		return 0, false
	case s.absent >= absentFor:
		return p.Discover, true
	case s.State == "live", s.State == facts.Ended, !s.missedAt.IsZero():
		return 0, true
	case s.State != "scheduled": // nobody knows which
		return p.Discover, true
	case s.Planned.IsZero() || now.Before(s.Planned.Add(-aheadOf)) || now.After(s.Planned.Add(noShow)):
		return 0, false // the run's first requests look at it, once an hour
	case now.After(s.Planned.Add(lateFor)):
		return p.Discover, true
	}
	return 0, true
}

// due lists the Spaces to look at now, and with begin notes that they are looked at.
func (w *Watch) due(now time.Time, begin bool) (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, s := range w.spaces {
		if s.over && now.Sub(s.endedAt) > shownFor || now.Sub(s.at) > forgotten {
			delete(w.spaces, id)
		} else if pace, watched := s.pace(now, w.cfg.Pace); watched && now.Sub(s.looked) >= pace {
			ids = append(ids, id)
			if begin {
				s.looked = now
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// Shown is a Space as it is shown.
type Shown struct {
	ID      string
	Title   string
	State   string
	People  int64
	Minutes int // since its start
	Curve   string
}

// Now are the Spaces that are live, or ended a moment ago, the fullest first, the curves of
// their audiences as wide as told; and how many looks there were, of all.
func (w *Watch) Now(width int) (all []Shown, looks int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, s := range w.spaces {
		if len(s.points) == 0 {
			continue
		}
		shown := Shown{ID: id, Title: cmp.Or(s.Title, id), State: s.State, People: s.points[len(s.points)-1].people, Curve: sparkline(s.points, width)}
		if !s.Started.IsZero() {
			shown.Minutes = int(s.at.Sub(s.Started).Minutes())
		}
		all = append(all, shown)
	}
	slices.SortFunc(all, func(a, b Shown) int {
		return cmp.Or(cmp.Compare(a.State, b.State)*-1, cmp.Compare(b.People, a.People), cmp.Compare(a.Title, b.Title))
	})
	return all, w.looks
}

// Live counts the Spaces that are live, and those that are about to start.
func (w *Watch) Live() (live, soon int) {
	now := w.cfg.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.spaces {
		_, watched := s.pace(now, w.cfg.Pace)
		switch {
		case watched && s.State == "live":
			live++
		case watched && s.State == "scheduled":
			soon++
		}
	}
	return live, soon
}

// bars are the heights of a sparkline.
var bars = []rune("▁▂▃▄▅▆▇█")

// sparkline draws the last sightings, from none to the most people.
func sparkline(points []point, width int) string {
	points = points[max(len(points)-max(width, 0), 0):]
	most := int64(1)
	for _, p := range points {
		most = max(most, p.people)
	}
	var line []rune
	for _, p := range points {
		line = append(line, bars[max(p.people, 0)*int64(len(bars)-1)/most])
	}
	return string(line)
}
