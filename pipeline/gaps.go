package pipeline

import (
	"cmp"
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// member is one of what can be asked for by name: a Space, or a user by id or
// name, or a creator, which is asked for Spaces.
type member struct {
	kind schemas.Object
	id   string
}

// gaps counts what was asked for, what came of it, and what did not.
type gaps struct {
	asked   map[schemas.Endpoint]int
	looked  map[gap]bool // members asked for, where some are again and again; else nil
	settled map[gap]bool // members that were answered, if only by a refusal
	missing map[gap]store.Missing
	cut     map[string]store.Cut // by the page id of the first page
}

// gap is one thing that an endpoint did not give.
type gap struct {
	endpoint schemas.Endpoint
	member   string
}

func newGaps() gaps {
	return gaps{asked: map[schemas.Endpoint]int{}, settled: map[gap]bool{}, missing: map[gap]store.Missing{}, cut: map[string]store.Cut{}}
}

// members are what a request asks for: ids and names, or a query.
func members(r schemas.Request) []string {
	if len(r.IDs) == 0 {
		return []string{cmp.Or(r.Query, string(r.Endpoint))}
	}
	return r.IDs
}

// ask counts what is asked for; of looks at the same again only the first.
func (g *gaps) ask(r schemas.Request) {
	for _, m := range members(r) {
		one := gap{r.Endpoint, m}
		if g.looked[one] {
			continue
		}
		if g.asked[r.Endpoint]++; g.looked != nil {
			g.looked[one] = true
		}
	}
}

// came counts the members that were answered with what was asked for.
func (g *gaps) came() map[schemas.Endpoint]int {
	n := map[schemas.Endpoint]int{}
	for m := range g.settled {
		if _, missing := g.missing[m]; !missing {
			n[m.endpoint]++
		}
	}
	return n
}

// settle notes that a request has been answered, whatever with. Of several looks at
// the same the last counts.
func (w *walk) settle(r schemas.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range members(r) {
		w.gaps.settled[gap{r.Endpoint, m}] = true
		if r.Look > 0 {
			delete(w.gaps.missing, gap{r.Endpoint, m})
		}
	}
}

// lack notes members that an answer did not give.
func (w *walk) lack(r schemas.Request, ids []string, kind schemas.Gap, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		w.miss(r.Endpoint, id, kind, reason)
	}
}

// miss is lack of one member, under the lock.
func (w *walk) miss(e schemas.Endpoint, id string, kind schemas.Gap, reason string) {
	w.gaps.missing[gap{e, id}] = store.Missing{
		Endpoint: e, Member: id, Kind: kind, Reason: reason,
		Known: kind == schemas.GapNotFound && !w.named[member{e.Spec().Data, id}],
	}
}

// cut notes a collection that was left before its end.
func (w *walk) cut(r schemas.Request, pages int, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gaps.cut[r.ID()] = store.Cut{Request: r, Pages: pages, Reason: reason}
}

// incomplete reports whether something that was asked for did not come.
func (w *walk) incomplete() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.gaps.missing {
		if !m.Known {
			return true
		}
	}
	return len(w.gaps.cut) > 0
}

// tell writes into a manifest what was asked for and what came.
func (w *walk) tell(m *store.Manifest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m.Asked, m.Came = maps.Clone(w.gaps.asked), w.gaps.came()
	m.Missing, m.Cut = slices.Collect(maps.Values(w.gaps.missing)), slices.Collect(maps.Values(w.gaps.cut))
	slices.SortFunc(m.Missing, func(a, b store.Missing) int {
		return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Member, b.Member))
	})
	slices.SortFunc(m.Cut, func(a, b store.Cut) int { return cmp.Compare(a.Request.ID(), b.Request.ID()) })
}

// answered takes in what the one answer to a request says of what was asked for.
func (w *walk) answered(f *facts.Facts) {
	r := f.Request
	w.settle(r)
	switch {
	case f.Refused != nil:
		w.lack(r, members(r), f.Refused.Kind, f.Refused.Says)
	case f.Unreadable:
		w.lack(r, members(r), schemas.GapUnreadable, "the answer is no page of the API")
	default:
		w.lack(r, f.NotFound, schemas.GapNotFound, "the API says that there is none")
		w.lack(r, f.Withheld, schemas.GapRefused, "the API does not show it")
		w.lack(r, f.Absent, schemas.GapAbsent, "the answer neither has it nor says why")
	}
}

// askable leaves out the ids that cannot be asked for, and says that they are
// missing.
func (w *walk) askable(requests []schemas.Request) []schemas.Request {
	var kept []schemas.Request
	for _, r := range requests {
		ids := slices.Clone(r.IDs)
		r.IDs = slices.DeleteFunc(ids, func(id string) bool { return !w.takes(r.Endpoint, id) })
		if len(r.IDs) > 0 || len(ids) == 0 {
			kept = append(kept, r)
		}
	}
	return kept
}

// takes reports whether an id is asked for. One that cannot be, or rests since it was
// refused, is missing.
func (w *walk) takes(e schemas.Endpoint, id string) bool {
	one, rests := w.resting[gap{e.Listed(), id}]
	switch {
	case rests:
	case !e.Takes(id), e.Asks() == schemas.Space && w.unfit[id]:
		one.Kind, one.Reason = schemas.GapUnaskable, "no request can ask for an id of this form"
	default:
		return true
	}
	if _, known := w.gaps.missing[gap{e, id}]; !known {
		w.gaps.asked[e]++ // it was to be asked for
	}
	w.miss(e, id, one.Kind, one.Reason)
	return false
}
