package health

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// State is what the store knows of each Space: whether it can still change. It
// is derived from the landed pages; its file only saves reading them again.
type State struct {
	Runs   []string               `json:"runs"` // those read, oldest first
	Spaces map[string]*SpaceState `json:"spaces"`
	// Checksum is that of the file without it. Files before it have none.
	Checksum string `json:"checksum,omitempty"`
}

// SpaceState is what was last seen of one Space.
type SpaceState struct {
	State  string    `json:"state"`
	SeenAt time.Time `json:"seen_at"`
	// Gone is when the API first did not know it any more, after SeenAt.
	Gone *time.Time `json:"gone,omitempty"`
	// Final: seen ended by a run that came to its end, so that its last tweets
	// and buyers were asked for, too, where the run asked for such.
	Final  bool `json:"final,omitempty"`
	Tweets bool `json:"tweets,omitempty"`
	Buyers bool `json:"buyers,omitempty"`
}

// open reports whether the Space can still change.
func (s *SpaceState) open() bool { return s.Gone == nil && s.State != facts.Ended }

// done reports whether nothing more can be learned for this plan.
func (s *SpaceState) done(plan store.Plan) bool {
	return s.Gone != nil || s.Final && (s.Tweets || !plan.Tweets) && (s.Buyers || !plan.Buyers)
}

const stateFile = "state.json"

// ReadState reads what the store knows of each Space. Runs that came to an end
// since its file was written are read from their pages, and all are when it is
// missing.
func ReadState(ctx context.Context, d store.Dir) (*State, error) { return readState(ctx, d, nil) }

// UpdateState is ReadState, and brings the file up to date.
func UpdateState(ctx context.Context, l *store.Locked) (*State, error) {
	return readState(ctx, l.Dir, l)
}

func readState(ctx context.Context, d store.Dir, save *store.Locked) (*State, error) {
	runs, err := d.Runs()
	if err != nil {
		return nil, err
	}
	st := savedState(d, runs)
	read, whole := len(st.Runs), true
	for _, id := range runs[read:] {
		ended, err := st.fold(ctx, d, id)
		if err != nil {
			return nil, err
		}
		if whole = whole && ended; whole {
			st.Runs = append(st.Runs, id)
		}
		if whole && len(st.Runs) > read && save != nil {
			read = len(st.Runs)
			if err := st.save(save); err != nil {
				return nil, err
			}
		}
	}
	return st, nil
}

// savedState reads the file. It returns an empty state when there is none, or
// when it is torn or of other runs than the store's first: it can be made again.
func savedState(d store.Dir, runs []string) *State {
	st := &State{}
	err := store.ReadJSON(d.File(stateFile), st)
	sum := st.Checksum
	st.Checksum = ""
	whole := sum == "" || sum == store.Checksum(st)
	for id, s := range st.Spaces {
		whole = whole && s != nil && (sum != "" || schemas.IsSpaceID(id))
	}
	if err == nil && whole && st.Spaces != nil && len(st.Runs) <= len(runs) && slices.Equal(st.Runs, runs[:len(st.Runs)]) {
		return st
	}
	return &State{Spaces: map[string]*SpaceState{}}
}

func (st *State) save(to *store.Locked) error {
	st.Checksum = store.Checksum(st)
	defer func() { st.Checksum = "" }()
	return store.WriteJSON(to.File(stateFile), st, nil)
}

// fold takes in the pages of one run and reports whether the run has come to
// an end.
func (st *State) fold(ctx context.Context, d store.Dir, id string) (ended bool, err error) {
	m, err := d.Manifest(id)
	if err != nil && !store.Unwritten(err) {
		return false, err
	}
	ended = err == nil && m.Run.Outcome == schemas.Done
	pages, err := landing.OpenReader(d, id)
	if errors.Is(err, landing.ErrNone) {
		return ended, nil // killed before its first page
	}
	if err != nil {
		return false, err
	}
	defer pages.Close()
	return ended, facts.Fold(ctx, pages, nil, func(p facts.Received) { st.see(p, ended, m.Plan) })
}

// see takes in one page.
func (st *State) see(p facts.Received, ended bool, plan store.Plan) {
	if !p.Counts {
		return
	}
	at := p.FetchedAt
	for _, space := range p.Spaces {
		s := st.Spaces[space.ID]
		if s == nil {
			s = &SpaceState{}
			st.Spaces[space.ID] = s
		}
		s.State, s.SeenAt, s.Gone = space.State, at, nil
		if s.State == facts.Ended && ended {
			s.Final, s.Tweets, s.Buyers = true, plan.Tweets, plan.Buyers
		}
	}
	for _, id := range p.Missing {
		if s := st.Spaces[id]; s != nil && s.Gone == nil {
			s.Gone = &at
		}
	}
}

// Seeds are the first requests of a plan for a store that knows its Spaces:
// those that can still change are looked up again, live ones first, those that
// cannot are left out.
func (st *State) Seeds(plan store.Plan) []schemas.Request {
	var ids []string
	var rest []schemas.Request
	for _, r := range plan.Seeds {
		if r.Endpoint == schemas.Spaces || r.Endpoint == schemas.SpaceByID {
			ids = append(ids, r.IDs...)
			continue
		}
		rest = append(rest, r)
	}
	for _, id := range slices.Sorted(maps.Keys(st.Spaces)) {
		if s := st.Spaces[id]; s.open() || s.Gone == nil && !s.done(plan) {
			ids = append(ids, id)
		}
	}
	asked := map[string]bool{}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		s := st.Spaces[id]
		again := asked[id] || s != nil && s.done(plan)
		asked[id] = true
		return again
	})
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(st.turn(a), st.turn(b)) })
	return append(store.Lookups(ids), rest...)
}

// turn is when a Space has its turn, by what was last seen of it.
func (st *State) turn(id string) int {
	if s := st.Spaces[id]; s != nil {
		return facts.Turn(s.State)
	}
	return facts.Turn("")
}
