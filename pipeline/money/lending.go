package money

import (
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// Want is a request for a page that is to be paid for.
type Want struct {
	Endpoint schemas.Endpoint
	PageID   string
	IDs      []string      // asked for
	Most     schemas.Money // that its answer can cost
}

// each is what the answer can cost for one id.
func (w Want) each() schemas.Money { return w.Most / schemas.Money(max(len(w.IDs), 1)) }

// note is an answer that was lost: the most it can have cost is booked on a day,
// and covers what its repetition can cost. A repetition is a request for the same
// page, or, of a look-up, for some of its members.
type note struct {
	Want
	day  string
	here bool          // lost by this start
	lent schemas.Money // to repetitions under way
}

// loan is what a lost answer lends to a repetition.
type loan struct {
	*note
	ids    []string // of a look-up
	amount schemas.Money
}

// noteOf is the note of what the ledger has as lost.
func noteOf(n Lost, prices schemas.Prices) *note {
	return &note{Want: Want{n.Endpoint, n.PageID, slices.Clone(n.Members), n.Cost(prices)}, day: Day(n.At)}
}

// lenders are what lost answers lend to a request: the latest to the same one, or of
// each member the latest that can have cost as much for it.
func (p *Purse) lenders(w Want) (all []loan) {
	ids := w.IDs
	for _, n := range slices.Backward(p.lost) {
		switch {
		case n.lent > 0 || n.Endpoint != w.Endpoint:
		case n.PageID == w.PageID && n.Most == w.Most && len(ids) == len(w.IDs):
			return []loan{{n, n.IDs, w.Most}}
		case len(n.IDs) > 0 && n.each() == w.each():
			if same := common(n.IDs, ids); len(same) > 0 {
				ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(same, id) })
				all = append(all, loan{n, same, w.each() * schemas.Money(len(same))})
			}
		}
	}
	return all
}

// common are the ids that are in both.
func common(a, b []string) (both []string) {
	for _, id := range a {
		if slices.Contains(b, id) {
			both = append(both, id)
		}
	}
	return both
}

// again books that what was lost of a page, or of its members, cost what the page did.
func (p *Purse) again(c Charge) {
	for _, n := range p.lost {
		var ids []string
		var had schemas.Money
		switch {
		case n.Endpoint != c.Endpoint:
		case n.PageID == c.PageID && n.Most == c.Most:
			ids, had = n.IDs, n.Most
		case n.each() == c.each():
			ids = common(n.IDs, c.IDs)
			had = n.each() * schemas.Money(len(ids))
		}
		p.spend(n.day, min(c.Each, had)-had, n.here)
		n.Most -= had
		n.IDs = slices.DeleteFunc(n.IDs, func(id string) bool { return slices.Contains(ids, id) })
	}
	p.lost = slices.DeleteFunc(p.lost, func(n *note) bool { return n.Most == 0 })
}
