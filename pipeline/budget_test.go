package pipeline

import (
	"errors"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// dear is a world that bills all it can.
func dear(t *testing.T) *till {
	till := newTill(t, simulator.Config{Spaces: 300, Billing: simulator.Billing{ExpansionsBilled: true, NoDedup: true}, Latency: time.Millisecond})
	till.workers = 8
	till.plan = store.Plan{
		Job: "test", Dialect: schemas.TweetDialect, Tweets: true, Users: true, Creators: till.CreatorIDs(60),
		Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: till.SpaceIDs(100)}, {Endpoint: schemas.Spaces, IDs: till.SpaceIDs(200)[100:]}},
	}
	return till
}

// stop crawls until the budget stops it, and returns what did.
func (t *till) stop() *money.BudgetError {
	t.Helper()
	_, err := t.crawl()
	var stopped *StoppedError
	var over *money.BudgetError
	if err != nil && (!errors.As(err, &stopped) || stopped.Outcome != schemas.Capped || !errors.As(err, &over)) {
		t.Fatalf("error %v, want a budget's", err)
	}
	return over
}

// No day's bill passes the budget, with eight workers; the next day goes on,
// and nothing is asked for twice.
func TestBudgetIsNeverPassed(t *testing.T) {
	t.Parallel()
	slow(t)
	till := dear(t)
	till.plan.Tweets = false
	till.budget.Day = 3 * schemas.Dollar
	var before schemas.Money
	days := 1
	for ; till.stop() != nil; days++ {
		if till.stop() == nil { // the same day once more
			t.Errorf("day %d: it went on", days)
		}
		now := till.charged()
		if spent := now - before; spent > till.budget.Day || spent < till.budget.Day/4 {
			t.Errorf("day %d cost %s; want up to %s, and much of it", days, spent, till.budget.Day)
		}
		before = now
		till.clock.advance(24 * time.Hour)
		if days > 20 {
			t.Fatal("it does not come to an end")
		}
	}
	if days < 3 {
		t.Errorf("%d days: too few for this test", days)
	}
	total := till.charged()
	free := dear(t)
	free.plan.Tweets = false
	if _, err := free.crawl(); err != nil {
		t.Fatal(err)
	}
	// Requests in smaller parts include a person once in each part, or nobody.
	if all := free.charged(); total < all/2 || total > 3*all {
		t.Errorf("%s in days, %s at once", total, all)
	}
	if got, want := len(till.Served().Spaces), len(free.Served().Spaces); got != want {
		t.Errorf("%d Spaces, want %d", got, want)
	}
}

// The budget holds for what a crash loses, too, and for what is lost on its way:
// that of a month over all starts, that of a run for each.
func TestBudgetCountsWhatWasLost(t *testing.T) {
	t.Parallel()
	for name, budget := range map[string]money.Budget{"month": {Month: 40 * schemas.Dollar}, "run": {Run: 40 * schemas.Dollar}} {
		till := dear(t)
		till.budget, till.lossy = budget, 3
		for _, till.death = range []death{{landing: 2}, {request: 9}, {landing: 17}, {}, {}} {
			before := till.charged()
			_, _ = till.crawl()
			if budget.Month > 0 {
				before = 0
			}
			if spent := till.charged() - before; spent > budget.Least() {
				t.Errorf("%s spent of %s a %s", spent, budget.Least(), name)
			}
		}
	}
}

// A budget of a run is of one start: each goes on by as much, and the run ends.
func TestEachStartHasTheBudgetOfARun(t *testing.T) {
	till := dear(t)
	till.plan.Tweets = false
	till.budget.Run = 7 * schemas.Dollar
	for starts := 1; till.stop() != nil; starts++ {
		if starts > 20 {
			t.Fatal("it does not come to an end")
		}
	}
	if ids, err := till.locked.Runs(); err != nil || len(ids) != 1 {
		t.Errorf("%v of %v; want one run", err, ids)
	}
}

// A process dies with requests for tweets under way, each booked at its most. The
// next start has no room for that once more, and needs none: the repetition uses
// what its lost try has set aside, in the same run and in a later one.
func TestRepetitionUsesWhatItsLostTrySetAside(t *testing.T) {
	for _, later := range []bool{false, true} {
		till := newTill(t, simulator.Config{Spaces: 100, Billing: simulator.Billing{ExpansionsBilled: true, NoDedup: true}})
		till.workers = 1
		till.plan = store.Plan{Job: "test", Dialect: schemas.TweetDialect, Tweets: true, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: till.SpaceIDs(10)}}}
		till.death.request = 2 // the first for tweets
		if _, err := till.crawl(); err == nil {
			t.Fatal("the process did not die")
		}
		till.death = death{}
		till.clock.advance(time.Hour)
		l, err := money.Update(t.Context(), till.locked)
		if err != nil || len(l.Lost) != 1 {
			t.Fatalf("%v: lost %+v, want one answer", err, l.Lost)
		}
		most := l.Lost[0].Cost(schemas.DefaultPrices())
		spent := l.Cost(money.Pessimistic, schemas.DefaultPrices(), nil)
		till.budget.Month = spent + most/2
		if later {
			till.plan.Users = true // another plan, which asks the same first
		}
		if _, err := till.crawl(); err != nil {
			t.Errorf("later %v: with %s spent, %s of that for the lost answer, and a budget of %s: %v", later, spent, most, till.budget.Month, err)
			continue
		}
		if l, err = money.Update(t.Context(), till.locked); err != nil || len(l.Lost) > 0 {
			t.Errorf("later %v, %v: still lost %+v", later, err, l.Lost)
		}
		till.same(money.Model{Expansions: true, Repeats: true, Lost: true}, true)
		till.rebuilt()
	}
}

// What is lost on its way and asked for again is booked as the ledger has it.
func TestBudgetBooksWhatTheLedgerSays(t *testing.T) {
	t.Parallel()
	slow(t)
	for _, workers := range []int{1, 8} {
		till := dear(t)
		till.workers = workers
		till.budget.Run, till.lossy = 100_000*schemas.Dollar, 3
		p, err := till.crawl()
		if err != nil {
			t.Fatal(err)
		}
		run, aside := p.crawl.purse.Booked()
		low, high := till.costs()
		if workers > 1 { // their waits add up on the one clock: what repetitions a minute later leave open is beside it
			l, err := money.Update(t.Context(), till.locked)
			if err != nil {
				t.Fatal(err)
			}
			most := high
			if high = l.Cost(money.Model{Expansions: true, Repeats: true, Lost: true}, schemas.DefaultPrices(), nil); most < high {
				t.Errorf("with what is left open the ledger says %s, without %s", most, high)
			}
		}
		if run != high || high != till.charged() || low >= high || aside != 0 {
			t.Errorf("%d workers: %s are booked and %s set aside; the ledger says %s to %s, the bill %s", workers, run, aside, low, high, till.charged())
		}
	}
}

// An answer that never comes is not asked for more often than the budget pays,
// however small the requests become.
func TestBudgetBoundsRepetitions(t *testing.T) {
	for dollars := range 4 {
		till := dear(t)
		till.plan.Creators, till.plan.Tweets = nil, false
		till.plan.Seeds = []schemas.Request{{Endpoint: schemas.Search, Query: till.SearchWord()}}
		till.lossy, till.budget.Run = 1, schemas.Money(dollars)*schemas.Dollar+schemas.Dollar/100
		till.stop()
		if _, high := till.costs(); high > till.budget.Run || high < till.budget.Run/2 && dollars > 0 {
			t.Errorf("%d requests that can have cost %s, of %s", till.RequestCounts()["search"], high, till.budget.Run)
		}
	}
}

// A budget of a month or a run says when, or how, it goes on.
func TestBudgetSaysHowToGoOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		budget money.Budget
		resume string
	}{
		{money.Budget{Day: 5 * schemas.Dollar}, "2026-11-29"},
		{money.Budget{Month: 5 * schemas.Dollar}, "2026-12-01"},
		{money.Budget{Run: 5 * schemas.Dollar}, "0001-01-01"},
	} {
		till := dear(t)
		till.budget = c.budget
		if over := till.stop(); over == nil || money.Day(over.Resume) != c.resume {
			t.Errorf("budget %+v: %+v, want to resume %s", c.budget, over, c.resume)
		}
	}
}

// A request that can cost more than the whole budget is sent as a smaller one, and
// where the smallest can, it does not keep others from being sent.
func TestRequestBeyondAnyBudgetBecomesSmaller(t *testing.T) {
	till := dear(t)
	till.plan.Creators, till.plan.Tweets = nil, false
	till.plan.Seeds = []schemas.Request{
		{Endpoint: schemas.Search, Query: till.SearchWord()}, {Endpoint: schemas.SpaceByID, IDs: till.SpaceIDs(1)},
	}
	least := schemas.DefaultPrices().Cost(schemas.LeastOf(schemas.Search, till.plan.Expansions(schemas.Search)))
	till.budget.Day = least - 1
	over := till.stop()
	if over == nil || over.Endpoint != schemas.Search || !over.Never() || len(till.Served().Spaces) != 1 {
		t.Errorf("%+v and %d Spaces; want the search left out and one Space", over, len(till.Served().Spaces))
	}
	till.clock.advance(24 * time.Hour)
	till.budget.Day = 10 * schemas.Dollar // a search of 100 with all people can cost $44.50
	if over := till.stop(); over != nil {
		t.Errorf("of %s: %v", till.budget.Day, over)
	}
}

// Users looked up instead of expanded are looked up once a day.
func TestUsersAreLookedUpOnceADay(t *testing.T) {
	t.Parallel()
	slow(t)
	scratchtest.SkipRacing(t)
	till := dear(t)
	till.plan.NoExpand = true
	var users []int
	for range 2 {
		for range 2 {
			before := till.Billing().Counts["user"]
			if _, err := till.crawl(); err != nil {
				t.Fatal(err)
			}
			users = append(users, till.Billing().Counts["user"]-before)
			till.clock.advance(time.Hour)
		}
		till.clock.advance(24 * time.Hour)
	}
	if users[0] < 20 || users[0] != users[2] || users[1]+users[3] > 0 {
		t.Errorf("runs paid for %v users; want none the second time of each day", users)
	}
}
