package money

import (
	"slices"

	"github.com/spacesetl/spacesetl/schemas"
)

// Want is a request for a page that is to be paid for.
type Want struct {
	Endpoint schemas.Endpoint
	PageID   string
	IDs      []string      // of a look-up by a list: what it asks for
	Most     schemas.Money // that its answer can cost
}

// members are what the request asks for; of one that is no look-up, the page.
func (w Want) members() []string {
	if len(w.IDs) == 0 {
		return []string{w.PageID}
	}
	return w.IDs
}

// each is what the answer can cost for one member.
func (w Want) each() schemas.Money { return w.Most / schemas.Money(len(w.members())) }

// note is an answer that was lost: the most it can have cost is booked on a day.
// Where the budget is full it covers one repetition of each member, since both
// together cost hardly more than that.
type note struct {
	Endpoint schemas.Endpoint
	members  []string
	each     schemas.Money
	day      string
	here     bool          // lost by this start
	lent     schemas.Money // to repetitions under way
	covered  bool          // it was itself a repetition that another covered
}

// loan is what a lost answer lends to a repetition.
type loan struct {
	*note
	amount schemas.Money
}

// noteOf is the note of what the ledger has as lost.
func noteOf(n Lost, prices schemas.Prices) *note {
	w := Want{n.Endpoint, n.PageID, n.Members, n.Cost(prices)}
	return &note{Endpoint: w.Endpoint, members: slices.Clone(w.members()), each: w.each(), day: Day(n.At), covered: n.Covered}
}

// of are the members that both are of, if the lost answer can have cost as much for
// each.
func (n *note) of(w Want) []string {
	if n.Endpoint != w.Endpoint || n.each != w.each() {
		return nil
	}
	return common(n.members, w.members())
}

// lenders are what lost answers lend to a request: of each of its members the latest,
// unless as many repetitions of it were lost as answers that were paid for.
func (p *Purse) lenders(w Want) (all []loan) {
	left := map[string]int{}
	for _, n := range p.lost {
		for _, member := range n.of(w) {
			if n.covered {
				left[member]--
			} else {
				left[member]++
			}
		}
	}
	for _, n := range slices.Backward(p.lost) {
		if n.covered || n.lent > 0 {
			continue
		}
		var amount schemas.Money
		for _, member := range n.of(w) {
			if left[member] > 0 {
				left[member] = 0
				amount += n.each
			}
		}
		if amount > 0 {
			all = append(all, loan{n, amount})
		}
	}
	return all
}

// Lent reports whether what is set aside for a page under way is what lost answers
// lend it.
func (p *Purse) Lent(pageID string) bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.loans[pageID]) > 0
}

// lose notes answers that were lost, of which the first may have been covered.
func (p *Purse) lose(c Charge, covered bool) {
	for i := range c.Answers {
		p.lost = append(p.lost, &note{
			Endpoint: c.Endpoint, members: slices.Clone(c.members()), each: c.each(), day: Day(c.At), here: true, covered: covered && i == 0,
		})
	}
}

// again books that what was lost of a page, or of its members, cost what the page did.
func (p *Purse) again(c Charge) {
	for _, n := range p.lost {
		same := n.of(c.Want)
		had := n.each * schemas.Money(len(same))
		held := c.Each
		if !n.here { // it was lost before: see more
			held += c.Each/4 + p.prices[c.Endpoint.Spec().Data]
		}
		p.spend(n.day, min(held, had)-had, n.here)
		n.members = slices.DeleteFunc(n.members, func(id string) bool { return slices.Contains(same, id) })
	}
	p.lost = slices.DeleteFunc(p.lost, func(n *note) bool { return len(n.members) == 0 })
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
