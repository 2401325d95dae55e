// Package watch looks at live Spaces again and again while a run goes: it says which
// are due when, as dense as the rate windows let it.
package watch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Pace is how often a watch asks.
type Pace struct {
	Every    time.Duration // for the live Spaces, by their ids
	Discover time.Duration // for new ones, by the job's searches and creators
}

// Config is what a watch is made of.
type Config struct {
	Pace
	Plan store.Plan
	// Window is what the tokens may send to an endpoint; see Window.
	Window func(schemas.Endpoint) Window
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	Stop   context.Context // ends the watch, with what is under way
	Say    func(string)    // told in a sentence when the pace has to change
}

// Watch is what is known of the Spaces watched, over all runs of a process.
type Watch struct {
	cfg   Config
	until time.Time    // when the run ends
	last  [3]time.Time // when looks, searches and the walk were due, each for its goroutine

	mu       sync.Mutex
	spaces   map[string]*space
	creators map[string]bool
	every    time.Duration // as stretched last
	looks    int           // at a Space, since the start
	late     int64         // when the last look of a run was due that is gone on with; else 0
}

// New returns a watch that knows nothing yet.
func New(cfg Config) *Watch {
	w := &Watch{cfg: cfg, spaces: map[string]*space{}, creators: map[string]bool{}, every: cfg.Every}
	for _, id := range cfg.Plan.Creators {
		w.creators[id] = true
	}
	return w
}

// RunLength is how long a run of a watch lasts: to the end of its hour of UTC.
const RunLength = time.Hour

// Run returns the rounds of a run that began then.
func (w *Watch) Run(began time.Time) pipeline.Rounds {
	w.until, w.late = began.Truncate(RunLength).Add(RunLength), 0
	return w
}

// Over reports whether the hour of a run that began then is over.
func Over(began, now time.Time) bool {
	return !now.Before(began.Truncate(RunLength).Add(RunLength))
}

var _ pipeline.Rounds = (*Watch)(nil)

// Saw takes in what a page says of Spaces.
func (w *Watch) Saw(f *facts.Facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	look := f.Request.Endpoint.Listed() == schemas.Spaces
	if look {
		w.late = max(w.late, f.Request.Look)
	}
	for _, s := range f.Spaces {
		known := w.spaces[s.ID]
		if known == nil && s.State == facts.Ended {
			continue // it was never watched
		}
		if known == nil {
			known = &space{}
			w.spaces[s.ID] = known
		}
		known.seen(s, f.BilledAt, look)
		w.looks++
	}
	if look {
		for _, id := range f.Missing {
			w.of(id).missed(f.BilledAt)
		}
		for _, id := range f.Absent {
			w.of(id).absent++
		}
		if f.Refused != nil && len(f.Request.IDs) == 1 {
			w.of(f.Request.IDs[0]).over = true
		}
	}
	if f.Request.Endpoint == schemas.Usernames {
		for _, id := range f.Resolved {
			w.creators[id] = true
		}
	}
}

// of is a Space, or where it is not watched one that nobody sees.
func (w *Watch) of(id string) *space {
	if s := w.spaces[id]; s != nil {
		return s
	}
	return &space{}
}

// Pause waits for the next time to look for new Spaces.
func (w *Watch) Pause(ctx context.Context) bool {
	_, goesOn := w.wait(ctx, w.cfg.Discover, &w.last[2])
	return goesOn
}

// Chains are the looks, and the searches.
func (w *Watch) Chains() []func(context.Context) []schemas.Request {
	return []func(context.Context) []schemas.Request{w.look, w.find}
}

// look returns the lookups that are due next. In a run that is gone on with the look that
// nobody took meanwhile is due at once.
func (w *Watch) look(ctx context.Context) []schemas.Request {
	for w.cfg.Window(schemas.Spaces).Limit > 0 { // else no token is left, and there may be no Space that shows it
		pace := w.stretched()
		at := w.cfg.Now().Truncate(pace)
		if !w.missed(at, pace) {
			var goesOn bool
			if at, goesOn = w.wait(ctx, pace, &w.last[0]); !goesOn {
				return nil
			}
		}
		var requests []schemas.Request
		for ids := range slices.Chunk(w.due(w.cfg.Now(), true), schemas.MaxIDs) {
			requests = append(requests, w.stamped(schemas.Request{Endpoint: schemas.Spaces, IDs: ids}, at))
		}
		if len(requests) > 0 {
			return requests
		}
	}
	return nil
}

// missed reports, once, whether a look was due then that was not taken.
func (w *Watch) missed(at time.Time, pace time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	late := w.late
	w.late = 0
	return late > 0 && at.Sub(w.last[0]) >= pace && late < at.Unix()
}

// find returns the searches and creators that are due next.
func (w *Watch) find(ctx context.Context) []schemas.Request {
	for {
		at, goesOn := w.wait(ctx, w.finding(), &w.last[1])
		if !goesOn {
			return nil
		}
		requests := w.finders()
		for i, r := range requests {
			requests[i] = w.stamped(r, at)
		}
		if len(requests) > 0 { // else it watches ids only
			return requests
		}
	}
}

// finders are the requests that find Spaces.
func (w *Watch) finders() (requests []schemas.Request) {
	for _, r := range w.cfg.Plan.Seeds {
		if r.Endpoint == schemas.Search {
			requests = append(requests, r)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []string
	for id := range w.creators {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for ids := range slices.Chunk(ids, schemas.MaxIDs) {
		requests = append(requests, schemas.Request{Endpoint: schemas.Creators, IDs: ids})
	}
	return requests
}

// stamped is a request as one of several looks. People come with none of them: who they
// are does not change by the minute.
func (w *Watch) stamped(r schemas.Request, at time.Time) schemas.Request {
	r.Look, r.Lean = at.Unix(), !w.cfg.Plan.NoExpand
	return r
}

// wait waits for the next time of a pace, whoever began when: a process that takes over
// looks when the one before would have. Last is when the same was due before. It returns
// false at the end of the run.
func (w *Watch) wait(ctx context.Context, pace time.Duration, last *time.Time) (at time.Time, goesOn bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.cfg.Stop, cancel)()
	now := w.cfg.Now()
	if at = now.Truncate(pace).Add(pace); at.Sub(*last) < pace { // it is another pace
		at = last.Add(pace)
	}
	if !at.Before(w.until) {
		_ = w.cfg.Sleep(ctx, w.until.Sub(now))
		return w.until, false
	}
	*last = at
	err := w.cfg.Sleep(ctx, at.Sub(now))
	return at, err == nil && ctx.Err() == nil
}
