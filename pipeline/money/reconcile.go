package money

import (
	"maps"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Reported is the API's own count of what was read, of one kind of object: the
// API counts tweets and no other.
type Reported struct {
	Object schemas.Object
	Days   map[string]int64 // by UTC day; nil when the API does not tell days
	// Cycle is what was read in the billing cycle, which begins on ResetDay of
	// a month; 0 is a day that the API does not tell.
	Cycle    int64
	ResetDay int
}

// Reconciliation sets the API's count beside the ledger's, of one kind of
// object: other kinds are in neither number. Its JSON names are an interface of
// the program: they may be added to, not changed.
type Reconciliation struct {
	Object schemas.Object `json:"resource"`
	Price  schemas.Money  `json:"usd_each"`
	Days   []Reconciled   `json:"days"` // since the first that the API tells of
	Total  Reconciled     `json:"total"`
	// Cycle is the billing cycle so far, named by its first day; nil when the
	// API does not say when it began.
	Cycle *Reconciled `json:"cycle,omitempty"`
	// Older is what the ledger holds of days before those that the API tells of.
	Older *Reconciled `json:"older,omitempty"`
	// Fits are the ways of billing that make the ledger's count the API's on
	// every day. None fits where somebody else has read, too.
	Fits []Billing `json:"fits"`
}

// Reconciled is a period in which the ledger says from Low to High.
type Reconciled struct {
	Name string `json:"name"` // a UTC day, or the period's first
	Low  int64  `json:"low"`  // objects billed in the optimistic model
	High int64  `json:"high"` // in the pessimistic model
	API  int64  `json:"api"`
	// Difference is how many more the API counts than High, or, negative, fewer
	// than Low; 0 within the range.
	Difference int64 `json:"difference"`
}

// Billing is a way to bill that nothing official excludes.
type Billing struct {
	Expansions bool `json:"expansions_billed"` // objects in includes count
	Repeats    bool `json:"repeats_billed"`    // an object counts each time, not once a UTC day
}

func reconciled(name string, low, high, api int64) Reconciled {
	r := Reconciled{Name: name, Low: low, High: high, API: api}
	switch {
	case api > high:
		r.Difference = api - high
	case api < low:
		r.Difference = api - low
	}
	return r
}

// Reconcile compares what the API reports with a ledger, as of today.
func Reconcile(l *Ledger, r Reported, p schemas.Prices, today time.Time) Reconciliation {
	out := Reconciliation{Object: r.Object, Price: p[r.Object], Days: []Reconciled{}, Fits: []Billing{}}
	r.Days = complete(l, r)
	for _, day := range slices.Sorted(maps.Keys(r.Days)) {
		low, high := read(l, r.Object, day, day)
		out.Days = append(out.Days, reconciled(day, low, high, r.Days[day]))
		out.Total.API += r.Days[day]
	}
	if len(out.Days) > 0 {
		first := out.Days[0].Name
		low, high := read(l, r.Object, first, "9999-12-31")
		out.Total = reconciled(first, low, high, out.Total.API)
		if low, high := read(l, r.Object, "", dayBefore(first)); high > 0 {
			out.Older = &Reconciled{Name: "before " + first, Low: low, High: high}
		}
		out.Fits = fits(l, r)
	}
	if r.ResetDay > 0 {
		first := cycleStart(today, r.ResetDay)
		low, high := read(l, r.Object, first, "9999-12-31")
		cycle := reconciled(first, low, high, r.Cycle)
		out.Cycle = &cycle
	}
	return out
}

// complete adds the days that the ledger has and the API leaves out after the
// first it tells: it has counted nothing on them.
func complete(l *Ledger, r Reported) map[string]int64 {
	days := maps.Clone(r.Days)
	if len(days) == 0 {
		return days
	}
	first := slices.Min(slices.Collect(maps.Keys(days)))
	for _, line := range l.Lines {
		if _, told := days[line.Day]; !told && line.Day > first && line.Object == r.Object {
			days[line.Day] = 0
		}
	}
	return days
}

// read counts the objects of a kind that the days from first to last bill.
func read(l *Ledger, kind schemas.Object, first, last string) (low, high int64) {
	of := billed(l, kind, first, last)
	return of(Optimistic), of(Pessimistic)
}

func billed(l *Ledger, kind schemas.Object, first, last string) func(Model) int64 {
	return func(m Model) (n int64) {
		for _, line := range l.Lines {
			if line.Object == kind && first <= line.Day && line.Day <= last {
				n += line.Billed(m)
			}
		}
		return n
	}
}

// fits finds the models that explain every day, whether or not X billed the
// answers that a crash lost.
func fits(l *Ledger, r Reported) []Billing {
	all := []Billing{}
	for _, b := range []Billing{{}, {Repeats: true}, {Expansions: true}, {Expansions: true, Repeats: true}} {
		for _, lost := range []bool{false, true} {
			m := Model{Expansions: b.Expansions, Repeats: b.Repeats, Lost: lost}
			differs := func(day string) bool { return billed(l, r.Object, day, day)(m) != r.Days[day] }
			if !slices.ContainsFunc(slices.Collect(maps.Keys(r.Days)), differs) {
				all = append(all, b)
				break
			}
		}
	}
	return all
}

// cycleStart is the latest day of a month, today at the latest, on which a
// cycle begins: in a month that is too short on its last day.
func cycleStart(today time.Time, resetDay int) string {
	today = today.UTC()
	for month := today.Month(); ; month-- {
		last := time.Date(today.Year(), month+1, 0, 0, 0, 0, 0, time.UTC)
		day := time.Date(today.Year(), month, min(max(resetDay, 1), last.Day()), 0, 0, 0, 0, time.UTC)
		if !day.After(today) {
			return Day(day)
		}
	}
}

func dayBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return Day(t.AddDate(0, 0, -1))
}

// FirstDay is the UTC day of a ledger's oldest page; empty without pages.
func FirstDay(l *Ledger) (first string) {
	for _, line := range l.Lines {
		if first == "" || line.Day < first {
			first = line.Day
		}
	}
	return first
}
