package pipeline

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// settleable is what the world's API says of the store's lost answers.
func (t *till) settleable() (money.Statement, money.Reconciliation, []money.Settlement, string) {
	t.Helper()
	l, err := money.Read(t.Context(), t.locked.Dir)
	if err != nil {
		t.Fatal(err)
	}
	prices := schemas.DefaultPrices()
	r := money.Reconcile(l, t.reported(7), prices, t.clock.now())
	days, why := money.Settleable(l, r, prices, t.clock.now())
	return money.NewStatement(l, prices), r, days, why
}

// However X bills, what its count leaves for lost answers is between what they did
// cost and what was booked; today's and yesterday's are not settled.
func TestTheAPIsCountSettlesWhatWasLost(t *testing.T) {
	t.Parallel()
	slow(t)
	for _, b := range []simulator.Billing{{}, {NoDedup: true}, {ExpansionsBilled: true}, {ExpansionsBilled: true, NoDedup: true}} {
		till := newTill(t, simulator.Config{Spaces: 200, Billing: b})
		till.plan = store.Plan{Job: "test", Tweets: true, Dialect: schemas.TweetDialect, Seeds: store.Lookups(till.TweetedSpaceIDs(6))}
		till.workers = 1
		till.death.request = 4 // of tweets
		if _, err := till.crawl(); err == nil {
			t.Fatal("nothing died")
		}
		bill := till.charged()
		landed, lost := func() (schemas.Money, schemas.Money) {
			s, _, days, _ := till.settleable()
			if len(days) > 0 || s.Lost == 0 {
				t.Errorf("%+v: on the day itself %s are lost and it settles %+v", b, s.Lost, days)
			}
			return s.Low, s.Lost
		}()
		till.clock.advance(24 * time.Hour)
		if _, _, days, _ := till.settleable(); len(days) > 0 {
			t.Errorf("%+v: on the next day it settles %+v", b, days)
		}
		till.clock.advance(24 * time.Hour)
		before, r, days, why := till.settleable()
		if len(days) != 1 || why != "" || days[0].Booked != lost || days[0].Left >= lost {
			t.Fatalf("%+v: settles %+v (%s), want less than %s", b, days, why, lost)
		}
		if err := money.Settle(till.locked, days, r); err != nil {
			t.Fatal(err)
		}
		after, _, again, _ := till.settleable()
		if len(again) > 0 || after.Lost != days[0].Left || after.Low != before.Low || after.High != before.High-lost+days[0].Left {
			t.Errorf("%+v: %s lost of %s to %s after %s of %s to %s, and again %+v", b, after.Lost, after.Low, after.High, before.Lost, before.Low, before.High, again)
		}
		if after.High < bill || after.Low < landed {
			t.Errorf("%+v: billed %s, booked %s to %s", b, bill, after.Low, after.High)
		}
		// The ledger can be made again, and a repetition has its own place.
		if err := os.Remove(till.locked.File("ledger.json")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		till.death = death{}
		if _, err := till.crawl(); err != nil {
			t.Fatal(err)
		}
		end, _, _, _ := till.settleable()
		if end.High < till.charged() || end.Low > till.charged() {
			t.Errorf("%+v: at the end billed %s, booked %s to %s", b, till.charged(), end.Low, end.High)
		}
	}
}

// What a settled day frees, the month's budget has.
func TestWhatIsSettledTheBudgetHas(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 200})
	till.plan = store.Plan{Job: "test", Tweets: true, Dialect: schemas.TweetDialect, Seeds: store.Lookups(till.TweetedSpaceIDs(3))}
	till.workers, till.death.request = 1, 3
	if _, err := till.crawl(); err == nil {
		t.Fatal("nothing died")
	}
	till.clock.advance(48 * time.Hour)
	before, r, days, _ := till.settleable()
	left := func() schemas.Money {
		l, err := money.Update(t.Context(), till.locked)
		if err != nil {
			t.Fatal(err)
		}
		purse := money.NewPurse(money.Budget{Month: 100 * schemas.Dollar}, schemas.DefaultPrices(), till.clock.now, l)
		return purse.Left()["month"]
	}
	had := left()
	if err := money.Settle(till.locked, days, r); err != nil {
		t.Fatal(err)
	}
	after, _, _, _ := till.settleable()
	if got := left() - had; got != before.Lost-after.Lost || got < 5*schemas.Dollar {
		t.Errorf("the month has %s more; %s lost became %s", got, before.Lost, after.Lost)
	}
	once := left()
	if again := left(); again != once {
		t.Errorf("the ledger's file holds what was settled: the month has %s, then %s", once, again)
	}
}

// Where the API counts fewer posts than pages hold, or where no page shows that it
// counts for this store, nothing is settled.
func TestACountOfAnotherProjectSettlesNothing(t *testing.T) {
	till := newTill(t, simulator.Config{Spaces: 200})
	till.plan = store.Plan{Job: "test", Tweets: true, Dialect: schemas.TweetDialect, Seeds: store.Lookups(till.TweetedSpaceIDs(4))}
	till.workers, till.death.request = 1, 4
	if _, err := till.crawl(); err == nil {
		t.Fatal("nothing died")
	}
	till.clock.advance(48 * time.Hour)
	l, err := money.Read(t.Context(), till.locked.Dir)
	if err != nil {
		t.Fatal(err)
	}
	prices := schemas.DefaultPrices()
	for _, line := range l.Lines {
		if line.Object == schemas.Tweet && !line.Lost {
			line.Day = "2026-11-27" // the day before that of the lost answer
		}
	}
	for posts, says := range map[int64]string{0: "2026-11-27 the API counts fewer", 1_000_000: ""} {
		r := money.Reconcile(l, money.Reported{Object: schemas.Tweet, Days: map[string]int64{"2026-11-27": posts, "2026-11-28": 0}}, prices, till.clock.now())
		if days, why := money.Settleable(l, r, prices, till.clock.now()); !strings.Contains(why, says) || (len(days) > 0) != (says == "") {
			t.Errorf("%d posts: settles %+v (%s), want %q", posts, days, why, says)
		}
	}
	r := money.Reconcile(l, money.Reported{Object: schemas.Tweet, Days: map[string]int64{"2026-11-28": 0}}, prices, till.clock.now())
	if days, why := money.Settleable(l, r, prices, till.clock.now()); len(days) > 0 || !strings.Contains(why, "nothing shows") {
		t.Errorf("without a witness: settles %+v (%s)", days, why)
	}
}
