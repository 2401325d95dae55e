package simulator

import (
	"net/http"
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
		{"usage", "/2/usage/tweets", appOnly, 50, 50, "", nil, []string{"days", "usage.fields"}, (*call).usage},
		{"credits", "/2/usage/credits", appOrUser, 30, 30, "", nil, nil, (*call).credits},
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

// api answers a request to an API endpoint.
func (s *Simulator) api(w http.ResponseWriter, req *http.Request, e *endpoint, param string, seq uint64) {
	auth := s.oauth.identify(req)
	record := RequestRecord{Seq: seq, Time: s.config.Now(), Endpoint: e.name, URL: req.URL.RequestURI(), TokenKind: auth.kind}
	if fault := s.faults.take(e.name, seq); fault != FaultNone {
		record.Fault = fault
		s.serveFault(w, req, &record, e)
		return
	}
	c, fail := s.admit(w, req, e, param, auth)
	var body object
	if fail == nil {
		body, fail = answer(c)
	}
	if fail != nil {
		record.Status = fail.status
		s.log.add(record)
		s.write(w, req, fail.status, s.encode(fail.body, &quirk{}))
		return
	}
	out := s.encode(body, &c.q)
	record.Status = http.StatusOK
	if req.Context().Err() != nil { // the reader left: nothing was served
		return
	}
	s.log.add(record)
	// Before its bytes go out: who has read the answer must find it counted.
	s.ledger.charge(c.sightings, c.extras)
	s.seen.note(c)
	s.write(w, req, http.StatusOK, out)
}

// oauthEndpoint serves the token endpoints; false if the path is none.
func (s *Simulator) oauthEndpoint(w http.ResponseWriter, req *http.Request, seq uint64) bool {
	names := map[string]string{
		"/oauth2/token":            "app_token",
		"/oauth2/invalidate_token": "invalidate_token",
		"/2/oauth2/token":          "user_token",
		"/2/oauth2/revoke":         "revoke",
		"/2/oauth2/authorize":      "authorize",
		"/i/oauth2/authorize":      "authorize",
	}
	name, ok := names[req.URL.Path]
	if !ok {
		return false
	}
	record := RequestRecord{Seq: seq, Time: s.config.Now(), Endpoint: name, URL: req.URL.Path, TokenKind: TokenNone}
	if fault := s.faults.take(name, seq); fault != FaultNone {
		record.Fault = fault
		s.serveFault(w, req, &record, &endpoint{name: name, appLimit: 300})
		return true
	}
	if name == "authorize" {
		creator, _ := s.TicketedCreator()
		record.Status = s.oauth.authorize(w, req, creator)
		s.log.add(record)
		return true
	}
	out := s.oauth.tokenReply(name, w, req)
	record.Status = out.status
	s.log.add(record)
	s.write(w, req, out.status, s.encode(out.body, &quirk{}))
	return true
}

// admit checks all that can be checked without looking at the world.
func (s *Simulator) admit(w http.ResponseWriter, req *http.Request, e *endpoint, param string, auth identity) (*call, *failure) {
	if auth.kind == TokenNone {
		return nil, blank(http.StatusUnauthorized)
	}
	if fail := e.allows(auth, s.config.TweetsUserOnly); fail != nil {
		return nil, fail
	}
	verdict := s.limiter.admit(e, auth)
	verdict.header(w.Header())
	if !verdict.ok {
		return nil, blank(http.StatusTooManyRequests)
	}
	if fail := s.ledger.stop(e); fail != nil {
		return nil, fail
	}
	query, fail := checkQuery(req.URL.RawQuery, e, s.config.UnknownFields)
	if fail != nil {
		return nil, fail
	}
	sel, fail := s.config.choose(e, query)
	if fail != nil {
		return nil, fail
	}
	r := &renderer{view: view{sel: sel, viewer: auth.user, userAuth: auth.kind == TokenUser}, s: s, w: s.world}
	if s.config.Quirks {
		r.q = quirk{on: true, d: newDice(s.config.Seed, forQuirks, hashText(req.URL.RequestURI()))}
	}
	return &call{renderer: r, endpoint: e, path: param, query: query, auth: auth}, nil
}

// answer runs the endpoint.
func answer(c *call) (object, *failure) {
	data, meta, fail := c.endpoint.serve(c)
	if fail != nil {
		return nil, fail
	}
	return c.envelope(data, meta), nil
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
