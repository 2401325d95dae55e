package simulator

import "time"

// pace is how the world evolves: all of it within over, and each Space that
// comes up lives for at most live, if that is set. With crowds people come and go.
type pace struct {
	over, live time.Duration
	crowds     bool
}

// life is how a Space passes through its states when the world evolves, all
// counted from the start of the server: it is made, begins, and lasts until end.
type life struct{ made, begin, end time.Duration }

func (p pace) life(w *world, index uint64) life {
	h := w.hash(forEvolution, index)
	if p.live > 0 {
		return p.flow(w, index, h)
	}
	half := uint64(max(p.over/2, 1))
	switch w.baseState(index) {
	case stateLive:
		return life{end: time.Duration(h%half) + p.over/10}
	case stateScheduled:
		begin := time.Duration(h % half)
		return life{begin: begin, end: begin + p.over/10 + time.Duration(mix(h)%half)}
	}
	return life{}
}

// flow spreads the Spaces over the time: half of them are announced before they
// begin. The first two are there from the start, for tests rely on them.
func (p pace) flow(w *world, index, h uint64) life {
	made := time.Duration(h % uint64(p.over))
	if index < 2 {
		made = 0
	}
	l := life{made: made, begin: made}
	if w.baseState(index) == stateScheduled || index > 1 && h>>40%3 == 0 {
		l.begin += time.Duration(mix(h) % uint64(4*p.live))
	}
	l.end = l.begin + p.live/10 + time.Duration(mix(h^1)%uint64(max(p.live-p.live/10, 1)))
	return l
}

// stateAt is the state after the server ran for the elapsed time.
func (p pace) stateAt(w *world, index uint64, elapsed time.Duration) string {
	l := p.life(w, index)
	switch {
	case elapsed < l.made:
		return stateUnmade
	case elapsed >= l.end:
		return stateEnded
	case elapsed >= l.begin:
		return stateLive
	}
	return stateScheduled
}

// evolve moves a Space from the epoch to the elapsed time.
func (p pace) evolve(w *world, sp *Space, index uint64, elapsed time.Duration) {
	l, base := p.life(w, index), sp.State
	sp.State = p.stateAt(w, index, elapsed)
	if p.live > 0 {
		l.date(w, sp)
	} else if base == stateEnded {
		return
	}
	if sp.State != stateScheduled && sp.StartedAt == nil {
		started := after(w.epoch, l.begin)
		sp.StartedAt, sp.UpdatedAt = &started, started
	}
	if sp.State == stateEnded {
		ended := after(w.epoch, l.end)
		sp.EndedAt, sp.UpdatedAt = &ended, ended
		return
	}
	if sp.State == stateLive && p.crowds {
		sp.ParticipantCount = l.crowd(sp.ParticipantCount, mix(w.hash(forEvolution, index)^2), elapsed)
	} else if sp.State == stateLive {
		step := uint64(elapsed / (10 * time.Second))
		sp.ParticipantCount += int64(w.hash(forEvolution, index<<20|step) % 50)
	}
}

// crowd is how many people are in a Space that has so many at its peak: they come until
// that, in the first tenth to six tenths of it, then go until some are left at the end.
func (l life) crowd(most int64, h uint64, elapsed time.Duration) int64 {
	through := float64(elapsed-l.begin) / float64(max(l.end-l.begin, 1))
	peak, left := 0.1+float64(h%50)/100, 0.1+float64(h>>32%60)/100
	share := through / peak
	if through > peak {
		share = 1 - (1-left)*(through-peak)/(1-peak)
	}
	return 1 + int64(float64(most)*share)
}

// date gives a Space of the flow the times of its own life.
func (l life) date(w *world, sp *Space) {
	sp.CreatedAt = after(w.epoch, l.made)
	sp.ScheduledStart, sp.StartedAt, sp.EndedAt, sp.UpdatedAt = nil, nil, nil, sp.CreatedAt
	if l.begin > l.made {
		sp.ScheduledStart = ptr(w.planned(after(w.epoch, l.begin)))
	}
	if sp.State == stateScheduled {
		sp.ParticipantCount = 0
	}
}

// after is a time of the world, as exact as the API's.
func after(epoch time.Time, elapsed time.Duration) time.Time {
	return epoch.Add(elapsed).Truncate(time.Second)
}
