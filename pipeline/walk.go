package pipeline

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// walk is what a run has found so far and still has to ask for. It holds ids,
// not pages, and is rebuilt from landing when a run resumes.
type walk struct {
	plan  store.Plan
	seeds []schemas.Request
	posts []schemas.Request // of the seeds, asked after what Spaces lead to
	left  []schemas.Request // of an earlier run, asked after the seeds
	// resting are not asked for.
	resting map[gap]store.Missing

	mu       sync.Mutex
	started  bool
	creators map[string]bool // user ids, asked for or not
	queried  map[string]bool // creators asked for
	spaces   map[string]facts.Space
	misses   map[string]int  // how often in a row an answer did not know a Space
	detailed map[string]bool // Spaces whose follow-ups are queued
	referred map[string]bool // user ids
	due      map[string]bool // user ids that an earlier run had left
	unfit    map[string]bool // ids of Spaces that were none, such as true without quotes
	present  map[string]bool // user ids seen or asked for
	owners   map[string]bool // user ids of the user tokens, as far as known
	shut     map[schemas.Endpoint]*StoppedError
	skipped  map[string]int
	failures []failure
	gaps     gaps
	named    map[member]bool           // what the plan asks for by name
	given    map[schemas.Endpoint]bool // endpoints that gave what they were asked for
	halt     *StoppedError
	halting  func() // called when halt is set; nil is nothing
}

func newWalk(p *Pipeline) *walk {
	plan := p.Plan
	w := &walk{
		plan: plan, left: p.Left, resting: map[gap]store.Missing{}, creators: map[string]bool{}, queried: map[string]bool{},
		spaces: map[string]facts.Space{}, misses: map[string]int{}, detailed: map[string]bool{},
		referred: map[string]bool{}, due: map[string]bool{}, unfit: map[string]bool{}, present: map[string]bool{}, owners: map[string]bool{},
		shut: map[schemas.Endpoint]*StoppedError{}, skipped: map[string]int{},
		gaps: newGaps(), named: map[member]bool{}, given: map[schemas.Endpoint]bool{},
	}
	if plan.Watch {
		w.gaps.looked = map[gap]bool{}
	}
	for _, r := range p.Seeds {
		if r.Endpoint == schemas.Posts {
			w.posts = append(w.posts, r)
		} else {
			w.seeds = append(w.seeds, r)
		}
	}
	for _, one := range p.Resting {
		w.resting[gap{one.Endpoint.Listed(), one.Member}] = one
	}
	for _, r := range plan.Seeds {
		for _, id := range r.IDs {
			w.named[member{r.Endpoint.Spec().Data, id}] = true
		}
	}
	for _, id := range plan.Creators {
		w.creators[id] = true
		w.named[member{schemas.Creators.Spec().Data, id}] = true
	}
	for _, id := range plan.Owners {
		w.owners[id] = true
	}
	return w
}

// next returns the requests of the next wave, in an order that depends only on
// what was found; none when the walk is over.
func (w *walk) next() []schemas.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	wave := w.wave()
	for _, r := range wave {
		w.gaps.ask(r)
	}
	return wave
}

// looks are the requests of a round as they are asked.
func (w *walk) looks(requests []schemas.Request) []schemas.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	requests = w.askable(requests)
	for _, r := range requests {
		w.gaps.ask(r)
	}
	return requests
}

func (w *walk) wave() []schemas.Request {
	var wave []schemas.Request
	if !w.started {
		w.started = true
		wave = w.askable(w.seeds)
		if w.plan.Self {
			wave = append(wave, schemas.Request{Endpoint: schemas.Me})
		}
	} // creators do not wait for those with names: what keeps these would keep all
	first := len(wave) > 0
	wave = append(wave, w.batches(schemas.Creators, w.creators, w.queried)...)
	if !first {
		wave = append(wave, w.rest()...)
	}
	wave = append(wave, w.details()...)
	if len(wave) == 0 {
		wave, w.posts = w.askable(w.posts), nil
	}
	if len(wave) == 0 && w.plan.Users {
		wave = append(w.batches(schemas.Users, w.due, w.present), w.batches(schemas.Users, w.referred, w.present)...)
	}
	return wave
}

// rest returns what an earlier run had left and this one has not asked for, and
// takes note of it. It comes before what this run asks again, so that starts that
// never get to their end get to everything in turn.
func (w *walk) rest() (wave []schemas.Request) {
	var looked []string
	asked := map[string]bool{} // Spaces
	again := map[string]bool{} // ids of requests that two runs had left
	for _, r := range w.left {
		if again[r.ID()] {
			continue
		}
		again[r.ID()] = true
		switch e := r.Endpoint; {
		case e == schemas.Users:
			for _, id := range r.IDs {
				w.due[id] = true
			}
		case e.Listed() == schemas.Spaces:
			for _, id := range r.IDs {
				if _, found := w.spaces[id]; !found {
					looked = append(looked, id)
				}
			}
		case w.plan.Follows(e) && len(r.IDs) == 1:
			if !w.detailed[r.IDs[0]] {
				wave = append(wave, r)
			}
		}
	}
	w.left = nil
	for _, r := range wave {
		w.detailed[r.IDs[0]] = true
	}
	seeds, _ := store.SplitLookups(w.seeds)
	for _, id := range seeds {
		asked[id] = true
	}
	looked = slices.DeleteFunc(looked, func(id string) bool { return asked[id] })
	return append(w.askable(store.Lookups(looked)), wave...)
}

// batches asks for the ids in want that are not in have, and adds them to it.
func (w *walk) batches(e schemas.Endpoint, want, have map[string]bool) []schemas.Request {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if !have[id] {
			have[id] = true
			if w.takes(e, id) {
				ids = append(ids, id)
			}
		}
	}
	return store.Batches(e, ids)
}

// details asks for what follows of the Spaces found since the last wave, first of
// those that are the first to end.
func (w *walk) details() []schemas.Request {
	var ids []string
	for id := range w.spaces {
		if !w.detailed[id] && w.over(id) {
			w.detailed[id] = true
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(facts.Turn(w.spaces[a].State), facts.Turn(w.spaces[b].State)), cmp.Compare(a, b))
	})
	var requests []schemas.Request
	for _, id := range ids {
		for _, f := range schemas.FollowUps() {
			if r := (schemas.Request{Endpoint: f.Endpoint, IDs: []string{id}}); w.follows(f, &r) {
				requests = append(requests, r)
			}
		}
	}
	return requests
}

// gone is how many answers in a row that do not know a Space say that it is over.
const gone = 2

// over reports whether what follows of a Space is asked for by now.
func (w *walk) over(id string) bool {
	return !w.plan.Watch || w.spaces[id].State == facts.Ended || w.misses[id] >= gone
}

// follows reports whether a request is sent that follows from its Space.
func (w *walk) follows(f schemas.Spec, r *schemas.Request) bool {
	s := w.spaces[r.IDs[0]]
	if f.FollowUp.Owned {
		r.Creator = s.CreatorID
	}
	switch {
	case !w.plan.Follows(f.Endpoint), f.FollowUp.Ticketed && !s.Ticketed:
		return false
	case len(w.owners) > 0 && r.Creator != "" && !w.owners[r.Creator]:
		spaces := "Spaces"
		if f.FollowUp.Ticketed {
			spaces = "ticketed Spaces"
		}
		w.skipped[spaces+" whose "+string(f.Endpoint)+" only their creator can see"]++
		return false
	}
	return w.takes(f.Endpoint, s.ID)
}

// add takes what a page led to.
func (w *walk) add(f *facts.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.OK && !f.Unreadable {
		w.given[f.Request.Endpoint] = true
	}
	for _, s := range f.Spaces {
		w.spaces[s.ID] = s
		delete(w.misses, s.ID)
	}
	for _, id := range f.Missing {
		if w.misses[id]++; w.plan.Watch && w.spaces[id].ID == "" && w.misses[id] >= gone {
			w.spaces[id] = facts.Space{ID: id} // an earlier run saw it
		}
	}
	for _, id := range f.Unaskable {
		w.unfit[id] = true
	}
	for _, id := range f.Users {
		w.present[id] = true
	}
	for _, id := range f.Referred {
		w.referred[id] = true
	}
	if w.plan.NoExpand {
		for _, id := range f.Mentioned {
			w.referred[id] = true
		}
	}
	switch f.Request.Endpoint {
	case schemas.Usernames:
		for _, id := range f.Resolved {
			w.creators[id] = true
		}
	case schemas.Me:
		if len(f.Resolved) == 1 {
			w.owners[f.Resolved[0]] = true
		}
	}
}
