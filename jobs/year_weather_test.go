package jobs_test

import (
	"context"
	"sync"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// clock is moved by requests, by those who sleep, and by the test.
type clock struct {
	mu       sync.Mutex
	now      time.Time
	when     time.Time // to call do; zero for never
	do       func()
	busy     int // requests that are being answered
	came     int // requests so far
	sleepers map[*time.Time]bool
}

// answering takes note of a request; done must be called when it is answered.
func (c *clock) answering() (done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy++
	c.came++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.busy--
	}
}

// still reports whether nobody is at work, or will wake before a time, and how
// many requests there have been.
func (c *clock) still(until time.Time) (bool, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.sleepers {
		if other.Before(until) {
			return false, c.came
		}
	}
	return c.busy == 0, c.came
}

// patience is how long all must be still before somebody's sleep is over who
// sleeps for so long, in milliseconds: in truth the others get much done meanwhile.
func patience(d time.Duration) int {
	switch {
	case d < 10*time.Second:
		return 1
	case d < 2*time.Minute:
		return 3
	}
	return 12
}

// Now is the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// to moves the clock, never back.
func (c *clock) to(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
	if c.do != nil && !c.now.Before(c.when) {
		c.do()
		c.do = nil
	}
}

func (c *clock) pass(d time.Duration) { c.to(c.Now().Add(d)) }

// at calls do once the time has come.
func (c *clock) at(when time.Time, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.when, c.do = when, do
}

// Sleep passes the time, once the others have done what takes none.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	until := c.Now().Add(d)
	c.mu.Lock()
	if c.sleepers == nil {
		c.sleepers = map[*time.Time]bool{}
	}
	c.sleepers[&until] = true
	c.mu.Unlock()
	for quiet, came, n := 0, -1, 0; quiet < patience(d) && n < 1000 && ctx.Err() == nil; n++ {
		time.Sleep(time.Millisecond)
		still, requests := c.still(until)
		if quiet++; !still || requests != came {
			quiet, came = 0, requests
		}
	}
	c.mu.Lock()
	delete(c.sleepers, &until)
	c.mu.Unlock()
	if ctx.Err() == nil {
		c.to(until)
	}
	return ctx.Err()
}

// spell is a rule of the faults for a time.
type spell struct {
	simulator.Rule
	severe bool // runs need not come to their end
}

// spells are what can befall the job, with how many hours it lasts at most. What
// lasts for members costs those alone, what passes now and then costs nothing.
func spells() []spell {
	list := func(severe bool, hours int, endpoints []string, r simulator.Rule, faults ...simulator.Fault) (all []spell) {
		r.Endpoints, r.To = endpoints, time.Duration(hours)*time.Hour
		for _, fault := range faults {
			r.Fault = fault
			all = append(all, spell{r, severe})
		}
		return all
	}
	lookups, finders := []string{"spaces", "space"}, []string{"creators"}
	var all []spell
	for _, some := range [][]spell{
		// Outages.
		list(true, 8, nil, simulator.Rule{}, simulator.FaultUnavailable, simulator.FaultReset, simulator.FaultBadGateway, simulator.FaultInternal, simulator.FaultNoRoute, simulator.FaultEmptyNotFound),
		list(true, 5, []string{"search"}, simulator.Rule{}, simulator.FaultUnavailable, simulator.FaultNoRoute, simulator.FaultHTML),
		list(true, 5, lookups, simulator.Rule{}, simulator.FaultUnavailable, simulator.FaultNoRoute, simulator.FaultEmptyNotFound),
		list(false, 30, nil, simulator.Rule{Rate: 0.15}, simulator.FaultUnavailable, simulator.FaultReset, simulator.FaultBadGateway, simulator.FaultNoRoute, simulator.FaultEmptyNotFound, simulator.FaultRateLimited, simulator.FaultBurst),
		list(false, 30, nil, simulator.Rule{Rate: 0.1}, simulator.FaultTruncated, simulator.FaultShortBody, simulator.FaultHTML, simulator.FaultDataText, simulator.FaultDataNull, simulator.FaultDataMixed, simulator.FaultEmptyObject, simulator.FaultMessage),
		// Members.
		list(false, 50, lookups, simulator.Rule{Share: 0.1}, simulator.FaultNamed, simulator.FaultIndexed, simulator.FaultUnnamed, simulator.FaultNotAuthorized, simulator.FaultDataText),
		list(false, 50, []string{"spaces"}, simulator.Rule{Share: 0.1}, simulator.FaultLost),
		list(false, 50, finders, simulator.Rule{Share: 0.2}, simulator.FaultNamed, simulator.FaultIndexed, simulator.FaultUnnamed, simulator.FaultNotAuthorized),
		list(false, 50, []string{"search"}, simulator.Rule{Share: 0.3}, simulator.FaultNamed, simulator.FaultUnnamed),
		list(false, 50, []string{"users"}, simulator.Rule{Share: 0.05}, simulator.FaultNamed, simulator.FaultUnnamed),
		list(false, 10, []string{"spaces", "creators", "users"}, simulator.Rule{Over: 3}, simulator.FaultURITooLong, simulator.FaultBodyTooLarge, simulator.FaultHeaderTooLarge),
		list(false, 3, []string{"search", "tweets"}, simulator.Rule{Over: 30}, simulator.FaultOversized),
		list(false, 50, nil, simulator.Rule{Share: 0.15}, simulator.FaultBadSpaceIDs, simulator.FaultBadUserIDs),
		list(false, 50, nil, simulator.Rule{Extra: 2}, simulator.FaultBadSpaceIDs),
		list(false, 50, []string{"tweets"}, simulator.Rule{Share: 0.3}, simulator.FaultRepeatedPages, simulator.FaultEmptyPages),
		// Parameters.
		list(false, 30, nil, simulator.Rule{}, simulator.FaultValuesForeign, simulator.FaultValuesListed, simulator.FaultValuesCut, simulator.FaultValuesBare),
		// Limits, money, tokens.
		list(true, 6, nil, simulator.Rule{}, simulator.FaultMovingReset, simulator.FaultRateLimitedSilent),
		list(true, 5, []string{"search"}, simulator.Rule{}, simulator.FaultMovingReset, simulator.FaultRateLimitedSilent),
		list(true, 8, nil, simulator.Rule{}, simulator.FaultUsageCapped, simulator.FaultCapInDetail, simulator.FaultSpendCapInDetail, simulator.FaultCredits, simulator.FaultSpendCap),
		list(true, 5, nil, simulator.Rule{}, simulator.FaultUnsupportedAuth, simulator.FaultClientForbidden, simulator.FaultUnauthorized, simulator.FaultDeadToken, simulator.FaultDeadToken),
	} {
		all = append(all, some...)
	}
	return all
}

// weather deals the spells out over the days: after some at once, a calm.
func (y *year) weather() (dealt []spell) {
	all := spells()
	for hour := 12; hour < y.days*24; {
		longest := 0
		for range 1 + y.random.IntN(3) {
			s := all[y.random.IntN(len(all))]
			hours := 1 + y.random.IntN(int(s.To/time.Hour))
			s.From = time.Duration(hour+y.random.IntN(3))*time.Hour - time.Minute
			s.To = s.From + time.Duration(hours)*time.Hour
			longest = max(longest, hours)
			dealt = append(dealt, s)
		}
		hour += 3 + longest + y.random.IntN(14)
	}
	return dealt
}

func rulesOf(spells []spell) (rules []simulator.Rule) {
	for _, s := range spells {
		rules = append(rules, s.Rule)
	}
	return rules
}

// storms are the severe spells in force at a time between two; of tokens, until
// that has been got over.
func (y *year) storms(from, to time.Time) (all []spell) {
	for _, s := range y.spells {
		dead := s.Fault == simulator.FaultDeadToken
		if s.severe && !dead && to.Sub(y.began()) >= s.From && from.Sub(y.began()) < s.To || dead && y.revive > 0 {
			all = append(all, s)
		}
	}
	return all
}

func (y *year) began() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }
