package simulator

import (
	"strings"
)

// How an endpoint may be authenticated.
const (
	appOrUser = iota
	userOnly
	appOnly
)

// endpoint is a GET endpoint of the API.
type endpoint struct {
	name      string // as in Config.Limits, Faults.Script and the request log
	path      string // "*" stands for one path parameter
	auth      int
	appLimit  int // requests per window
	userLimit int
	shows     string   // kind of the objects in data
	selects   []string // parameters that choose fields, and expansions
	params    []string // the other query parameters
	serve     func(*call) (any, object, *failure)
}

// call is one admitted request on its way to an answer.
type call struct {
	*renderer
	endpoint *endpoint
	path     string // the path parameter
	query    query
	auth     identity
}

var (
	spaceSelects = []string{"space.fields", "expansions", "user.fields", "topic.fields"}
	userSelects  = []string{"user.fields", "expansions", "tweet.fields"}
	tweetSelects = []string{"tweet.fields", "expansions", "media.fields", "poll.fields", "user.fields", "place.fields"}
	pageParams   = []string{"max_results", "pagination_token"}
)

// endpointTable lists the endpoints; literal paths stand before patterns.
func endpointTable() []*endpoint {
	return []*endpoint{
		{"creators", "/2/spaces/by/creator_ids", appOrUser, 300, 300, kindSpace, spaceSelects, []string{"user_ids"}, (*call).spacesByCreators},
		{"search", "/2/spaces/search", appOrUser, 300, 300, kindSpace, spaceSelects, []string{"query", "state", "max_results"}, (*call).search},
		{"spaces", "/2/spaces", appOrUser, 300, 300, kindSpace, spaceSelects, []string{"ids"}, (*call).spaces},
		{"space", "/2/spaces/*", appOrUser, 300, 300, kindSpace, spaceSelects, nil, (*call).oneSpace},
		{"buyers", "/2/spaces/*/buyers", userOnly, 300, 300, kindUser, userSelects, pageParams, (*call).buyers},
		{"tweets", "/2/spaces/*/tweets", appOrUser, 300, 300, kindTweet, tweetSelects, pageParams, (*call).spaceTweets},
		{"usernames", "/2/users/by", appOrUser, 300, 900, kindUser, userSelects, []string{"usernames"}, (*call).usersByName},
		{"username", "/2/users/by/username/*", appOrUser, 300, 900, kindUser, userSelects, nil, (*call).userByName},
		{"me", "/2/users/me", userOnly, 75, 75, kindUser, userSelects, nil, (*call).me},
		{"users", "/2/users", appOrUser, 300, 900, kindUser, userSelects, []string{"ids"}, (*call).usersByID},
		{"lookup_tweets", "/2/tweets", appOrUser, 3500, 5000, kindTweet, tweetSelects, []string{"ids"}, (*call).tweetsByID},
		{"usage", "/2/usage/tweets", appOnly, 50, 50, "", nil, []string{"days", "usage.fields"}, usage},
		{"credits", "/2/usage/credits", appOrUser, 30, 30, "", nil, nil, credits},
	}
}

// route finds the endpoint of a path and its path parameter.
func route(endpoints []*endpoint, path string) (e *endpoint, param string) {
	parts := strings.Split(path, "/")
	for _, e := range endpoints {
		if param, ok := match(strings.Split(e.path, "/"), parts); ok {
			return e, param
		}
	}
	return nil, ""
}

func match(pattern, parts []string) (param string, ok bool) {
	if len(pattern) != len(parts) {
		return "", false
	}
	for i, p := range pattern {
		switch {
		case p == "*" && parts[i] != "":
			param = parts[i]
		case p != parts[i]:
			return "", false
		}
	}
	return param, true
}

// allows checks the kind of token.
func (e *endpoint) allows(auth identity, tweetsUserOnly bool) *failure {
	needsUser := e.auth == userOnly || e.name == "tweets" && tweetsUserOnly
	switch {
	case needsUser && auth.kind == TokenApp:
		return unsupportedAuthentication("OAuth 2.0 Application-Only", "OAuth 2.0 User Context")
	case e.auth == appOnly && auth.kind == TokenUser:
		return unsupportedAuthentication("OAuth 2.0 User Context", "OAuth 2.0 Application-Only")
	}
	return nil
}
