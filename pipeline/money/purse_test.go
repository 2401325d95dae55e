package money

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

const dollar = schemas.Dollar

// lostAt is a ledger with a lost answer for a page, of tweets without expansions, on
// each of some days, and what each can have cost.
func lostAt(pageID string, days ...time.Time) (*Ledger, schemas.Money) {
	l := NewLedger()
	for _, at := range days {
		l.assume("run", landing.Sent{At: at, PageID: pageID, Endpoint: schemas.Tweets, IDs: 1}, nil)
	}
	return l, schemas.DefaultPrices().Cost(schemas.Most(schemas.Tweets, 1, nil))
}

// takes reports whether Reserve would set so much aside for a page at once.
func takes(p *Purse, pageID string, most schemas.Money) bool {
	w := Want{Endpoint: schemas.Tweets, PageID: pageID, Most: most}
	return p.over(w, p.lenders(w)) == nil
}

// room is the most that a request can cost to fit now, by the tightest bound.
func room(p *Purse) schemas.Money {
	room := schemas.Money(math.MaxInt64)
	for _, b := range p.bounds() {
		room = min(room, max(b.budget-b.spent-p.asideOf(b), 0))
	}
	return room
}

func clockAt(at time.Time) func() time.Time { return func() time.Time { return at } }

// What a lost answer has set aside is its repetition's, with bounds that hold its
// day, and no other page's. When the page comes, the lost one has cost the same.
func TestALostAnswerLendsToItsRepetition(t *testing.T) {
	now := time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		lost   time.Time
		budget func(most schemas.Money) Budget
		fits   bool
	}{
		"the day's":               {now.Add(-time.Hour), func(m schemas.Money) Budget { return Budget{Day: m} }, true},
		"the month's":             {now.AddDate(0, 0, -3), func(m schemas.Money) Budget { return Budget{Month: m} }, true},
		"the day's, of yesterday": {now.AddDate(0, 0, -1), func(m schemas.Money) Budget { return Budget{Day: m - 1} }, false},
		"a run's":                 {now.Add(-time.Hour), func(m schemas.Money) Budget { return Budget{Run: m - 1} }, false},
		"too long ago":            {now.AddDate(0, 0, -32), func(m schemas.Money) Budget { return Budget{Month: m - 1} }, false},
	} {
		l, most := lostAt("page", c.lost)
		p := NewPurse(c.budget(most), schemas.DefaultPrices(), clockAt(now), l)
		err := p.Reserve(t.Context(), Want{Endpoint: schemas.Tweets, PageID: "page", Most: most})
		if takes(p, "page", most) && err == nil && room(p) > 0 || (err == nil) != c.fits {
			t.Errorf("%s: %v with room for %s; want that it fits: %v", name, err, room(p), c.fits)
		}
		if err != nil {
			continue
		}
		if takes(p, "other", 1+room(p)) {
			t.Errorf("%s: another page fits, too", name)
		}
		p.Book(Charge{Want: Want{Endpoint: schemas.Tweets, PageID: "page", Most: most}, Aside: most, Answers: 1, Each: dollar / 100, At: now, OK: true})
		if run, aside := p.Booked(); run != dollar/100 || aside != 0 {
			t.Errorf("%s: booked %s, aside %s", name, run, aside)
		}
		lost := dollar/100 + dollar/400 + schemas.DefaultPrices()[schemas.Tweet] // a little more than its repetition
		if left, budget := room(p), c.budget(most).Least(); left != budget-dollar/100-lost {
			t.Errorf("%s: room for %s of %s, want less by a cent and %s", name, left, budget, lost)
		}
	}
}

// A request that is lost in this start lends to its repetition, too, and a refusal
// says nothing of what was lost.
func TestWhatThisStartLosesLends(t *testing.T) {
	now := time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)
	_, most := lostAt("page")
	p := NewPurse(Budget{Run: most, Day: most}, schemas.DefaultPrices(), clockAt(now), NewLedger())
	for i, c := range []struct {
		charge Charge
		run    schemas.Money
	}{
		{Charge{Answers: 1, Each: most, At: now, Lost: true}, most},
		{Charge{Answers: 0, Each: most, At: now, Lost: true}, most}, // not sent
		{Charge{Answers: 1, Each: 0, At: now}, most},                // refused
		{Charge{Answers: 1, Each: dollar / 100, At: now, OK: true}, 2 * dollar / 100},
	} {
		if err := p.Reserve(t.Context(), Want{Endpoint: schemas.Tweets, PageID: "page", Most: most}); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		c.charge.Want, c.charge.Aside = Want{Endpoint: schemas.Tweets, PageID: "page", Most: most}, most
		p.Book(c.charge)
		if run, aside := p.Booked(); run != c.run || aside != 0 {
			t.Errorf("%d: booked %s, aside %s; want %s", i, run, aside, c.run)
		}
	}
	var over *BudgetError
	if err := p.Reserve(t.Context(), Want{Endpoint: schemas.Tweets, PageID: "page", Most: most}); !errors.As(err, &over) {
		t.Errorf("once more: %v, want a budget's error: nothing is lost any more", err)
	}
}

func TestBudgetSaysWhatFits(t *testing.T) {
	for _, c := range []struct {
		budget Budget
		least  schemas.Money
	}{{Budget{}, 0}, {Budget{Month: 3}, 3}, {Budget{Run: 4, Month: 3}, 3}, {Budget{Run: 1, Day: 2, Month: 3}, 1}} {
		if got := c.budget.Least(); got != c.least {
			t.Errorf("%+v: got %d, want %d", c.budget, got, c.least)
		}
	}
	p := NewPurse(Budget{Run: 10 * dollar, Month: 8 * dollar}, schemas.DefaultPrices(), time.Now, NewLedger())
	if err := p.Reserve(t.Context(), Want{Endpoint: schemas.Tweets, PageID: "page", Most: 3 * dollar}); err != nil {
		t.Fatal(err)
	}
	if room(p) != 5*dollar || !takes(p, "other", 5*dollar) || takes(p, "other", 5*dollar+1) {
		t.Errorf("room for %s, want the tightest bound's $5", room(p))
	}
}

// What a look-up of several lost covers another of some of them, member by member,
// however full the budget is; when those come, the others still lend.
func TestALostLookUpLendsToItsMembers(t *testing.T) {
	now := time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)
	prices := schemas.DefaultPrices()
	expansions := store.Plan{}.Expansions(schemas.Spaces)
	each := prices.Cost(schemas.Most(schemas.Spaces, 1, expansions))
	l := NewLedger()
	l.assume("run", landing.Sent{At: now.Add(-time.Hour), PageID: "abc", Endpoint: schemas.Spaces, IDs: 3, Members: []string{"a", "b", "c"}}, expansions)
	want := func(page string, ids ...string) Want {
		return Want{schemas.Spaces, page, ids, each * schemas.Money(len(ids))}
	}
	p := NewPurse(Budget{Month: 3 * each}, prices, clockAt(now), l)
	if err := p.Reserve(t.Context(), want("bx", "b", "x")); err == nil {
		t.Error("x was not lost, and fits into what is full")
	}
	ab := want("ba", "b", "a")
	if err := p.Reserve(t.Context(), ab); err != nil {
		t.Fatal(err)
	}
	if takes(p, "other", 1) {
		t.Error("another page fits, too")
	}
	p.Book(Charge{Want: ab, Aside: ab.Most, Answers: 1, Each: dollar / 100, At: now, OK: true})
	lost := dollar/100 + dollar/400 + prices[schemas.Space] // a little more than its repetition
	if left := room(p); left != 2*each-dollar/100-lost {
		t.Errorf("room for %s, want two members' less a cent and %s", left, lost)
	}
	c := want("c", "c")
	if err := p.Reserve(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	p.Book(Charge{Want: c, Aside: c.Most, Answers: 1, Each: dollar / 100, At: now, OK: true})
	if left := room(p); left != 3*each-2*(dollar/100+lost) || len(p.lost) > 0 || p.aside != 0 {
		t.Errorf("room for %s, %d lost, %s aside; want all but two cents and what was lost", left, len(p.lost), p.aside)
	}
}

// What is lost again and again is not asked for without end: each answer that was paid
// for covers one repetition, in this start and in later ones.
func TestALostAnswerCoversOneRepetition(t *testing.T) {
	now := time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)
	l, most := lostAt("page", now.Add(-2*time.Hour), now.Add(-time.Hour))
	w := Want{Endpoint: schemas.Tweets, PageID: "page", Most: most}
	p := NewPurse(Budget{Month: 2 * most}, schemas.DefaultPrices(), clockAt(now), l)
	for i := range 2 {
		if err := p.Reserve(t.Context(), w); err != nil || !p.Lent("page") {
			t.Fatalf("repetition %d: %v, lent %v", i, err, p.Lent("page"))
		}
		p.Book(Charge{Want: w, Aside: most, Answers: 1, Each: most, At: now, Lost: true})
		l.assume("run", landing.Sent{At: now, PageID: "page", Endpoint: schemas.Tweets, IDs: 1, Covered: true}, nil)
	}
	var over *BudgetError
	if err := p.Reserve(t.Context(), w); !errors.As(err, &over) || p.Lent("page") {
		t.Errorf("a third: %v, want a budget's error", err)
	}
	later := NewPurse(Budget{Month: 2 * most}, schemas.DefaultPrices(), clockAt(now.Add(time.Hour)), l)
	if err := later.Reserve(t.Context(), w); !errors.As(err, &over) {
		t.Errorf("a third by the next start: %v, want a budget's error", err)
	}
	roomy := NewPurse(Budget{Month: 9 * most}, schemas.DefaultPrices(), clockAt(now.Add(time.Hour)), l)
	if err := roomy.Reserve(t.Context(), w); err != nil || roomy.Lent("page") {
		t.Errorf("where there is room: %v, lent %v", err, roomy.Lent("page"))
	}
}
