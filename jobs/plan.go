package jobs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// Plan turns a checked job into what is asked first. hasUserToken says whether
// there is a token whose owner can be asked for.
func (s *Spec) Plan(hasUserToken bool) pipeline.Plan {
	p := pipeline.Plan{
		Job: s.Name, Dialect: schemas.Dialect(s.Dialect), Private: s.Private, Users: !s.NoUsers,
		Buyers: slices.Contains(s.With, "buyers"), Tweets: slices.Contains(s.With, "tweets"),
	}
	p.Self = p.Buyers && hasUserToken
	p.Seeds = pipeline.Lookups(distinct(s.IDs))
	var names []string
	for _, creator := range distinct(s.Creators) {
		if name, ok := strings.CutPrefix(creator, "@"); ok {
			names = append(names, strings.ToLower(name))
			continue
		}
		p.Creators = append(p.Creators, creator)
	}
	for batch := range slices.Chunk(distinct(names), schemas.MaxIDs) {
		p.Seeds = append(p.Seeds, schemas.Request{Endpoint: schemas.Usernames, IDs: batch})
	}
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
	return p
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

// Prices of the API in dollars per object returned, as published in August
// 2026.
const (
	SpacePrice = 0.005
	UserPrice  = 0.010
	TweetPrice = 0.005
)

// Price says in one line what the first requests of a plan can cost at most
// and what each object found on the way adds.
func Price(p pipeline.Plan) string {
	spaces, users, requests := 0, 0, len(p.Seeds)
	for _, r := range p.Seeds {
		switch r.Endpoint {
		case schemas.Search:
			spaces += schemas.MaxResults
		case schemas.Usernames:
			users += len(r.IDs)
		default:
			spaces += len(r.IDs)
		}
	}
	creators := ""
	if n := len(p.Creators) + users; n > 0 {
		requests += (n + schemas.MaxIDs - 1) / schemas.MaxIDs
		creators = fmt.Sprintf(", plus the live and scheduled Spaces of %d creators", n)
	}
	line := fmt.Sprintf("price: %d first requests return up to %d Spaces and %d users, at most $%.2f%s; each further Space $%.3f, each user with them $%.3f",
		requests, spaces, users, float64(spaces)*SpacePrice+float64(users)*UserPrice, creators, SpacePrice, UserPrice)
	if p.Tweets {
		line += fmt.Sprintf(", each tweet $%.3f", TweetPrice)
	}
	return line
}
