package extract

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// demand is a number of requests that the same windows can take.
type demand struct {
	endpoints []schemas.Endpoint
	creator   string
	tokens    []holder
	n, limit  int
	pool      string
}

// demands splits the work by what it waits for.
func (s *setting) demands() (all []demand) {
	byPool := map[string]*demand{}
	for _, e := range slices.Sorted(maps.Keys(s.work)) {
		for _, creator := range s.creators(e) {
			key := s.pool(e) + " " + creator
			d := byPool[key]
			if d == nil {
				d = &demand{creator: creator, limit: s.limits[e], pool: s.pool(e)}
				for _, h := range s.tokens {
					if h.may(e, creator) {
						d.tokens = append(d.tokens, h)
					}
				}
				byPool[key] = d
			}
			d.n += s.work[e]
			d.endpoints = append(d.endpoints, e)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(byPool)) {
		all = append(all, *byPool[key])
	}
	return all
}

// creators are whose Spaces' buyers are asked for; of other endpoints nobody's.
func (s *setting) creators(e schemas.Endpoint) []string {
	if e != schemas.Buyers {
		return []string{""}
	}
	owners := map[string]bool{}
	for _, h := range s.tokens {
		if h.owner != "" {
			owners[h.owner] = true
		}
	}
	return slices.Sorted(maps.Keys(owners))
}

// bound is a time before which nobody can be done: what the windows let
// through before each of their ends is the most that can be sent by then, and
// the rest takes its time after.
func (s *setting) bound() (bound time.Duration) {
	for _, d := range s.demands() {
		ends := []time.Duration{0}
		for _, h := range d.tokens {
			first := s.used[h.name+" "+d.pool].end
			for k := range time.Duration(d.n/d.limit + 2) {
				ends = append(ends, first+k*modelWindow)
			}
		}
		for _, end := range ends {
			if rest := d.n - s.capacity(d, end); rest > 0 {
				bound = max(bound, end+s.sending(d, rest))
			}
		}
	}
	return bound
}

// capacity is how many requests the windows take before t.
func (s *setting) capacity(d demand, t time.Duration) (n int) {
	for _, h := range d.tokens {
		began := s.used[h.name+" "+d.pool]
		if t > 0 && began.end > 0 {
			n += max(d.limit-began.used, 0)
		}
		if t > began.end {
			n += d.limit * int((t-began.end+modelWindow-1)/modelWindow)
		}
	}
	return n
}

// sending is how long n requests take at least, one lane's workers or one
// app's spacing at a time. When a request has reached the server is known from
// its answer only.
func (s *setting) sending(d demand, n int) time.Duration {
	took := time.Duration((n-1)/(s.workers*len(d.endpoints))+1) * s.latency / 2
	if !slices.Contains(d.endpoints, schemas.Creators) || len(d.endpoints) > 1 {
		return took
	}
	apps := map[string]bool{}
	for _, h := range d.tokens {
		apps[h.app] = true
	}
	turns := time.Duration((n - 1) / len(apps))
	return max(took, turns*(s.spacing+s.latency)+s.latency)
}

// optimum is the earliest time at which the last request can be sent, found by
// trying every way: which request goes out next, with which token, now or when
// the next window ends. For small settings without latency and spacing.
func (s *setting) optimum() time.Duration {
	search := search{s, map[string]time.Duration{}}
	return search.best(s.demands(), maps.Clone(s.used), 0)
}

type search struct {
	*setting
	known map[string]time.Duration
}

func (s search) best(left []demand, windows map[string]count, now time.Duration) time.Duration {
	name := fmt.Sprint(now)
	for _, d := range left {
		name += fmt.Sprint(" ", d.n)
	}
	name += fmt.Sprint(windows) // fmt sorts the keys
	if t, ok := s.known[name]; ok {
		return t
	}
	best, open := 1000*time.Hour, false
	for i, d := range left {
		if d.n == 0 {
			continue
		}
		open = true
		for _, h := range d.tokens {
			if after, ok := admit(windows, h.name+" "+d.pool, d.limit, now); ok {
				rest := slices.Clone(left)
				rest[i].n--
				best = min(best, s.best(rest, after, now))
			}
		}
	}
	if !open {
		return now
	}
	if next, ok := nextEnd(windows, now); ok {
		best = min(best, s.best(left, windows, next))
	}
	s.known[name] = best
	return best
}

// admit counts one request, if there is room.
func admit(windows map[string]count, key string, limit int, now time.Duration) (map[string]count, bool) {
	w, ok := windows[key]
	if !ok || now >= w.end {
		w = count{end: now + modelWindow}
	}
	if w.used >= limit {
		return nil, false
	}
	w.used++
	after := maps.Clone(windows)
	if after == nil {
		after = map[string]count{}
	}
	after[key] = w
	return after, true
}

func nextEnd(windows map[string]count, now time.Duration) (next time.Duration, ok bool) {
	for _, w := range windows {
		if w.end > now && (!ok || w.end < next) {
			next, ok = w.end, true
		}
	}
	return next, ok
}
