package jobfile

import (
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Plan turns a checked job into what is asked first. hasUserToken says whether
// there is a token whose owner can be asked for.
func (s *Spec) Plan(hasUserToken bool) store.Plan {
	p := store.Plan{
		Job: s.Name, Dialect: schemas.Dialect(s.Dialect), Private: s.Private, Users: !s.NoUsers && s.Users != UsersNone,
		NoExpand: s.Users == UsersBatch || s.Users == UsersNone || s.Watching && s.Dialect != string(schemas.PostDialect),
		Watch:    s.Watching,
	}
	for _, f := range schemas.FollowUps() {
		switch e := f.Endpoint; {
		case !slices.Contains(s.With, string(e)):
		case e == schemas.Tweets:
			p.Tweets = true
		case e == schemas.Buyers:
			p.Buyers = true
		default:
			p.With = append(p.With, e)
		}
	}
	p.Self = s.Owned() != "" && hasUserToken
	p.Seeds = store.Lookups(distinct(s.IDs))
	var names []string
	for _, creator := range distinct(s.Creators) {
		if name, ok := strings.CutPrefix(creator, "@"); ok {
			names = append(names, strings.ToLower(name))
			continue
		}
		p.Creators = append(p.Creators, creator)
	}
	p.Seeds = append(p.Seeds, store.Batches(schemas.Usernames, distinct(names))...)
	for _, search := range s.Search {
		state := search.State
		if state == "" {
			state = s.State
		}
		r := schemas.Request{Endpoint: schemas.Search, Query: search.Query, State: state}
		if !slices.ContainsFunc(p.Seeds, func(other schemas.Request) bool { return other.ID() == r.ID() }) {
			p.Seeds = append(p.Seeds, r)
		}
	}
	posts := distinct(s.Posts)
	p.PostsMissing = slices.Contains(posts, PostsMissing)
	posts = slices.DeleteFunc(posts, func(id string) bool { return id == PostsMissing })
	p.Seeds = append(p.Seeds, store.Batches(schemas.Posts, posts)...)
	return p
}

// Owned is what the job asks of each Space that is shown to its creator only: the
// first of such; empty of none.
func (s *Spec) Owned() string {
	i := slices.IndexFunc(s.With, func(with string) bool { return schemas.Endpoint(with).Owned() })
	if i < 0 {
		return ""
	}
	return s.With[i]
}

// distinct keeps the first of equal values, in order.
func distinct(values []string) []string {
	seen := map[string]bool{}
	var kept []string
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			kept = append(kept, v)
		}
	}
	return kept
}

// PriceTable is what the job takes the API to charge.
func (s *Spec) PriceTable() schemas.Prices { return schemas.DefaultPrices().With(s.Prices) }

// Price says in one line what the job can cost where nothing is known of what
// its seeds lead to.
func (s *Spec) Price() string {
	plan := s.Plan(true)
	f := forecast.Forecaster{Prices: s.PriceTable(), Budget: s.Budget}
	return f.Price(plan, forecast.Forecaster{Prices: f.Prices}.Forecast(plan, plan.Seeds))
}
