package health

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Refused is a member that was asked for alone and refused, or whose answer was too
// large however little was asked for.
type Refused struct {
	Endpoint schemas.Endpoint `json:"endpoint"`
	Member   string           `json:"member"`
	Kind     schemas.Gap      `json:"kind"`
	Reason   string           `json:"reason"`
	At       time.Time        `json:"at"` // the last time
}

// How long a member rests that was refused, and one whose answer is too large, which
// is paid for.
const (
	refusedRests  = 24 * time.Hour
	tooLargeRests = 30 * 24 * time.Hour
)

func (r Refused) until() time.Time {
	if r.Kind == schemas.GapTooLarge {
		return r.At.Add(tooLargeRests)
	}
	return r.At.Add(refusedRests)
}

// Resting are the members that are not asked for now: every try would cost what the
// last one did, and find the same.
func (st *State) Resting(now time.Time) (all []store.Missing) {
	for _, r := range st.Refused {
		if until := r.until(); now.Before(until) {
			all = append(all, store.Missing{Endpoint: r.Endpoint, Member: r.Member, Kind: r.Kind,
				Reason: fmt.Sprintf("%s; not asked for again before %s", r.Reason, until.Format(time.DateTime))})
		}
	}
	return all
}

// refusals takes in what a page says of members that were asked for alone. Those by which
// an endpoint was found to refuse everything lack for a while, as all others do.
func (st *State) refusals(p facts.Received, plan store.Plan, look lastLook) {
	r := p.Request
	e := r.Endpoint.Listed()
	lookup := e.Spec().IDParam != ""
	rests := p.Refused != nil && len(r.IDs) == 1 && r.Token == "" &&
		(p.Refused.Kind == schemas.GapRefused && lookup || p.TooLarge() && smallest(r, plan))
	if !rests && !p.OK || rests && look.open[r.IDs[0]] {
		return // it says nothing of one of them
	}
	st.Refused = slices.DeleteFunc(st.Refused, func(old Refused) bool {
		return old.Endpoint == e && slices.Contains(r.IDs, old.Member) || p.FetchedAt.Sub(old.At) > tooLargeRests
	})
	if rests {
		st.Refused = append(st.Refused, Refused{e, r.IDs[0], p.Refused.Kind, p.Refused.Says, p.FetchedAt})
	}
}

// smallest reports whether a request cannot be made for less.
func smallest(r schemas.Request, plan store.Plan) bool {
	fewer := r.Endpoint.Spec().Paged && cmp.Or(r.Max, schemas.MaxResults)/2 >= schemas.LeastResults(r.Endpoint)
	lean := !r.Lean && slices.ContainsFunc(plan.Expansions(r.Endpoint), schemas.ExpandsUsers)
	return !fewer && !lean
}
