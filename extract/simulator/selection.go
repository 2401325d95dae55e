package simulator

import (
	"fmt"
	"slices"
	"strings"
)

// set is a set of names of the tweet dialect.
type set map[string]bool

func setOf(names ...string) set {
	s := make(set, len(names))
	for _, n := range names {
		s[n] = true
	}
	return s
}

// selection is what a request asked to be shown.
type selection struct {
	post       bool // answer in the post dialect
	space      set
	topic      set
	user       set
	tweet      set
	media      set
	poll       set
	place      set
	expansions set
}

// defaults are shown whether or not they were asked for.
func defaults(post bool) selection {
	return selection{
		post:       post,
		space:      setOf("id", "state"),
		topic:      setOf("id", "name"),
		user:       setOf("id", "name", "username"),
		tweet:      setOf("id", "text", "edit_history_tweet_ids"),
		media:      setOf("media_key", "type"),
		poll:       setOf("id", "options"),
		place:      setOf("id", "full_name"),
		expansions: set{},
	}
}

func (s *selection) fields(param string) set {
	switch param {
	case "space.fields":
		return s.space
	case "topic.fields":
		return s.topic
	case "user.fields":
		return s.user
	case "tweet.fields":
		return s.tweet
	case "media.fields":
		return s.media
	case "poll.fields":
		return s.poll
	case "place.fields":
		return s.place
	}
	return s.expansions
}

// dialectOf finds the dialect of a request by the names in it.
func (c Config) dialectOf(q query) string {
	if c.Dialect == dialectTweet || c.Dialect == dialectPost {
		return c.Dialect
	}
	switch {
	case q.Has("tweet.fields"):
		return dialectTweet
	case q.Has("post.fields"):
		return dialectPost
	}
	tweetOnly := setOf(join(userTweetOnly, tweetTweetOnly, tweetTweetExpansions, "affiliation.user_id", spaceReferences)...)
	postOnly := setOf(join(userPostOnly, userPostExpansions, tweetPostExpansions)...)
	dialect := dialectTweet
	for param, values := range q.Values {
		for _, v := range strings.Split(values[0], ",") {
			switch {
			case param == "space.fields" && tweetOnly[v], param == "user.fields" && tweetOnly[v]:
				return dialectTweet
			case param == "expansions" && tweetOnly[v] && !slices.Contains(join(spaceReferences, tweetExpansions), v):
				return dialectTweet
			case param == "user.fields" && postOnly[v], param == "expansions" && postOnly[v]:
				dialect = dialectPost
			}
		}
	}
	return dialect
}

// choose reads the field and expansion parameters that the endpoint has.
func (c Config) choose(e *endpoint, q query, twists []*rule) (selection, *failure) {
	dialect := c.dialectOf(q)
	sel := defaults(dialect == dialectPost)
	for _, param := range e.selects {
		name := param
		if sel.post && param == "tweet.fields" {
			name = postNames[param]
		}
		if !q.Has(name) {
			continue
		}
		known := c.known(e, param, dialect)
		if fail := refuseValues(twists, name, q.Get(name), known, c.UnknownFields); fail != nil {
			return sel, fail
		}
		values, fail := knownValues(name, q.Get(name), known, c.UnknownFields)
		if fail != nil {
			return sel, fail
		}
		into := sel.fields(param)
		for _, v := range values {
			into[sel.inner(param, v)] = true
		}
	}
	return sel, nil
}

// inner is the name of a value in the tweet dialect.
func (s *selection) inner(param, value string) string {
	if inner, ok := fromPost[value]; ok && s.post {
		if param == "expansions" || value == "note_post" {
			return inner
		}
	}
	return value
}

// knownValues drops or rejects, as Config.UnknownFields says, values that are
// not known.
func knownValues(param, list string, known []string, unknown string) ([]string, *failure) {
	if list == "" {
		return nil, invalid(param, list, fmt.Sprintf("The `%s` query parameter can not be empty", param))
	}
	asked := strings.Split(list, ",")
	var values []string
	var wrong []object
	for i, v := range asked {
		if slices.Contains(known, v) {
			values = append(values, v)
			continue
		}
		if unknown == UnknownRejectIndexed {
			message := fmt.Sprintf("invalid value '%s' at index %d: value must be one of: [%s]", v, i, strings.Join(known, " "))
			return nil, invalid(param, list, message)
		}
		message := fmt.Sprintf("The `%s` query parameter value [%s] is not one of [%s]", param, v, strings.Join(known, ","))
		wrong = append(wrong, invalidItem(param, v, message))
	}
	if unknown == UnknownReject && len(wrong) > 0 {
		return nil, &failure{status: 400, body: invalidBody(wrong)}
	}
	return values, nil
}
