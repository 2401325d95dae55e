package simulator

import (
	"strings"
	"sync"
	"time"
)

// Prices in thousandths of a dollar. Only these kinds have one.
const (
	spacePrice = 5
	userPrice  = 10
	tweetPrice = 5
)

// BillingReport is what the requests so far cost.
type BillingReport struct {
	Dollars float64        `json:"dollars"`
	Counts  map[string]int `json:"counts"` // billed resources by kind: space, user, tweet
	Day     string         `json:"day"`    // the UTC day of the last charge
}

// ledger charges each (kind, id) once per UTC day.
type ledger struct {
	config    Config
	mu        sync.Mutex
	day       string
	today     map[sighting]struct{}
	counts    map[string]int
	posts     map[string]int // tweets read by day
	thousands int64          // thousandths of a dollar
	turns     int
}

func newLedger(config Config) *ledger {
	l := &ledger{config: config}
	l.reset()
	return l
}

func (l *ledger) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.day, l.thousands = "", 0
	l.today, l.counts, l.posts = map[sighting]struct{}{}, map[string]int{}, map[string]int{}
}

func price(kind string) int64 {
	switch kind {
	case kindSpace:
		return spacePrice
	case kindUser:
		return userPrice
	case kindTweet:
		return tweetPrice
	}
	return 0
}

// charge bills a complete answer.
func (l *ledger) charge(data, extras []sighting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if day := l.config.Now().UTC().Format(time.DateOnly); day != l.day {
		l.day = day
		clear(l.today)
	}
	for _, s := range data {
		l.bill(s)
	}
	if l.config.Billing.ExpansionsBilled {
		for _, s := range extras {
			l.bill(s)
		}
	}
}

func (l *ledger) bill(s sighting) {
	p := price(s.kind)
	if p == 0 {
		return
	}
	if !l.config.Billing.NoDedup {
		if _, paid := l.today[s]; paid {
			return
		}
		l.today[s] = struct{}{}
	}
	l.counts[s.kind]++
	l.thousands += p
	if s.kind == kindTweet {
		l.posts[l.day]++
	}
}

// stop tells whether money or the cap ran out. The endpoints that report on
// them always answer.
func (l *ledger) stop(e *endpoint) *failure {
	if e.shows == "" {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	spent, b := float64(l.thousands)/1000, l.config.Billing
	switch {
	case b.CreditUSD > 0 && spent >= b.CreditUSD:
		l.turns++
		return creditsDepleted(l.turns%2 == 0)
	case b.SpendCapUSD > 0 && spent >= b.SpendCapUSD:
		return spendCapReached(nextCycle(l.config.Now()))
	case b.PostCap > 0 && e.shows == kindTweet && l.cycle(l.config.Now()) >= b.PostCap:
		return usageCapped()
	}
	return nil
}

// alternate says whether this turn's account id is a text.
func (l *ledger) alternate() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turns++
	return l.turns%2 == 0
}

// nextCycle is the first day of the next month.
func nextCycle(now time.Time) string {
	now = now.UTC()
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

func (l *ledger) report() BillingReport {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int{kindSpace: l.counts[kindSpace], kindUser: l.counts[kindUser], kindTweet: l.counts[kindTweet]}
	return BillingReport{Dollars: float64(l.thousands) / 1000, Counts: counts, Day: l.day}
}

// postsOn is the number of tweets read on a UTC day.
func (l *ledger) postsOn(day string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.posts[day]
}

// postsOfCycle is the number of tweets read in the month of a time: cycles
// begin on the first.
func (l *ledger) postsOfCycle(now time.Time) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cycle(now)
}

func (l *ledger) cycle(now time.Time) (n int) {
	for day, posts := range l.posts {
		if strings.HasPrefix(day, now.UTC().Format("2006-01-")) {
			n += posts
		}
	}
	return n
}
