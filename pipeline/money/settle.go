package money

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// settledFile is settled.json: what the API counted on days that were settled. It is
// no copy of anything: the ledger is made anew from pages and this.
const settledFile = "settled.json"

// settledDays is the file.
type settledDays struct {
	Version int              `json:"version"`
	Posts   map[string]int64 `json:"posts"` // that the API counted, by UTC day
	// Checksum is that of the file without it.
	Checksum string `json:"checksum,omitempty"`
}

// readSettled reads the file. Without one, or with one that is damaged, nothing is
// settled: then lost answers are booked as the most they can have held.
func readSettled(d store.Dir) map[string]int64 {
	var f settledDays
	if summed, err := store.ReadSummed(d.File(settledFile), &f); err != nil || !summed || f.Version != 1 {
		return nil
	}
	return f.Posts
}

// Settle bounds what a store's lost answers are booked as by what the API counted on
// their days, from the next reading of the ledger on. A day that was settled by a lower
// count, which came late, takes that of the reconciliation.
func Settle(l *store.Locked, days []Settlement, r Reconciliation) error {
	before := readSettled(l.Dir)
	posts := map[string]int64{}
	maps.Copy(posts, before)
	for _, d := range r.Days {
		if old, ok := posts[d.Name]; ok {
			posts[d.Name] = max(old, d.API)
		}
	}
	for _, s := range days {
		posts[s.Day] = s.API
	}
	if maps.Equal(before, posts) {
		return nil
	}
	f := settledDays{Version: 1, Posts: posts}
	f.Checksum = store.Checksum(f)
	return store.WriteJSON(l.File(settledFile), f, nil)
}

// TakeSettled books what was lost on the days that were settled as no more than the
// API left for it. A ledger that it was called on is to be read, not to be saved.
func TakeSettled(l *Ledger, d store.Dir) {
	for name, api := range readSettled(d) {
		day{l, name}.bound(api)
	}
}

// Settlement is a day whose lost answers cannot have cost what is booked for them.
type Settlement struct {
	Day    string        `json:"day"`      // UTC
	API    int64         `json:"api"`      // posts that the API counts
	Booked schemas.Money `json:"usd_lost"` // for the day's lost answers
	Left   schemas.Money `json:"usd_left"` // of that, when it is settled
}

// countLag is how long after a day's end its count is taken to be whole: nothing
// official says how late the API counts.
const countLag = 24 * time.Hour

// midnight is how long before the end of a day an answer may have been lost that the
// API counted on the next.
const midnight = 10 * time.Minute

// Settleable lists the days of which the API's count leaves less for lost answers than
// is booked, by a reconciliation of the ledger; why says what forbids it, if anything.
// Only days that are over and counted are settled, and only where the API counts what
// this store reads: on some day it has the posts of landed pages, on none fewer.
func Settleable(l *Ledger, r Reconciliation, p schemas.Prices, now time.Time) (days []Settlement, why string) {
	witness := false
	for _, d := range r.Days {
		if begins, err := time.Parse(time.DateOnly, d.Name); err != nil || now.Sub(begins.AddDate(0, 0, 1)) < countLag {
			continue
		}
		if d.Difference < 0 {
			return nil, fmt.Sprintf("of %s the API counts fewer posts than landed pages hold: it counts late, or for another project", d.Name)
		}
		witness = witness || d.Low > 0
		if s := settlement(l, d.Name, d.API, p); s.Left < s.Booked {
			days = append(days, s)
		}
	}
	if len(days) > 0 && !witness {
		return nil, "on no day that is over do landed pages hold posts, so nothing shows that the API counts for this store's project"
	}
	return days, ""
}

// settlement is what settling a day would do. The ledger stays as it is.
func settlement(l *Ledger, name string, api int64, p schemas.Prices) Settlement {
	part := &Ledger{Lost: l.Lost}
	for _, line := range l.Lines {
		if line.Day == name {
			kept := *line
			part.Lines = append(part.Lines, &kept)
		}
	}
	lost := func(line *Line) bool { return line.Lost }
	s := Settlement{Day: name, API: api, Booked: part.Cost(Pessimistic, p, lost)}
	day{part, name}.bound(api)
	s.Left = part.Cost(Pessimistic, p, lost)
	return s
}

// day is a UTC day of a ledger.
type day struct {
	*Ledger
	name string
}

// bound books the lost answers of a day as no more than the API's count of posts
// leaves: what it counts beyond the posts of landed pages, and the people that so many
// posts can bring in. Spaces, and people whom Spaces bring in, the API does not count.
// What is bounded lends nothing to its repetition any more.
func (d day) bound(api int64) {
	landed := func(m Model) int64 { return d.objects(false, m, isPost) }
	if api < landed(Optimistic) || slices.ContainsFunc(d.Lost, func(n Lost) bool { return Day(n.At) == d.name && Day(n.At.Add(midnight)) != d.name }) {
		return
	}
	reduced := d.reduce(isPost, api-landed(Pessimistic))
	// Each way of billing for itself: people are billed where included posts are, but
	// not again where posts are not.
	if d.reduce(isBroughtIn, peopleOfPost()*(api-landed(Model{Expansions: true}))) || reduced {
		d.Lost = slices.DeleteFunc(slices.Clone(d.Lost), func(n Lost) bool { return Day(n.At) == d.name && n.Most[schemas.Tweet] > 0 })
	}
}

func isPost(line *Line) bool { return line.Object == schemas.Tweet }

// isBroughtIn reports whether a line's objects come with posts in data alone.
func isBroughtIn(line *Line) bool {
	return line.Object == schemas.User && line.Endpoint.Spec().Data == schemas.Tweet
}

// peopleOfPost is how many users a post brings in, at most.
func peopleOfPost() (most int64) {
	for _, d := range []schemas.Dialect{schemas.TweetDialect, schemas.PostDialect} {
		most = max(most, schemas.MostIncluded(schemas.Expansions(schemas.Tweets, d))[schemas.User])
	}
	return most
}

// objects counts what the day's lines of landed pages, or of lost answers, bill.
func (d day) objects(lost bool, m Model, of func(*Line) bool) (n int64) {
	for _, line := range d.Lines {
		if line.Day == d.name && line.Lost == lost && of(line) {
			n += line.Billed(m)
		}
	}
	return n
}

// reduce scales the day's lost answers down to so many objects, each line rounded up. It
// reports whether they were more.
func (d day) reduce(of func(*Line) bool, to int64) bool {
	all := d.objects(true, Pessimistic, of)
	if to = max(to, 0); to >= all {
		return false
	}
	for _, line := range d.Lines {
		if line.Day != d.name || !line.Lost || !of(line) {
			continue
		}
		scale := func(n int64) int64 { return (n*to + all - 1) / all }
		line.Returned, line.Included, line.More = scale(line.Returned), scale(line.Included), scale(line.More)
		for view, n := range line.New {
			line.New[view] = scale(n)
		}
	}
	return true
}

// SettledText says what settling days would free, or has.
func SettledText(days []Settlement) string {
	var text strings.Builder
	var freed schemas.Money
	for _, s := range days {
		freed += s.Booked - s.Left
		fmt.Fprintf(&text, "%s: of %s booked for answers that a crash lost, the API's count of %d posts leaves %s\n", s.Day, s.Booked.Cents(), s.API, s.Left.Cents())
	}
	fmt.Fprintf(&text, "all in all %s less", freed.Cents())
	return text.String()
}
