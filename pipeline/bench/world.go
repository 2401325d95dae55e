package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// world is the simulated API and what can be asked of it.
type world struct {
	sim      *simulator.Simulator
	spaces   []string          // ids of all Spaces
	creators map[string]string // of ticketed Spaces, by Space id
	params   map[schemas.Endpoint]schemas.Params
}

// newWorld starts a simulator in which the creator of each ticketed Space has
// a user token: the user id itself.
func newWorld(cfg simulator.Config) *world {
	w := &world{creators: map[string]string{}, params: map[schemas.Endpoint]schemas.Params{}}
	cfg.UserTokens = map[string]string{}
	w.sim = simulator.New(cfg)
	w.spaces = w.sim.SpaceIDs(cfg.Spaces)
	for _, id := range w.spaces {
		if s, ok := w.sim.Space(id); ok && s.IsTicketed {
			w.creators[id] = s.CreatorID
			cfg.UserTokens["user-"+s.CreatorID] = s.CreatorID
		}
	}
	for _, spec := range schemas.Specs() {
		w.params[spec.Endpoint] = params(spec)
	}
	return w
}

// params asks for every field and expansion that needs no owner's token.
func params(spec schemas.Spec) schemas.Params {
	p := schemas.Params{"expansions": schemas.Expansions(spec.Endpoint, schemas.TweetDialect)}
	for _, o := range spec.Objects {
		p[schemas.FieldsParam(o, schemas.TweetDialect)] = schemas.Fields(o, schemas.TweetDialect, false, false)
	}
	return p
}

// unitSource hands out first requests, page collections to be asked for, one
// after the other.
type unitSource func() (schemas.Request, bool)

// batch returns the next n requests, fewer at the end.
func (next unitSource) batch(n int) []schemas.Request {
	var units []schemas.Request
	for len(units) < n {
		r, ok := next()
		if !ok {
			break
		}
		units = append(units, r)
	}
	return units
}

// Of each lookup of 100 Spaces, one asks for a Space that never was, and
// overlap were in the lookup before. Every strayEvery-th Space page is one of
// creators, and another one of a search: they show Spaces of lookups again.
const (
	overlap    = 20
	strayEvery = 8
)

// spacePages looks Spaces up, by id as a rule.
func (w *world) spacePages() unitSource {
	creators := slices.Collect(slices.Chunk(w.sim.CreatorIDs(len(w.spaces)), schemas.MaxIDs))
	queries := w.queries()
	gone := w.sim.MissingSpaceIDs(len(w.spaces)/(schemas.MaxIDs-overlap-1) + 1)
	at, n := 0, 0
	return func() (schemas.Request, bool) {
		n++
		switch {
		case n%strayEvery == 3 && len(creators) > 0:
			ids := creators[0]
			creators = creators[1:]
			return schemas.Request{Endpoint: schemas.Creators, IDs: ids}, true
		case n%strayEvery == 6 && len(queries) > 0:
			query := queries[0]
			queries = queries[1:]
			return query, true
		}
		if at >= len(w.spaces) {
			return schemas.Request{}, false
		}
		ids := slices.Clone(w.spaces[at:min(at+schemas.MaxIDs-1, len(w.spaces))])
		ids = append(ids, gone[0])
		at, gone = at+schemas.MaxIDs-1-overlap, gone[1:]
		return schemas.Request{Endpoint: schemas.Spaces, IDs: ids}, true
	}
}

// titlesRead is how many titles are read for words to search for.
const titlesRead = 500

// queries are the words of the first titles, each in every state.
func (w *world) queries() []schemas.Request {
	var queries []schemas.Request
	seen := map[string]bool{}
	for _, state := range []string{"all", "live", "scheduled"} {
		for _, id := range w.spaces[:min(titlesRead, len(w.spaces))] {
			s, ok := w.sim.Space(id)
			if !ok || s.Title == nil {
				continue
			}
			for _, word := range strings.FieldsFunc(*s.Title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
				word = strings.ToLower(word)
				if seen[state+word] {
					continue
				}
				seen[state+word] = true
				queries = append(queries, schemas.Request{Endpoint: schemas.Search, Query: word, State: state})
			}
		}
	}
	return queries
}

// minListed is how many buyers or tweets a Space has whose pages are asked
// for: pages of few objects would make a corpus of envelopes.
const minListed = 80

// buyerPages asks for buyers of Spaces that sold enough tickets.
func (w *world) buyerPages() unitSource {
	return w.each(schemas.Buyers, func(id string) bool { return w.creators[id] != "" && len(w.sim.Buyers(id)) >= minListed })
}

// tweetPages asks for the tweets of Spaces that have enough.
func (w *world) tweetPages() unitSource {
	return w.each(schemas.Tweets, func(id string) bool { return len(w.sim.SpaceTweets(id)) >= minListed })
}

// each asks an endpoint about the Spaces that will do.
func (w *world) each(e schemas.Endpoint, will func(id string) bool) unitSource {
	at := 0
	return func() (schemas.Request, bool) {
		for at < len(w.spaces) {
			id := w.spaces[at]
			at++
			if will(id) {
				return schemas.Request{Endpoint: e, IDs: []string{id}}, true
			}
		}
		return schemas.Request{}, false
	}
}

// answered is a page and the ids of the Spaces and users on it.
type answered struct {
	schemas.Page
	spaces, users []string
}

// collection asks for a request's page and the pages after it.
func (w *world) collection(ctx context.Context, r schemas.Request) ([]answered, error) {
	var pages []answered
	for {
		p, rows, err := w.page(ctx, r)
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
		if p.NextToken == "" {
			return pages, nil
		}
		r.Token, r.Offset = p.NextToken, r.Offset+rows
	}
}

// page asks for one page and counts the objects in its data.
func (w *world) page(ctx context.Context, r schemas.Request) (p answered, rows int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.target(r), nil)
	if err != nil {
		return p, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+w.token(r))
	a := answer{header: http.Header{}}
	w.sim.ServeHTTP(&a, request)
	if err := ctx.Err(); err != nil {
		return p, 0, err
	}
	if a.status != http.StatusOK {
		return p, 0, fmt.Errorf("%s: status %d, %.200s", request.URL.Path, a.status, a.body.Bytes())
	}
	var b body
	if err := json.Unmarshal(a.body.Bytes(), &b); err != nil {
		return p, 0, fmt.Errorf("%s: %w", request.URL.Path, err)
	}
	p.Page = schemas.Page{
		ID: r.ID(), Request: r, Params: w.params[r.Endpoint], Status: a.status, Attempts: 1,
		NextToken: b.Meta.NextToken, Body: a.body.Bytes(),
	}
	p.users = b.Includes.Users.ids()
	switch r.Endpoint.Spec().Data {
	case schemas.Space:
		p.spaces = b.Data.ids()
	case schemas.User:
		p.users = append(p.users, b.Data.ids()...)
	}
	return p, len(b.Data), nil
}

// body is what has to be known of an answer.
type body struct {
	Data     objects `json:"data"`
	Includes struct {
		Users objects `json:"users"`
	} `json:"includes"`
	Meta struct {
		NextToken string `json:"next_token"`
	} `json:"meta"`
}

// objects are Spaces, users or tweets.
type objects []struct {
	ID string `json:"id"`
}

func (o objects) ids() []string {
	ids := make([]string, len(o))
	for i := range o {
		ids[i] = o[i].ID
	}
	return ids
}

// token is the one the request needs.
func (w *world) token(r schemas.Request) string {
	if r.Endpoint == schemas.Buyers {
		return "user-" + w.creators[r.IDs[0]]
	}
	return "app"
}

// target is the URL of a request.
func (w *world) target(r schemas.Request) string {
	spec := r.Endpoint.Spec()
	query := url.Values{}
	for name, values := range w.params[r.Endpoint] {
		query.Set(name, strings.Join(values, ","))
	}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("query", r.Query)
	set("state", r.State)
	set("pagination_token", r.Token)
	path := spec.Path
	if spec.IDParam != "" {
		set(spec.IDParam, strings.Join(r.IDs, ","))
	} else if len(r.IDs) > 0 {
		path = strings.ReplaceAll(path, "{id}", r.IDs[0])
	}
	return path + "?" + query.Encode()
}

// answer keeps what the simulator says.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }
