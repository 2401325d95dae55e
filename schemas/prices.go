package schemas

import (
	"maps"
	"slices"
)

// Prices is what the API charges for each object it returns, by kind. Kinds
// without a price are free.
type Prices map[Object]Money

// DefaultPrices are those X published in August 2026
// (docs.x.com, getting-started/pricing): a Space $0.005, a user $0.010, a
// tweet $0.005. None is listed for topics, media, polls and places. An object
// returned twice within a UTC day is charged once, as a "soft guarantee"; it
// is not said whether objects in includes are charged.
func DefaultPrices() Prices {
	return Prices{Space: 5_000, User: 10_000, Tweet: 5_000}
}

// PostCap is how many posts a project on pay-per-use can read in a monthly cycle,
// since August 2026 (docs.x.com, post-cap). Which endpoints count is not said in
// full.
const PostCap = 3_000_000

// Priced lists the kinds that can have a price.
func Priced() []Object { return []Object{Space, User, Tweet} }

// ByKind is a number of objects of each kind.
type ByKind map[Object]int64

// Cost is what so many objects cost.
func (p Prices) Cost(n ByKind) Money {
	var sum Money
	for o, count := range n {
		sum += p[o] * Money(count)
	}
	return sum
}

// Add adds n objects of each kind to c.
func (c ByKind) Add(n ByKind) {
	for o, count := range n {
		c[o] += count
	}
}

// SpacesPerCreator is how many live and scheduled Spaces one creator is taken
// to have at most: the API documents no bound, X's help one of ten scheduled.
const SpacesPerCreator = 11

// brings is what one expansion brings in for one object of data, at most. The
// API documents bounds for few: a Space has three hosts, a tweet refers to
// three others (one of a kind) and has five edits. The rest is assumed, well
// above what was seen.
var brings = map[string]struct {
	object Object
	most   int64
}{
	"creator_id":       {User, 1},
	"host_ids":         {User, 3},
	"speaker_ids":      {User, 30}, // whoever spoke
	"invited_user_ids": {User, 10},

	"affiliation.user_id": {User, 5}, "affiliation": {User, 5},
	"most_recent_tweet_id": {Tweet, 1}, "most_recent_post_id": {Tweet, 1},
	"pinned_tweet_id": {Tweet, 1}, "pinned_post_id": {Tweet, 1},

	"author_id": {User, 1}, "username": {User, 1}, "in_reply_to_user_id": {User, 1},
	"entities.mentions.username": {User, 10}, "entities.note.mentions.username": {User, 10},
	"referenced_tweets.id.author_id": {User, 3},
	"referenced_tweets.id":           {Tweet, 3}, "referenced_posts": {Tweet, 3},
	"edit_history_tweet_ids": {Tweet, 6}, "edit_history_post_ids": {Tweet, 6},
	"attachments.media_source_tweet": {Tweet, 4},
}

// ExpandsUsers reports whether an expansion brings in users.
func ExpandsUsers(expansion string) bool { return brings[expansion].object == User }

// WithoutUsers returns the expansions that bring in no users. It is never nil:
// an empty list asks for none.
func WithoutUsers(expansions []string) []string {
	kept := []string{}
	for _, name := range expansions {
		if !ExpandsUsers(name) {
			kept = append(kept, name)
		}
	}
	return kept
}

// DefaultExpansions are those an endpoint is asked with unless a job says
// otherwise: all, but of looked-up users none, since those follow from no
// Space and are paid for.
func DefaultExpansions(e Endpoint, d Dialect) []string {
	if e == Users || e == Usernames || e == Me {
		return nil
	}
	return Expansions(e, d)
}

// MostData is how many objects one page can have in data, at most, when so
// many ids are asked for.
func MostData(e Endpoint, ids int) int64 {
	switch {
	case e == SpaceByID, e == Me:
		return 1
	case e == Creators:
		return int64(ids) * SpacesPerCreator
	case e == Search, e.Spec().Paged:
		return MaxResults
	}
	return int64(ids)
}

// Most is how many objects of each kind one page can hold, at most, with
// these expansions.
func Most(e Endpoint, ids int, expansions []string) ByKind {
	n := MostData(e, ids)
	most := ByKind{e.Spec().Data: n}
	for o, each := range MostIncluded(expansions) {
		most[o] += each * n
	}
	return most
}

// MostOf is how many objects of each kind the answer to a request can hold, at
// most, where its endpoint is asked with these expansions.
func MostOf(r Request, expansions []string) ByKind {
	if r.Lean {
		expansions = WithoutUsers(expansions)
	}
	most := Most(r.Endpoint, len(r.IDs), expansions)
	if n := MostData(r.Endpoint, len(r.IDs)); r.Max > 0 && int64(r.Max) < n {
		for o := range most {
			most[o] = most[o] / n * int64(r.Max)
		}
	}
	return most
}

// LeastResults is the fewest results that a page is asked for to keep to a budget. A
// search has one page, so that fewer results are fewer Spaces; of a collection they
// are more pages.
func LeastResults(e Endpoint) int {
	if e.Spec().Paged {
		return 1
	}
	return 12
}

// LeastOf is how many objects of each kind the answer to the smallest request to
// an endpoint can hold, at most: one id, few results, and nobody included.
func LeastOf(e Endpoint, expansions []string) ByKind {
	return MostOf(Request{Endpoint: e, IDs: []string{""}, Max: LeastResults(e), Lean: true}, expansions)
}

// MostIncluded is how many objects of each kind the expansions bring in for
// one object of data, at most.
func MostIncluded(expansions []string) ByKind {
	most := ByKind{}
	for _, name := range expansions {
		if b, ok := brings[name]; ok {
			most[b.object] += b.most
		}
	}
	return most
}

// With returns the prices with some replaced.
func (p Prices) With(others Prices) Prices {
	all := maps.Clone(p)
	maps.Copy(all, others)
	return all
}

// Kinds lists the kinds that have a price, in the order of Priced.
func (p Prices) Kinds() []Object {
	return slices.DeleteFunc(Priced(), func(o Object) bool { return p[o] == 0 })
}
