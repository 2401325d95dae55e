package pipeline

import (
	"maps"

	"github.com/spacesetl/spacesetl/schemas"
)

// The rates a history knows. What comes with a Space, a tweet or a buyer is
// counted page by page, people in data and includes and those only referred to
// alike.
const (
	rateFound        = "spaces per id"
	rateResolved     = "users per name"
	rateLive         = "spaces per creator"
	rateHits         = "spaces per search"
	ratePeople       = "users per space"
	rateAlone        = "users per space asked for alone"
	rateNew          = "users per space not on earlier pages"
	rateTweetNew     = "users per tweet not on earlier pages"
	rateMissing      = "users not included per space"
	rateTicketed     = "spaces with buyers per space"
	rateTweets       = "tweets per space"
	rateTweetPages   = "further pages of tweets per space"
	rateTweetPeople  = "users per tweet"
	rateTweetTweets  = "included tweets per tweet"
	rateBuyers       = "buyers per space"
	rateBuyerPages   = "further pages of buyers per space"
	rateBuyerUsers   = "included users per buyer"
	rateBuyerTweets  = "included tweets per buyer"
	rateLookupsFound = "users per id"
)

// History is what a store's runs got, as rates.
type History map[string]*Rate

func (h History) rate(name string) *Rate {
	if h[name] == nil {
		h[name] = &Rate{}
	}
	return h[name]
}

// observation is what one run adds to the history.
type observation struct {
	plan    Plan
	rates   History
	spaces  map[string]bool
	tweets  map[string]*collected // by Space
	buyers  map[string]*collected
	people  map[string]bool // users on pages of Spaces and tweets so far
	lookups int             // users asked for by id
}

// collected is what the pages of one collection held.
type collected struct{ pages, rows int }

func newObservation(plan Plan) *observation {
	return &observation{plan: plan, rates: History{}, spaces: map[string]bool{}, tweets: map[string]*collected{}, buyers: map[string]*collected{}, people: map[string]bool{}}
}

// page takes in one page.
func (o *observation) page(page *schemas.Page, found *Extracted) {
	if !page.OK() && page.Request.Endpoint.Spec().Data != schemas.Space {
		return // refused: says nothing of how many there are
	}
	for _, s := range found.Spaces {
		o.spaces[s.ID] = true
	}
	kind, data := found.data()
	asked, n := len(page.Request.IDs), len(data)
	people := len(peopleOf(found))
	switch e := page.Request.Endpoint; e {
	case schemas.Spaces, schemas.SpaceByID:
		o.rates.rate(rateFound).add(asked, n)
	case schemas.Creators:
		o.rates.rate(rateLive).add(asked, n)
	case schemas.Search:
		o.rates.rate(rateHits).add(1, n)
	case schemas.Usernames:
		o.rates.rate(rateResolved).add(asked, n)
	case schemas.Users:
		o.lookups += asked
		o.rates.rate(rateLookupsFound).add(asked, n)
	case schemas.Tweets:
		o.collect(o.tweets, page, n)
		o.rates.rate(rateTweetPeople).add(n, people)
		o.rates.rate(rateTweetNew).add(n, o.meet(found))
		o.rates.rate(rateTweetTweets).add(n, len(found.included(schemas.Tweet)))
	case schemas.Buyers:
		o.collect(o.buyers, page, n)
		o.rates.rate(rateBuyerUsers).add(n, len(found.included(schemas.User)))
		o.rates.rate(rateBuyerTweets).add(n, len(found.included(schemas.Tweet)))
	}
	if kind == schemas.Space {
		o.rates.rate(ratePeople).add(n, people)
		o.rates.rate(rateNew).add(n, o.meet(found))
		if found.present > 0 || people == 0 { // a dialect may name them elsewhere
			o.rates.rate(rateAlone).add(n, found.present)
		}
	}
}

func (o *observation) collect(all map[string]*collected, page *schemas.Page, rows int) {
	id := page.Request.IDs[0]
	if all[id] == nil || page.Request.Token == "" { // read from its first page again
		all[id] = &collected{}
	}
	all[id].pages++
	all[id].rows += rows
}

// peopleOf are the users a page refers to or holds.
func peopleOf(found *Extracted) map[string]bool {
	people := map[string]bool{}
	for _, id := range found.Referred {
		people[id] = true
	}
	for _, id := range found.Mentioned {
		people[id] = true
	}
	for _, id := range found.Users {
		people[id] = true
	}
	return people
}

// meet counts the users of a page that were on none before: those that would
// have to be looked up.
func (o *observation) meet(found *Extracted) int {
	before := len(o.people)
	maps.Copy(o.people, peopleOf(found))
	return len(o.people) - before
}

// into adds the run to a history.
func (o *observation) into(h History) {
	for _, c := range o.tweets {
		o.rates.rate(rateTweets).add(1, c.rows)
		o.rates.rate(rateTweetPages).add(1, c.pages-1)
	}
	for _, c := range o.buyers {
		o.rates.rate(rateBuyers).add(1, c.rows)
		o.rates.rate(rateBuyerPages).add(1, c.pages-1)
	}
	if o.plan.Buyers {
		o.rates.rate(rateTicketed).add(len(o.spaces), len(o.buyers))
	}
	if o.plan.Users && !o.plan.NoExpand {
		o.rates.rate(rateMissing).add(len(o.spaces), o.lookups)
	}
	for name, r := range o.rates {
		sum := h.rate(name)
		sum.N, sum.X, sum.Y, sum.YY = sum.N+r.N, sum.X+r.X, sum.Y+r.Y, sum.YY+r.YY
	}
}

// priors are what a forecast assumes of a store without history: no more than
// a guess, and wide.
var priors = map[string]prior{
	rateFound:        {mean: 0.8, unknown: 0.3, spread: 0.4, most: 1},
	rateResolved:     {mean: 0.9, unknown: 0.2, spread: 0.3, most: 1},
	rateLive:         {mean: 1, unknown: 0.7, spread: 1.5, most: schemas.SpacesPerCreator},
	rateHits:         {mean: 50, unknown: 25, spread: 30, most: schemas.MaxResults},
	ratePeople:       {mean: 7, unknown: 3, spread: 6, most: 44},
	rateNew:          {mean: 7, unknown: 3, spread: 6, most: 44},
	rateTweetNew:     {mean: 1.5, unknown: 0.7, spread: 1, most: 25},
	rateAlone:        {mean: 9, unknown: 4, spread: 7, most: 44}, // ten speakers, hosts among them, and some invited
	rateMissing:      {mean: 0.2, unknown: 0.2, spread: 1, most: 44},
	rateTicketed:     {mean: 0.05, unknown: 0.05, spread: 0.3, most: 1},
	rateTweets:       {mean: 5, unknown: 4, spread: 40, most: 400},
	rateTweetPages:   {mean: 0.05, unknown: 0.1, spread: 0.5, most: 4},
	rateTweetPeople:  {mean: 1.5, unknown: 0.7, spread: 1, most: 25},
	rateTweetTweets:  {mean: 0.8, unknown: 0.6, spread: 1, most: 13},
	rateBuyers:       {mean: 50, unknown: 40, spread: 100, most: 400},
	rateBuyerPages:   {mean: 0.5, unknown: 0.5, spread: 1, most: 4},
	rateBuyerUsers:   {mean: 0.1, unknown: 0.2, spread: 0.5, most: 5},
	rateBuyerTweets:  {mean: 1, unknown: 0.4, spread: 1, most: 2},
	rateLookupsFound: {mean: 0.95, unknown: 0.1, spread: 0.3, most: 1},
}

// knows reports whether a rate was observed often enough to count.
func (h History) knows(name string) bool { return h[name] != nil && h[name].N >= fewest }

// of returns how many come with x.
func (h History) of(name string, x guess) guess { return h[name].of(x, priors[name]) }
