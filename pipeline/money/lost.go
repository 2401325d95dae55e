package money

import (
	"maps"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// repeatable is for how long a request for the same page repeats one whose answer
// was lost: later ones ask for another time.
const repeatable = 31 * 24 * time.Hour

// Lost is an answer that a crash lost and that no page has repeated yet.
type Lost struct {
	RunID string `json:"run_id"`
	store.Sent
	Most schemas.ByKind `json:"most"` // that it can have held
	Data int64          `json:"data"` // of that, in data
}

// Cost is what the answer can have cost.
func (n *Lost) Cost(p schemas.Prices) schemas.Money { return p.Cost(n.Most) }

// assume books an answer that was lost and not repeated yet as the most it can have
// held.
func (l *Ledger) assume(runID string, n store.Sent, expansions []string) {
	lost := lostOf(runID, n, expansions)
	l.Lost = append(l.Lost, lost)
	l.add(&lost, 1)
}

// lostOf is the answer to a request as lost.
func lostOf(runID string, n store.Sent, expansions []string) Lost {
	most := schemas.MostOf(schemas.Request{Endpoint: n.Endpoint, IDs: make([]string, n.IDs), Max: n.Max, Lean: n.Lean}, expansions)
	data := schemas.MostData(n.Endpoint, n.IDs)
	if n.Max > 0 {
		data = min(data, int64(n.Max))
	}
	return Lost{runID, n, most, data}
}

// add books a lost answer so many times, -1 to take it out again.
func (l *Ledger) add(n *Lost, times int64) {
	for _, o := range schemas.Priced() {
		most, ok := n.Most[o]
		if !ok {
			continue
		}
		line := l.line(Line{Day: Day(n.At), RunID: n.RunID, Endpoint: n.Endpoint, Object: o, Lost: true})
		included := most
		if o == n.Endpoint.Spec().Data {
			included -= n.Data
			line.Returned += times * n.Data
			line.New[Model{Lost: true}.view()] += times * n.Data
		}
		line.Included += times * included
		line.New[Model{Expansions: true, Lost: true}.view()] += times * most
	}
}

// settle books that what earlier runs lost of a page held what the page does, whose
// request is given, if theirs was the same and can have brought as much.
func (l *Ledger) settle(r store.Sent, expansions []string, f *facts.Facts) {
	if len(l.Lost) == 0 {
		return
	}
	repeated := lostOf("", r, expansions)
	var found []Lost
	l.Lost = slices.DeleteFunc(l.Lost, func(n Lost) bool {
		same := n.PageID == r.PageID && n.At.Before(r.At) && r.At.Sub(n.At) <= repeatable && maps.Equal(n.Most, repeated.Most)
		if same {
			found = append(found, n)
		}
		return same
	})
	for _, n := range found {
		l.add(&n, -1)
		l.book(n.RunID, Day(n.At), f, true)
	}
	if len(found) > 0 {
		l.Lines = slices.DeleteFunc(l.Lines, func(line *Line) bool { return line.Returned+line.Included == 0 })
	}
}
