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

	mu       sync.Mutex
	started  bool
	creators map[string]bool // user ids, asked for or not
	queried  map[string]bool // creators asked for
	spaces   map[string]facts.Space
	detailed map[string]bool // Spaces whose tweets and buyers are queued
	referred map[string]bool // user ids
	present  map[string]bool // user ids seen or asked for
	owners   map[string]bool // user ids of the user tokens, as far as known
	shut     map[schemas.Endpoint]*StoppedError
	skipped  map[string]int
	failures []failure
	inARow   int // failures since the last page
	halt     *StoppedError
	halting  func() // called when halt is set; nil is nothing
}

// failure is a request that could not be answered, and what that puts an end to.
type failure struct {
	store.Failure
	stopped *StoppedError
}

func newWalk(plan store.Plan, seeds []schemas.Request) *walk {
	w := &walk{
		plan: plan, seeds: seeds, creators: map[string]bool{}, queried: map[string]bool{},
		spaces: map[string]facts.Space{}, detailed: map[string]bool{},
		referred: map[string]bool{}, present: map[string]bool{}, owners: map[string]bool{},
		shut: map[schemas.Endpoint]*StoppedError{}, skipped: map[string]int{},
	}
	for _, id := range plan.Creators {
		w.creators[id] = true
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
	var wave []schemas.Request
	if !w.started {
		w.started = true
		wave = slices.Clone(w.seeds)
		if w.plan.Self {
			wave = append(wave, schemas.Request{Endpoint: schemas.Me})
		}
		if slices.ContainsFunc(wave, func(r schemas.Request) bool { return r.Endpoint == schemas.Usernames }) {
			return wave // the creators wait for those with names
		}
	}
	wave = append(wave, w.batches(schemas.Creators, w.creators, w.queried)...)
	wave = append(wave, w.details()...)
	if len(wave) == 0 && w.plan.Users {
		wave = w.batches(schemas.Users, w.referred, w.present)
	}
	return wave
}

// batches asks for the ids in want that are not in have, and adds them to it.
func (w *walk) batches(e schemas.Endpoint, want, have map[string]bool) []schemas.Request {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if !have[id] {
			have[id] = true
			ids = append(ids, id)
		}
	}
	var requests []schemas.Request
	for batch := range slices.Chunk(ids, schemas.MaxIDs) {
		requests = append(requests, schemas.Request{Endpoint: e, IDs: batch})
	}
	return requests
}

// details asks for the tweets and buyers of the Spaces found since the last
// wave, first of those that are the first to end.
func (w *walk) details() []schemas.Request {
	var ids []string
	for id := range w.spaces {
		if !w.detailed[id] {
			w.detailed[id] = true
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(facts.Turn(w.spaces[a].State), facts.Turn(w.spaces[b].State)), cmp.Compare(a, b))
	})
	var requests []schemas.Request
	for _, id := range ids {
		if w.plan.Tweets {
			requests = append(requests, schemas.Request{Endpoint: schemas.Tweets, IDs: []string{id}})
		}
		switch s := w.spaces[id]; {
		case !w.plan.Buyers || !s.Ticketed:
		case len(w.owners) > 0 && s.CreatorID != "" && !w.owners[s.CreatorID]:
			w.skipped["ticketed Spaces whose buyers only their creator can see"]++
		default:
			requests = append(requests, schemas.Request{Endpoint: schemas.Buyers, IDs: []string{id}, Creator: s.CreatorID})
		}
	}
	return requests
}

// add takes what a page led to.
func (w *walk) add(f *facts.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inARow = 0
	for _, s := range f.Spaces {
		w.spaces[s.ID] = s
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

func (w *walk) stop(err *StoppedError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end(err)
}

// end is stop, under the lock.
func (w *walk) end(err *StoppedError) {
	if w.halt != nil {
		return
	}
	w.halt = err
	if w.halting != nil {
		w.halting()
	}
}

// stopped returns why nothing more can be fetched, or nil.
func (w *walk) stopped() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halt == nil {
		return nil
	}
	return w.halt
}

// close rules out an endpoint and reports whether it was open.
func (w *walk) close(e schemas.Endpoint, err *StoppedError) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut[e] != nil {
		return false
	}
	w.shut[e] = err
	return true
}

func (w *walk) closed(e schemas.Endpoint) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shut[e] != nil
}

func (w *walk) skip(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skipped[reason]++
}

func (w *walk) skips() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.skipped)
}

// maxInARow is how many requests may fail with no page between them: after
// that the server is taken to be down. Those that their tokens may not make
// don't count.
const maxInARow = 5

func (w *walk) fail(r schemas.Request, err *StoppedError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, failure{store.Failure{Request: r, Error: err.Error()}, err})
	if err.Outcome == schemas.Unauthorised {
		return // the server is there, and the others may be allowed
	}
	if w.inARow++; w.inARow >= maxInARow {
		w.end(err)
	}
}

// failed lists the requests that could not be answered.
func (w *walk) failed() []store.Failure {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := []store.Failure{}
	for _, f := range w.failures {
		all = append(all, f.Failure)
	}
	return all
}

// ended returns why the walk is not complete: what stopped it, an endpoint
// ruled out, or the first request that failed; nil when it is complete.
func (w *walk) ended() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.halt != nil {
		return w.halt
	}
	for _, e := range slices.Sorted(maps.Keys(w.shut)) {
		return w.shut[e]
	}
	if len(w.failures) > 0 {
		return w.failures[0].stopped
	}
	return nil
}
