package pipeline

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// State is what the store knows of each Space: whether it can still change. It
// is derived from the landed pages; its file only saves reading them again.
type State struct {
	Runs   []string               `json:"runs"` // those read, oldest first
	Spaces map[string]*SpaceState `json:"spaces"`
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

// stateEnded is the state of a Space that is over.
const stateEnded = "ended"

// open reports whether the Space can still change.
func (s *SpaceState) open() bool { return s.Gone == nil && s.State != stateEnded }

// done reports whether nothing more can be learned for this plan.
func (s *SpaceState) done(plan Plan) bool {
	return s.Gone != nil || s.Final && (s.Tweets || !plan.Tweets) && (s.Buyers || !plan.Buyers)
}

func (s Store) statePath() string { return filepath.Join(string(s), "state.json") }

// State reads what the store knows of each Space. Runs that came to an end
// since are read from their pages, and all are when the file is missing.
func (s Store) State(ctx context.Context) (*State, error) {
	runs, err := s.Runs()
	if err != nil {
		return nil, err
	}
	st := s.savedState(runs)
	read, whole := len(st.Runs), true
	for _, id := range runs[read:] {
		ended, err := st.fold(ctx, s, id, refuseTorn)
		if err != nil {
			return nil, err
		}
		if whole = whole && ended; whole {
			st.Runs = append(st.Runs, id)
		}
		if whole && len(st.Runs) > read {
			read = len(st.Runs)
			if err := writeJSON(s.statePath(), st, nil); err != nil {
				return nil, err
			}
		}
	}
	return st, nil
}

// savedState reads the file. It returns an empty state when there is none, or
// when it is torn or of other runs than the store's first: it can be made again.
func (s Store) savedState(runs []string) *State {
	st := &State{}
	err := readJSON(s.statePath(), st)
	if err == nil && st.Spaces != nil && len(st.Runs) <= len(runs) && slices.Equal(st.Runs, runs[:len(st.Runs)]) {
		return st
	}
	return &State{Spaces: map[string]*SpaceState{}}
}

// fold takes in the pages of one run and reports whether the run has come to
// an end.
func (st *State) fold(ctx context.Context, s Store, id string, torn tornMode) (ended bool, err error) {
	m, err := s.Manifest(id)
	if err != nil && !unwritten(err) {
		return false, err
	}
	ended = err == nil && m.Run.Outcome == schemas.Done
	if err != nil {
		torn = passTorn // killed: its last page may not have come to its end
	}
	l, err := openLanding(s.Raw(), id, torn)
	if errors.Is(err, os.ErrNotExist) {
		return ended, nil // killed before its first page
	}
	if err != nil {
		return false, err
	}
	defer l.Close()
	for _, e := range slices.Backward(l.Entries()) { // oldest first
		if err := ctx.Err(); err != nil {
			return false, err
		}
		page, err := l.Read(e)
		if err != nil {
			return false, err
		}
		found, err := examine(page)
		if err != nil {
			return false, err
		}
		st.take(found, e.FetchedAt, ended, m.Plan)
	}
	return ended, nil
}

// take takes in one page.
func (st *State) take(found Extracted, at time.Time, ended bool, plan Plan) {
	for _, space := range found.Spaces {
		s := st.Spaces[space.ID]
		if s == nil {
			s = &SpaceState{}
			st.Spaces[space.ID] = s
		}
		s.State, s.SeenAt, s.Gone = space.State, at, nil
		if s.State == stateEnded && ended {
			s.Final, s.Tweets, s.Buyers = true, plan.Tweets, plan.Buyers
		}
	}
	for _, id := range found.Missing {
		if s := st.Spaces[id]; s != nil && s.Gone == nil {
			s.Gone = &at
		}
	}
}

// Seeds are the first requests of a plan for a store that knows its Spaces:
// those that can still change are looked up again, live ones first, those that
// cannot are left out.
func (st *State) Seeds(plan Plan) []schemas.Request {
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
	return append(Lookups(ids), rest...)
}

// turn is when a Space has its turn, by what was last seen of it.
func (st *State) turn(id string) int {
	if s := st.Spaces[id]; s != nil {
		return turn(s.State)
	}
	return turn("")
}

// Lookups are the requests that look up Spaces by id.
func Lookups(ids []string) []schemas.Request {
	var requests []schemas.Request
	for batch := range slices.Chunk(ids, schemas.MaxIDs) {
		r := schemas.Request{Endpoint: schemas.Spaces, IDs: batch}
		if len(batch) == 1 {
			r.Endpoint = schemas.SpaceByID
		}
		requests = append(requests, r)
	}
	return requests
}
