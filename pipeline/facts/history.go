package facts

import (
	"maps"
	"math"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// The rates that a history knows, by name. What comes with a Space, a tweet or a
// buyer is counted page by page, people in data and includes and those only
// referred to alike.
const (
	RateFound        = "spaces per id"
	RateResolved     = "users per name"
	RateLive         = "spaces per creator"
	RateHits         = "spaces per search"
	RatePeople       = "users per space"
	RateAlone        = "users per space asked for alone"
	RateNew          = "users per space not on earlier pages"
	RateMissing      = "users not included per space"
	RateLookupsFound = "users per id"
)

// FollowUpRates are the names of the rates of an endpoint that is asked of each Space.
type FollowUpRates struct {
	Some           string // Spaces that are asked of, where not all are; else empty
	Objects, Pages string // what comes with a Space, and further pages
	Users, Tweets  string // what comes with an object
	New            string // users on no earlier page; empty where those in data are users
}

// RatesOf are those of an endpoint.
func RatesOf(s schemas.Spec) FollowUpRates {
	one, many := s.FollowUp.One, string(s.Endpoint)
	r := FollowUpRates{Objects: many + " per space", Pages: "further pages of " + many + " per space",
		Users: "users per " + one, Tweets: "included tweets per " + one, New: "users per " + one + " not on earlier pages"}
	if s.Data == schemas.User {
		r.Users, r.New = "included "+r.Users, ""
	}
	if s.FollowUp.Ticketed {
		r.Some = "spaces with " + many + " per space"
	}
	return r
}

// History is what a store's runs got, as rates.
type History map[string]*Rate

func (h History) at(name string) *Rate {
	if h[name] == nil {
		h[name] = &Rate{}
	}
	return h[name]
}

// Observation is what one run adds to the history.
type Observation struct {
	plan    store.Plan
	rates   History
	spaces  map[string]bool
	follows map[schemas.Endpoint]map[string]*collected // by Space
	people  map[string]bool                            // users on pages of Spaces and tweets so far
	lookups int                                        // users asked for by id
}

// collected is what the pages of one collection held.
type collected struct{ pages, rows int }

// Observe begins a run of a plan.
func Observe(plan store.Plan) *Observation {
	return &Observation{plan: plan, rates: History{}, spaces: map[string]bool{}, follows: map[schemas.Endpoint]map[string]*collected{}, people: map[string]bool{}}
}

// Page takes in one page.
func (o *Observation) Page(f *Facts) {
	if !f.OK && f.Request.Endpoint.Spec().Data != schemas.Space {
		return // refused: says nothing of how many there are
	}
	for _, s := range f.Spaces {
		o.spaces[s.ID] = true
	}
	kind, data := f.Data()
	asked, n := len(f.Request.IDs), len(data)
	people := len(peopleOf(f))
	switch e := f.Request.Endpoint; e {
	case schemas.Spaces, schemas.SpaceByID:
		o.rates.at(RateFound).add(asked, n)
	case schemas.Creators:
		o.rates.at(RateLive).add(asked, n)
	case schemas.Search:
		o.rates.at(RateHits).add(1, n)
	case schemas.Usernames:
		o.rates.at(RateResolved).add(asked, n)
	case schemas.Users:
		o.lookups += asked
		o.rates.at(RateLookupsFound).add(asked, n)
	default:
		if spec := e.Spec(); spec.FollowUp != nil {
			o.followUp(f, spec, n, people)
		}
	}
	if kind == schemas.Space {
		o.rates.at(RatePeople).add(n, people)
		o.rates.at(RateNew).add(n, o.meet(f))
		if f.present > 0 || people == 0 { // a dialect may name them elsewhere
			o.rates.at(RateAlone).add(n, f.present)
		}
	}
}

// followUp counts a page of a collection.
func (o *Observation) followUp(f *Facts, spec schemas.Spec, n, people int) {
	all, rates := o.follows[spec.Endpoint], RatesOf(spec)
	if all == nil {
		all = map[string]*collected{}
		o.follows[spec.Endpoint] = all
	}
	id := f.Request.IDs[0]
	if all[id] == nil || f.Request.Token == "" { // read from its first page again
		all[id] = &collected{}
	}
	all[id].pages++
	all[id].rows += n
	if spec.Data == schemas.User {
		people = len(f.Included(schemas.User))
	} else {
		o.rates.at(rates.New).add(n, o.meet(f))
	}
	o.rates.at(rates.Users).add(n, people)
	o.rates.at(rates.Tweets).add(n, len(f.Included(schemas.Tweet)))
}

// peopleOf are the users a page refers to or holds.
func peopleOf(f *Facts) map[string]bool {
	people := map[string]bool{}
	for _, id := range f.Referred {
		people[id] = true
	}
	for _, id := range f.Mentioned {
		people[id] = true
	}
	for _, id := range f.Users {
		people[id] = true
	}
	return people
}

// meet counts the users of a page that were on none before: those that would
// have to be looked up.
func (o *Observation) meet(f *Facts) int {
	before := len(o.people)
	maps.Copy(o.people, peopleOf(f))
	return len(o.people) - before
}

// Into adds the run to a history.
func (o *Observation) Into(h History) {
	for _, spec := range schemas.FollowUps() {
		all, rates := o.follows[spec.Endpoint], RatesOf(spec)
		for _, c := range all {
			o.rates.at(rates.Objects).add(1, c.rows)
			o.rates.at(rates.Pages).add(1, c.pages-1)
		}
		if rates.Some != "" && o.plan.Follows(spec.Endpoint) {
			o.rates.at(rates.Some).add(len(o.spaces), len(all))
		}
	}
	if o.plan.Users && !o.plan.NoExpand {
		o.rates.at(RateMissing).add(len(o.spaces), o.lookups)
	}
	for name, r := range o.rates {
		sum := h.at(name)
		sum.N, sum.X, sum.Y, sum.YY = sum.N+r.N, sum.X+r.X, sum.Y+r.Y, sum.YY+r.YY
	}
}

// Rate says how many of one thing came with another, such as tweets with a
// Space: what is needed to say how many come with so many more.
type Rate struct {
	N  int64   `json:"n"`  // observations
	X  float64 `json:"x"`  // sum of what was asked for
	Y  float64 `json:"y"`  // sum of what came
	YY float64 `json:"yy"` // sum of y²/x over the observations
}

// Most is how many come with x, at most: as many as on average, and three standard
// deviations. What was seen less than twice is not bounded.
func (r *Rate) Most(x float64) float64 {
	if r.N < 2 {
		return math.Inf(1)
	}
	mean := r.Y / r.X
	return mean*x + 3*math.Sqrt(max(r.YY-r.Y*mean, 0)/float64(r.N-1)*x)
}

// add adds an observation: y came with x.
func (r *Rate) add(x, y int) {
	if x <= 0 {
		return
	}
	r.N++
	r.X += float64(x)
	r.Y += float64(y)
	r.YY += float64(y) * float64(y) / float64(x)
}
