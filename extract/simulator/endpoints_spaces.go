package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// find looks a Space up. When it is not to be shown, policy says how that is
// told.
func (c *call) find(id string) (sp Space, policy string) {
	index, ok := c.w.spaceIndex(id)
	if !ok {
		return Space{}, c.s.config.Missing
	}
	sp = c.s.spaceNow(index)
	if sp.State == stateUnmade {
		return Space{}, c.s.config.Missing
	}
	if sp.State == stateEnded && c.s.config.Ended != GoneReturn {
		return Space{}, c.s.config.Ended
	}
	return sp, ""
}

// oneFound is find for the endpoints of a single Space. It returns ok or the
// failure, or neither: then the answer is 200 with the partial errors.
func (c *call) oneFound() (sp Space, ok bool, fail *failure) {
	if !validSpaceID(c.path) {
		return Space{}, false, notValid("id", c.path)
	}
	sp, policy := c.find(c.path)
	switch policy {
	case "":
		return sp, true, nil
	case GoneNotFound:
		body := notFound(kindSpace, "id", c.path)
		body.add("status", http.StatusNotFound)
		return Space{}, false, &failure{http.StatusNotFound, body}
	case GoneError:
		c.fail(c.path, notFound(kindSpace, "id", c.path))
	}
	return Space{}, false, nil
}

func (c *call) oneSpace() (any, object, *failure) {
	sp, ok, fail := c.oneFound()
	if fail != nil || !ok {
		return nil, nil, fail
	}
	return c.space(sp), nil, nil
}

// spaces answers in the order of the ids.
func (c *call) spaces() (any, object, *failure) {
	ids, fail := c.members("ids", validSpaceID)
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for _, id := range ids {
		sp, policy := c.find(id)
		switch policy {
		case "":
			list = append(list, c.space(sp))
		case GoneError, GoneNotFound:
			c.fail(id, notFound(kindSpace, "ids", id))
		}
	}
	return rows(list), nil, nil
}

// spacesByCreators shows live and scheduled Spaces; creators without any are
// not mentioned.
func (c *call) spacesByCreators() (any, object, *failure) {
	ids, fail := c.members("user_ids", validNumber)
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for _, id := range ids {
		creator, ok := c.w.userIndex(id)
		if !ok {
			continue
		}
		for _, index := range c.w.spacesOf(creator) {
			if showing(c.s.stateNow(index)) {
				list = append(list, c.space(c.s.spaceNow(index)))
			}
		}
	}
	list = c.withExtra(list, int(c.w.spaces))
	return rows(list), obj("result_count", len(list)), nil
}

const maxQuery = 2048 // characters

// search has no pages: more than max_results hits cannot be had.
func (c *call) search() (any, object, *failure) {
	query := c.query.Get("query")
	if n := utf8.RuneCountInString(query); n == 0 || n > maxQuery {
		return nil, nil, invalid("query", query, fmt.Sprintf("The `query` query parameter has %d characters, which is not between 1 and %d", n, maxQuery))
	}
	state := "all"
	if c.query.Has("state") {
		state = c.query.Get("state")
	}
	states := []string{stateLive, stateScheduled, "all"}
	if !slices.Contains(states, state) {
		return nil, nil, invalid("state", state, fmt.Sprintf("The `state` query parameter value [%s] is not one of [live,scheduled,all]", state))
	}
	limit, fail := c.query.number("max_results", 1, 100, 100)
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for _, index := range c.s.hits(query, state, limit, c.s.elapsed()) {
		list = append(list, c.space(c.s.spaceNow(index)))
	}
	list = c.withExtra(list, limit)
	return rows(list), obj("result_count", len(list)), nil
}

// buyers is for the creator of a ticketed Space.
func (c *call) buyers() (any, object, *failure) {
	sp, ok, fail := c.oneFound()
	if fail != nil || !ok {
		return nil, nil, fail
	}
	if sp.CreatorID != c.viewer || !sp.IsTicketed {
		body := notAuthorized(kindSpace, "id", sp.ID)
		body.add("status", http.StatusForbidden)
		return nil, nil, &failure{http.StatusForbidden, body}
	}
	index, _ := c.w.spaceIndex(sp.ID)
	users := c.w.buyers(index)
	page, fail := c.page(index, len(users))
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for _, user := range users[page.from:page.to] {
		list = append(list, c.mainUser(c.s.userNow(user)))
	}
	return rows(list), page.meta, nil
}

func (c *call) spaceTweets() (any, object, *failure) {
	sp, ok, fail := c.oneFound()
	if fail != nil || !ok {
		return nil, nil, fail
	}
	index, _ := c.w.spaceIndex(sp.ID)
	page, fail := c.page(index, int(c.w.tweetCount(index)))
	if fail != nil {
		return nil, nil, fail
	}
	var list []object
	for i := page.from; i < page.to; i++ {
		list = append(list, c.mainTweet(c.s.tweetNow(spot{owner: index, ordinal: uint64(i)})))
	}
	return rows(list), page.meta, nil
}

// page reads the paging parameters for a list of a Space.
func (c *call) page(space uint64, total int) (pageSpan, *failure) {
	size, fail := c.query.number("max_results", 1, 100, 100)
	if fail != nil {
		return pageSpan{}, fail
	}
	t := tokens{w: c.w, salt: c.w.hash(forPages, hashText(c.endpoint.name)^space), forms: c.s.config.Paging == PagingQuirks}
	if c.s.config.TokenTTL > 0 {
		t.now = c.s.config.Now().UnixMilli()
	}
	if c.s.config.Paging == PagingRepeat {
		t.again = c.query.Get("pagination_token")
	}
	at := cursor{}
	if token := c.query.Get("pagination_token"); c.query.Has("pagination_token") {
		var ok bool
		at, ok = t.read(token)
		expired := t.now-at.issued > int64(c.s.config.TokenTTL/time.Millisecond) && t.now > 0
		if !ok || expired || at.offset > total {
			return pageSpan{}, notValid("pagination_token", token)
		}
	}
	if span, ok := c.stuck(t, at, size, total); ok {
		return span, nil
	}
	return t.span(at, size, total), nil
}
