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
	Runs   []StateRun             `json:"runs"` // those read, oldest first
	Spaces map[string]*SpaceState `json:"spaces"`
	// Refused are members that were refused when they were asked for alone.
	Refused []Refused `json:"refused,omitempty"`
	// Damaged are pages that cannot be read: what they say is not in Spaces.
	Damaged []Damage `json:"damaged,omitempty"`
	// Checksum is that of the file without it. Files before it have none.
	Checksum string `json:"checksum,omitempty"`
}

// SpaceState is what was last seen of one Space.
type SpaceState struct {
	State  string    `json:"state"`
	SeenAt time.Time `json:"seen_at"`
	// Missed is when an answer, and MissedBy the run whose, first said that it is
	// not known, after SeenAt: one may be wrong, so it is asked for again.
	Missed   *time.Time `json:"missed,omitempty"`
	MissedBy string     `json:"missed_by,omitempty"`
	// Gone is what Missed was when a second answer said so.
	Gone *time.Time `json:"gone,omitempty"`
	// Final: seen ended by a run that came to its end, so that what follows was
	// asked for a last time, too, where the run asked for such.
	Final  bool               `json:"final,omitempty"`
	Tweets bool               `json:"tweets,omitempty"`
	Buyers bool               `json:"buyers,omitempty"`
	With   []schemas.Endpoint `json:"with,omitempty"`
}

// secondLook is how long after the first an answer of the same run has to come
// to be a second one.
const secondLook = time.Minute

// miss takes in that an answer says that the Space is not known.
func (s *SpaceState) miss(at time.Time, runID string) {
	switch {
	case s.Gone != nil:
	case s.Missed == nil:
		s.Missed, s.MissedBy = &at, runID
	case s.MissedBy != runID || at.Sub(*s.Missed) >= secondLook:
		s.Gone, s.Missed, s.MissedBy = s.Missed, nil, ""
	}
}

// open reports whether the Space can still change.
func (s *SpaceState) open() bool { return s.Gone == nil && s.State != facts.Ended }

// done reports whether nothing more can be learned for this plan.
func (s *SpaceState) done(plan store.Plan) bool {
	last := store.Plan{Tweets: s.Tweets, Buyers: s.Buyers, With: s.With}
	return s.Gone != nil || s.Final && !slices.ContainsFunc(schemas.FollowUps(), func(f schemas.Spec) bool { return plan.Follows(f.Endpoint) && !last.Follows(f.Endpoint) })
}

const (
	stateFile = "state.json"
	// prunedState is the state of the runs up to the last whose pages were pruned: from
	// it the state is made again.
	prunedState = "pruned-state.json"
)

// KeepState makes what is known of the Spaces of the runs up to one last, before their
// pages are removed.
func KeepState(ctx context.Context, l *store.Locked, last string) error {
	runs, err := l.Runs()
	if err != nil {
		return err
	}
	runs = runs[:slices.Index(runs, last)+1]
	st := stateIn(l.Dir, runs, prunedState)
	if st == nil {
		st = &State{Spaces: map[string]*SpaceState{}}
	}
	for _, id := range runs[len(st.Runs):] {
		if err := st.fold(ctx, l.Dir, id); err != nil {
			return err
		}
	}
	if n := len(st.Runs) - 1; n >= 0 && st.Runs[n].Ended && !st.damaged(last) {
		st.Runs[n].Mark = nil // others follow
	}
	return st.saveTo(l, prunedState)
}

// ReadState reads what the store knows of each Space. Runs since its file was
// written are read from their pages, and all are when it is missing, or not of the
// runs as they are. The newest run is read each time until it has come to its end.
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
	grown := false
	for _, id := range runs[len(st.Runs):] {
		if id == runs[len(runs)-1] && grown && save != nil {
			if err := st.save(save); err != nil {
				return nil, err
			}
		}
		if err := st.fold(ctx, d, id); err != nil {
			return nil, err
		}
		grown = true
	}
	if grown && save != nil && st.Runs[len(st.Runs)-1].Ended {
		return st, st.save(save)
	}
	return st, nil
}

// savedState reads the file. It returns an empty state when there is none, or
// when it is torn or of other runs than the store's first: it can be made again.
func savedState(d store.Dir, runs []string) *State {
	for _, name := range []string{stateFile, prunedState} {
		if st := stateIn(d, runs, name); st != nil {
			return st
		}
	}
	return &State{Spaces: map[string]*SpaceState{}}
}

// stateIn is the state that a file has; nil where there is none of the store's first
// runs.
func stateIn(d store.Dir, runs []string, name string) *State {
	st := &State{}
	summed, err := store.ReadSummed(d.File(name), st)
	st.Checksum = ""
	whole := true
	for id, s := range st.Spaces {
		whole = whole && s != nil && (summed || schemas.IsSpaceID(id))
	}
	if err == nil && whole && st.Spaces != nil && st.stands(d, runs) {
		return st
	}
	return nil
}

func (st *State) save(to *store.Locked) error { return st.saveTo(to, stateFile) }

func (st *State) saveTo(to *store.Locked, name string) error {
	st.Checksum = store.Checksum(st)
	defer func() { st.Checksum = "" }()
	return store.WriteJSON(to.File(name), st, nil)
}

// fold takes in the pages of one run.
func (st *State) fold(ctx context.Context, d store.Dir, id string) error {
	m, err := d.Manifest(id)
	if err != nil && !store.Unwritten(err) {
		return err
	}
	ended := err == nil && m.Ended()
	m.Run.RunID = id // without a manifest, too
	var damaged []*landing.DamageError
	pages, err := landing.OpenSalvage(d, id)
	var pruned *landing.PrunedError
	switch {
	case errors.As(err, &pruned): // and what is lasting of them is lost
		damaged = append(damaged, landing.NewPruned(pruned, m.Run.Pages))
	case errors.Is(err, landing.ErrNone): // killed before its first page
	case err != nil:
		return err
	default:
		defer pages.Close()
		look, imported := lastLookOf(d, &m), imported(d, id)
		damaged, err = facts.Fold(ctx, pages, nil, func(p facts.Received) {
			if !imported { // what is imported is not followed
				st.see(p, &m, look)
			}
		})
		if err != nil {
			return err
		}
	}
	st.took(d, id, ended, damaged)
	return nil
}

// imported reports whether the pages of a run were imported: nobody asked for them.
func imported(d store.Dir, runID string) bool {
	planned, err := d.Planned(runID)
	if err == nil {
		return planned.Plan.Import != ""
	}
	m, err := d.Manifest(runID)
	return err == nil && m.Plan.Import != ""
}

// lastLook says of which Spaces a run has had the last look, where it saw that they
// are over.
type lastLook struct {
	asked bool            // it asked for all it was to ask for, or another asks for the rest
	open  map[string]bool // members that it, or the other, did not get all of
}

// lastLookOf is that of the run of a manifest, whose rest may be another run's.
func lastLookOf(d store.Dir, m *store.Manifest) lastLook {
	look := lastLook{m.Run.Outcome.Complete(), map[string]bool{}}
	for _, one := range m.Missing {
		if one.Kind == schemas.GapTemporary || one.Kind == schemas.GapDamaged {
			look.open[one.Member] = true
		}
	}
	if next, err := d.Planned(m.ClosedBy); m.ClosedBy != "" && err == nil && slices.Contains(next.LeftBy, m.Run.RunID) {
		look.asked = true
		for _, r := range next.Left {
			for _, id := range r.IDs {
				look.open[id] = true
			}
		}
	}
	return look
}

// see takes in one page of the run of a manifest. Only of a run that asked for all
// it was to ask for an ended Space needs no further look.
func (st *State) see(p facts.Received, m *store.Manifest, look lastLook) {
	if !p.Counts {
		return
	}
	st.refusals(p, m.Plan, look)
	at, unaskable := p.FetchedAt, map[string]bool{}
	for _, id := range p.Unaskable {
		unaskable[id] = true
	}
	for _, space := range p.Spaces {
		if unaskable[space.ID] {
			continue // though another object might have that text for an id
		}
		s := st.Spaces[space.ID]
		if s == nil {
			s = &SpaceState{}
			st.Spaces[space.ID] = s
		}
		s.State, s.SeenAt, s.Gone, s.Missed, s.MissedBy = space.State, at, nil, nil, ""
		if s.State == facts.Ended && look.asked && !look.open[space.ID] {
			s.Final, s.Tweets, s.Buyers, s.With = true, m.Plan.Tweets, m.Plan.Buyers, m.Plan.With
		}
	}
	for _, id := range p.Missing {
		if s := st.Spaces[id]; s != nil {
			s.miss(at, m.Run.RunID)
		}
	}
}

// Seeds are the first requests of a plan for a store that knows its Spaces:
// those that can still change are looked up again, live ones first, those that
// cannot are left out, and so is what a request cannot ask for.
func (st *State) Seeds(plan store.Plan) []schemas.Request {
	ids, rest := store.SplitLookups(plan.Seeds)
	for _, id := range slices.Sorted(maps.Keys(st.Spaces)) {
		if s := st.Spaces[id]; s.open() || s.Gone == nil && !s.done(plan) {
			ids = append(ids, id)
		}
	}
	asked := map[string]bool{}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		s := st.Spaces[id]
		leave := asked[id] || s != nil && s.done(plan) || !schemas.IsSpaceID(id)
		asked[id] = true
		return leave
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
