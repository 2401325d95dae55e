package money

import (
	"math"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/schemas"
)

// repeatable is for how long a request for the same page repeats one whose answer
// was lost: later ones ask for another time.
const repeatable = 31 * 24 * time.Hour

// Lost is an answer that a crash lost and that no page has repeated yet.
type Lost struct {
	RunID string `json:"run_id"`
	landing.Sent
	Most schemas.ByKind `json:"most"` // that it can have held
	Data int64          `json:"data"` // of that, in data
}

// Cost is what the answer can have cost.
func (n *Lost) Cost(p schemas.Prices) schemas.Money { return p.Cost(n.Most) }

// assume books an answer that was lost and not repeated yet as the most it can have
// held.
func (l *Ledger) assume(runID string, n landing.Sent, expansions []string) {
	lost := lostOf(runID, n, expansions)
	l.Lost = append(l.Lost, lost)
	l.add(&lost, 1)
}

// lostOf is the answer to a request as lost.
func lostOf(runID string, n landing.Sent, expansions []string) Lost {
	most := schemas.MostOf(schemas.Request{Endpoint: n.Endpoint, IDs: make([]string, n.IDs), Max: n.Max, Lean: n.Lean}, expansions)
	data := schemas.MostData(n.Endpoint, n.IDs)
	if n.Max > 0 {
		data = min(data, int64(n.Max))
	}
	return Lost{runID, n, most, data}
}

// part is the answer as one to so many of the members.
func (n Lost) part(members []string) Lost {
	of := func(all int64) int64 { return all * int64(len(members)) / int64(max(n.IDs, 1)) } // all are multiples
	most := schemas.ByKind{}
	for o, all := range n.Most {
		most[o] = of(all)
	}
	n.Data, n.Most, n.IDs, n.Members = of(n.Data), most, len(members), members
	return n
}

// same reports whether two answers can have held as much for each of what was asked
// for.
func (n *Lost) same(m *Lost) bool {
	a, b := int64(max(n.IDs, 1)), int64(max(m.IDs, 1))
	for _, o := range schemas.Priced() {
		if n.Most[o]*b != m.Most[o]*a {
			return false
		}
	}
	return true
}

// add books a lost answer so many times, -1 to take it out again.
func (l *Ledger) add(n *Lost, times int64) {
	for _, o := range schemas.Priced() {
		var data int64
		if o == n.Endpoint.Spec().Data {
			data = n.Data
		}
		l.count(n, o, times*data, times*(n.Most[o]-data))
	}
}

// count books objects of a lost answer, which nobody knows by name.
func (l *Ledger) count(n *Lost, o schemas.Object, data, included int64) {
	if data == 0 && included == 0 {
		return
	}
	line := l.lostLine(n, o)
	line.Returned += data
	line.Included += included
	line.New[Model{Lost: true}.view()] += data
	line.New[Model{Expansions: true, Lost: true}.view()] += data + included
}

func (l *Ledger) lostLine(n *Lost, o schemas.Object) *Line {
	return l.line(Line{Day: Day(n.At), RunID: n.RunID, Endpoint: n.Endpoint, Object: o, Lost: true})
}

// settle books that what earlier runs lost of a page held what the page does, whose
// request is given, if theirs was the same and can have brought as much. Of what they
// lost of some of its members too: it held no more than the page.
func (l *Ledger) settle(r landing.Sent, expansions []string, f *facts.Facts) {
	if len(l.Lost) == 0 {
		return
	}
	repeated := lostOf("", r, expansions)
	settled := false
	var rest []Lost
	for _, n := range l.Lost {
		exact, again := n.PageID == r.PageID && n.IDs == r.IDs, common(n.Members, r.Members)
		switch {
		case n.Endpoint != r.Endpoint || !n.At.Before(r.At) || r.At.Sub(n.At) > repeatable || !n.same(&repeated) || !exact && len(again) == 0:
			rest = append(rest, n)
			continue
		case exact:
			l.add(&n, -1)
			l.book(n.RunID, Day(n.At), f, true)
			l.more(&n, f, r.At)
		default:
			part := n.part(again)
			l.add(&part, -1)
			l.held(&part, f)
			l.more(&part, f, r.At)
			if len(again) < len(n.Members) {
				rest = append(rest, n.part(slices.DeleteFunc(slices.Clone(n.Members), func(id string) bool { return slices.Contains(again, id) })))
			}
		}
		settled = true
	}
	if l.Lost = rest; settled {
		l.Lines = slices.DeleteFunc(l.Lines, func(line *Line) bool { return line.Returned+line.Included+line.More == 0 })
	}
}

// held books that a lost answer held as much of a page as it can have.
func (l *Ledger) held(n *Lost, f *facts.Facts) {
	kind, returned := f.Data()
	for _, o := range schemas.Priced() {
		var had, data int64
		if o == kind {
			data = n.Data
			had = min(int64(len(returned)+f.Nameless()), data)
		}
		l.count(n, o, had, min(int64(len(f.Included(o))), n.Most[o]-data))
	}
}

// soon is so soon after an answer was lost that its repetition holds the same.
const soon = time.Minute

// more books what a lost answer can have held beside what a page does that came later:
// Spaces end, and people leave. It is one object of data and a quarter of them, what comes
// with so many, and a quarter of those included, as far as it can have held so many.
func (l *Ledger) more(n *Lost, f *facts.Facts, at time.Time) {
	if at.Sub(n.At) < soon {
		return
	}
	kind, returned := f.Data()
	data := int64(len(returned) + f.Nameless())
	ended := max(min(1+data/4, n.Data-data), 0)
	for _, o := range schemas.Priced() {
		all, most := int64(len(f.Included(o))), n.Most[o] // included
		if o == kind {
			most -= n.Data
		}
		with := most * ended / max(n.Data, 1)
		if r := l.History[comesWith(n.Endpoint, o)]; r != nil {
			with = int64(min(float64(with), math.Ceil(r.Most(float64(ended)))))
		}
		more := (all+3)/4 + with
		if o == kind {
			all += data
			more += ended
		}
		if more = min(more, n.Most[o]-all); more > 0 {
			l.lostLine(n, o).More += more
		}
	}
}

// comesWith names the rate at which objects are included with those of an answer's data;
// none has an empty name.
func comesWith(e schemas.Endpoint, included schemas.Object) string {
	spec := e.Spec()
	switch {
	case spec.Data == schemas.Space && included == schemas.User:
		return facts.RatePeople
	case spec.FollowUp != nil && included == schemas.User:
		return facts.RatesOf(spec).Users
	case spec.FollowUp != nil && included == schemas.Tweet:
		return facts.RatesOf(spec).Tweets
	}
	return ""
}
