package extract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/spacesetl/spacesetl/schemas"
)

// expansionsParam is the one list parameter that is not a fields list.
const expansionsParam = "expansions"

// fields knows which fields and expansions to ask for: all that the tables
// need, less what the server refused.
type fields struct {
	dialect    schemas.Dialect
	private    bool
	expansions map[schemas.Endpoint][]string

	mu      sync.Mutex
	refused map[group]map[string]bool
	dropped []Dropped
	cache   map[lists]schemas.Params
	proven  map[lists]schemas.Params // that an answer had to them
	leading map[lists]bool           // a request is on its way to prove them
	changed chan struct{}            // closed when one of those comes back
}

// lists are the lists of an endpoint's requests, or of its lean ones.
type lists struct {
	endpoint schemas.Endpoint
	lean     bool
}

func listsOf(r schemas.Request) lists { return lists{r.Endpoint, r.Lean} }

// group is where a refused value is left out: a fields parameter everywhere,
// an expansion at the endpoints with the same kind of data.
type group struct {
	param string
	data  schemas.Object
}

func groupOf(param string, e schemas.Endpoint) group {
	if param == expansionsParam {
		return group{param, e.Spec().Data}
	}
	return group{param: param}
}

func newFields(cfg Config) *fields {
	f := &fields{
		dialect: cfg.Dialect, private: cfg.Private, expansions: cfg.Expansions,
		refused: map[group]map[string]bool{}, cache: map[lists]schemas.Params{},
		proven: map[lists]schemas.Params{}, leading: map[lists]bool{}, changed: make(chan struct{}),
	}
	for _, d := range cfg.Refused {
		f.drop(group{d.Param, d.Data}, []string{d.Value}, d.Reason)
	}
	return f
}

// lead returns the lists to send. They are shared: read only. As long as no answer
// has proven them one request goes ahead, and the others wait for what it learns;
// done must be called when it is back.
func (f *fields) lead(ctx context.Context, r schemas.Request) (p schemas.Params, done func(proven bool), err error) {
	for {
		p, done, changed := f.try(listsOf(r))
		if changed == nil {
			return p, done, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("%s: %w", r.Endpoint, ctx.Err())
		}
	}
}

// try is lead, or what to wait for.
func (f *fields) try(l lists) (p schemas.Params, done func(proven bool), changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p = f.current(l)
	known, ok := f.proven[l]
	switch {
	case ok && maps.EqualFunc(p, known, slices.Equal):
		return p, func(bool) {}, nil
	case f.leading[l]:
		return nil, nil, f.changed
	}
	f.leading[l] = true
	return p, func(proven bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.leading[l] = false; proven {
			f.proven[l] = p
		}
		close(f.changed)
		f.changed = make(chan struct{})
	}, nil
}

func (f *fields) current(l lists) schemas.Params {
	if p := f.cache[l]; p != nil {
		return p
	}
	e := l.endpoint
	p := schemas.Params{}
	if e == schemas.Usage {
		f.put(p, e, usageParam, usageFields())
	}
	expansions := f.wantedExpansions(e)
	if l.lean {
		expansions = schemas.WithoutUsers(expansions)
	}
	f.put(p, e, expansionsParam, expansions)
	for _, o := range e.Spec().Objects {
		// Without expansions no other object can be in the answer; topics
		// stand inside Spaces as well.
		if o == e.Spec().Data || o == schemas.Topic || len(p[expansionsParam]) > 0 {
			f.put(p, e, schemas.FieldsParam(o, f.dialect), schemas.Fields(o, f.dialect, f.private, false))
		}
	}
	f.cache[l] = p
	return p
}

// put adds a list without what was refused, and nothing when nothing is left.
func (f *fields) put(p schemas.Params, e schemas.Endpoint, param string, values []string) {
	refused := f.refused[groupOf(param, e)]
	kept := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return refused[v] })
	if len(kept) > 0 {
		p[param] = kept
	}
}

func (f *fields) wantedExpansions(e schemas.Endpoint) []string {
	if list := f.expansions[e]; list != nil {
		return list
	}
	switch e {
	case schemas.Users, schemas.Usernames, schemas.Me, schemas.Usage, schemas.Credits:
		return nil
	}
	return schemas.Expansions(e, f.dialect)
}

// negotiate leaves out what the server complained of. It returns whether
// asking again makes sense, since the lists differ from those sent, and what
// nobody had dropped before.
func (f *fields) negotiate(r schemas.Request, sent schemas.Params, all []complaint) (again bool, fresh []Dropped) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range all {
		now := f.current(listsOf(r))[c.param]
		if len(c.refused) == 0 && !slices.Equal(now, sent[c.param]) {
			continue // another request has shortened the list meanwhile
		}
		values := c.refused
		if len(values) == 0 {
			values = without(now, conservative(c.param))
		}
		fresh = append(fresh, f.drop(groupOf(c.param, r.Endpoint), values, c.text)...)
	}
	clear(f.cache)
	now := f.current(listsOf(r))
	for _, c := range all {
		again = again || !slices.Equal(now[c.param], sent[c.param])
	}
	return again, fresh
}

func (f *fields) drop(g group, values []string, reason string) (fresh []Dropped) {
	if f.refused[g] == nil {
		f.refused[g] = map[string]bool{}
	}
	for _, v := range values {
		if !f.refused[g][v] {
			f.refused[g][v] = true
			fresh = append(fresh, Dropped{Param: g.param, Value: v, Data: g.data, Reason: reason})
		}
	}
	f.dropped = append(f.dropped, fresh...)
	return fresh
}

func (f *fields) list() []Dropped {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.dropped)
}

// conservative is the part of a list that every version of the API has taken:
// for users the fields of the first documentation, else the default fields.
func conservative(param string) []string {
	switch schemas.FieldsObject(param) {
	case schemas.User:
		return []string{
			"created_at", "description", "entities", "id", "location", "most_recent_tweet_id", "name", "pinned_tweet_id",
			"profile_image_url", "protected", "public_metrics", "url", "username", "verified", "verified_type", "withheld",
		}
	case schemas.Space:
		return []string{"id", "state"}
	case schemas.Tweet:
		return []string{"id", "text"}
	case schemas.Media:
		return []string{"media_key", "type"}
	case schemas.Poll:
		return []string{"id", "options"}
	case schemas.Place:
		return []string{"full_name", "id"}
	case schemas.Topic:
		return []string{"id", "name"}
	}
	return nil
}

func without(list, kept []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(v string) bool { return slices.Contains(kept, v) })
}
