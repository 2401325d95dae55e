// Package money is what a store's pages cost: the ledger, which is derived from
// them, statements made of it, and the purse that keeps a run in its budget.
package money

import (
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/schemas"
)

// Model is what is assumed of how X bills. Nothing official says which is
// true, so costs are known as a range from Optimistic to Pessimistic.
type Model struct {
	Expansions bool // users and tweets in includes are billed like those in data
	Repeats    bool // an object returned again on a UTC day is billed again
	Lost       bool // answers that a crash lost were billed
	More       bool // and held more than what came when they were asked for again
}

// Optimistic and Pessimistic are the ends of the range.
var (
	Optimistic  = Model{}
	Pessimistic = Model{Expansions: true, Repeats: true, Lost: true, More: true}
)

// view is the index of Line.New for a model.
func (m Model) view() int {
	view := 0
	if m.Expansions {
		view |= 1
	}
	if m.Lost {
		view |= 2
	}
	return view
}

// views is how many of them there are.
const views = 4

// Line is what one endpoint returned of one kind in one run on one UTC day.
type Line struct {
	Day      string           `json:"day"` // YYYY-MM-DD, UTC, by the server's clock
	RunID    string           `json:"run_id"`
	Endpoint schemas.Endpoint `json:"endpoint"`
	Object   schemas.Object   `json:"object"`
	// Lost: answers that a crash lost. Of a request that was repeated they are
	// counted as its answer, of another as the most it can have been.
	Lost     bool  `json:"lost,omitempty"`
	Returned int64 `json:"returned"` // in data
	Included int64 `json:"included"` // in includes
	// New counts objects without those returned before on the day, for each of
	// what can count as returned: with expansions (1), with lost answers (2).
	New [views]int64 `json:"new"`
	// More are those that lost answers may have held beside what their repetitions do,
	// which came later.
	More int64 `json:"more,omitempty"`
}

// Billed is how many objects of the line are billed.
func (l *Line) Billed(m Model) int64 {
	switch {
	case l.Lost && !m.Lost:
		return 0
	case !m.Repeats:
		return l.New[m.view()]
	case m.Expansions && m.More:
		return l.Returned + l.Included + l.More
	case m.Expansions:
		return l.Returned + l.Included
	}
	return l.Returned
}

// Repeated is how many objects of data had been returned before on the day: a
// look-up of them is free if X charges an object once a day.
func (l *Line) Repeated() int64 {
	if l.Lost {
		return 0
	}
	return l.Returned - l.New[Optimistic.view()]
}

// Ledger is what a store's pages cost, by UTC day, run, endpoint and kind. It
// is derived from the landed pages; see Read.
type Ledger struct {
	Lines []*Line

	// Runs are those whose pages are in the ledger, oldest first.
	Runs []Run
	// History is what the same pages say of how much comes with what.
	History facts.History
	// Lost are the answers that a crash lost and that no page has repeated yet:
	// each is in Lines as the most it can have held.
	Lost []Lost

	paid   map[string]paidDay // by day; the latest few
	closed closed             // what is not in ledger.json
	all    bool               // the closed runs are in Runs and Lines, too
}

// Count is how many runs the ledger is of, with those that a recent one leaves out.
func (l *Ledger) Count() int {
	if l.all {
		return len(l.Runs)
	}
	return l.closed.Runs + len(l.Runs)
}

// Run is a run whose pages are in the ledger.
type Run struct {
	RunID string `json:"run_id"`
	Job   string `json:"job"`
	Pages int    `json:"pages"` // received
	Ended bool   `json:"ended"` // no page can come any more
	// Damaged is how many pages cannot be read: what they cost is not counted.
	Damaged int `json:"damaged,omitempty"`
	// Planless is a run whose plan is damaged and without a manifest that has it:
	// its job is not known.
	Planless bool `json:"planless,omitempty"`
	landing.Mark
}

// paidDay are the objects returned on a day, by kind and id: a bit for each
// view.
type paidDay map[schemas.Object]map[string]uint8

// NewLedger is that of a store without runs.
func NewLedger() *Ledger {
	return &Ledger{History: facts.History{}, paid: map[string]paidDay{}, all: true}
}

// Cost is what the lines that pass cost; nil passes all.
func (l *Ledger) Cost(m Model, p schemas.Prices, pass func(*Line) bool) schemas.Money {
	var sum schemas.Money
	for _, line := range l.Lines {
		if pass == nil || pass(line) {
			sum += p[line.Object] * schemas.Money(line.Billed(m))
		}
	}
	return sum
}

// Paid returns the ids of a kind that were returned on a UTC day, in data or
// with included also in includes.
func (l *Ledger) Paid(day string, kind schemas.Object, included bool) map[string]bool {
	ids := map[string]bool{}
	bit := uint8(1) << Model{Expansions: included}.view()
	for id, seen := range l.paid[day][kind] {
		if seen&bit != 0 {
			ids[id] = true
		}
	}
	return ids
}

// paidDays is how many days the ids are kept for: pages of one day can be
// booked after the first of the next.
const paidDays = 2

// forget drops the ids of all but the latest days, and the lost answers that are
// too old to be repeated when a run's last page was billed.
func (l *Ledger) forget(last time.Time) {
	l.Lost = slices.DeleteFunc(l.Lost, func(n Lost) bool { return last.Sub(n.At) > repeatable })
	if len(l.Lost) == 0 {
		l.Lost = nil // as one is that was never filled
	}
	days := make([]string, 0, len(l.paid))
	for day := range l.paid {
		days = append(days, day)
	}
	slices.Sort(days)
	for _, day := range days[:max(len(days)-paidDays, 0)] {
		delete(l.paid, day)
	}
}

// book books one page, or one that was lost.
func (l *Ledger) book(runID, day string, f *facts.Facts, lost bool) {
	data, _ := f.Data()
	for _, kind := range schemas.Priced() {
		included := f.Included(kind)
		var returned []string
		nameless := 0
		if kind == data {
			_, returned = f.Data()
			nameless = f.Nameless()
		}
		if len(returned)+nameless+len(included) == 0 {
			continue
		}
		line := l.line(Line{Day: day, RunID: runID, Endpoint: f.Request.Endpoint, Object: kind, Lost: lost})
		line.Returned += int64(len(returned) + nameless) // that cannot be told apart: billed in the pessimistic model
		line.Included += int64(len(included))
		l.mark(line, returned, false)
		l.mark(line, included, true)
	}
}

// mark counts the ids that are new on the line's day, for each view.
func (l *Ledger) mark(line *Line, ids []string, included bool) {
	day := l.paid[line.Day]
	if day == nil {
		day = paidDay{}
		l.paid[line.Day] = day
	}
	if day[line.Object] == nil {
		day[line.Object] = map[string]uint8{}
	}
	seen := day[line.Object]
	for _, id := range ids {
		for view := range views {
			expansions, lost := view&1 != 0, view&2 != 0
			if included && !expansions || line.Lost && !lost || seen[id]&(1<<view) != 0 {
				continue
			}
			seen[id] |= 1 << view
			line.New[view]++
		}
	}
}

// line returns the line with this key, made if there is none. Lines of a run stand
// together, runs in their order.
func (l *Ledger) line(key Line) *Line {
	end := len(l.Lines) // of the run's lines
	for end > 0 && l.Lines[end-1].RunID > key.RunID {
		end--
	}
	for i := end - 1; i >= 0 && l.Lines[i].RunID == key.RunID; i-- {
		line := l.Lines[i]
		if line.Day == key.Day && line.Endpoint == key.Endpoint && line.Object == key.Object && line.Lost == key.Lost {
			return line
		}
	}
	l.Lines = slices.Insert(l.Lines, end, &key)
	return &key
}

// Day is the UTC day of a time, YYYY-MM-DD.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
