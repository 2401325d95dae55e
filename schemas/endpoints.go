package schemas

import (
	"slices"
	"strings"
)

// Endpoint names one operation of the API. The value is used in file names,
// in manifests and in api_requests.endpoint.
type Endpoint string

// The endpoints spacesetl asks.
const (
	SpaceByID Endpoint = "space"     // GET /2/spaces/{id}
	Spaces    Endpoint = "spaces"    // GET /2/spaces?ids=
	Creators  Endpoint = "creators"  // GET /2/spaces/by/creator_ids?user_ids=
	Search    Endpoint = "search"    // GET /2/spaces/search?query=
	Buyers    Endpoint = "buyers"    // GET /2/spaces/{id}/buyers
	Tweets    Endpoint = "tweets"    // GET /2/spaces/{id}/tweets
	Usernames Endpoint = "usernames" // GET /2/users/by?usernames=
	Users     Endpoint = "users"     // GET /2/users?ids=
	Posts     Endpoint = "posts"     // GET /2/tweets?ids=
	Me        Endpoint = "me"        // GET /2/users/me, the owner of the user token
)

// The endpoints that tell of the account and not of Spaces. No page of theirs
// is landed, and Specs leaves them out.
const (
	Usage   Endpoint = "usage"   // GET /2/usage/tweets, how many posts the project has read
	Credits Endpoint = "credits" // GET /2/usage/credits, what is left to spend
)

// Limits of one request, the same at every endpoint.
const (
	MaxIDs     = 100 // ids or usernames
	MaxResults = 100 // objects in data
)

// Spec is what the API contract says of an endpoint.
type Spec struct {
	Endpoint Endpoint
	Path     string // {id} stands for Request.IDs[0]
	// IDParam is the query parameter that takes Request.IDs as a comma list;
	// empty when the id stands in Path or there is none.
	IDParam string
	Data    Object // kind of the objects in the answer's data
	Paged   bool   // takes max_results and pagination_token
	Limit   int    // documented requests per 15 minutes and token
	// Objects are the kinds whose fields parameter the endpoint takes.
	Objects  []Object
	FollowUp *FollowUp // nil of those that are not asked of each Space found
}

// FollowUp is how an endpoint is asked of each Space that a job finds, where the job
// is with it. Its path takes the id of one Space.
type FollowUp struct {
	One      string // of what is in data, whose plural is the endpoint's name
	Doc      string // what it gets of a Space, in the words of the key with
	Ticketed bool   // asked of Spaces with tickets only
	Owned    bool   // shown to the Space's creator only
}

// Specs lists every endpoint, in the order a job uses them.
var specs = []Spec{
	{Endpoint: Me, Path: "/2/users/me", Data: User, Limit: 75, Objects: []Object{User}},
	{Endpoint: Usernames, Path: "/2/users/by", IDParam: "usernames", Data: User, Limit: 300, Objects: []Object{User, Tweet}},
	{Endpoint: Creators, Path: "/2/spaces/by/creator_ids", IDParam: "user_ids", Data: Space, Limit: 300, Objects: []Object{Space, User, Topic}},
	{Endpoint: Search, Path: "/2/spaces/search", Data: Space, Limit: 300, Objects: []Object{Space, User, Topic}},
	{Endpoint: Spaces, Path: "/2/spaces", IDParam: "ids", Data: Space, Limit: 300, Objects: []Object{Space, User, Topic}},
	{Endpoint: SpaceByID, Path: "/2/spaces/{id}", Data: Space, Limit: 300, Objects: []Object{Space, User, Topic}},
	{Endpoint: Tweets, Path: "/2/spaces/{id}/tweets", Data: Tweet, Paged: true, Limit: 300, Objects: []Object{Tweet, Media, Poll, User, Place},
		FollowUp: &FollowUp{One: "tweet", Doc: "the tweets shared in it"}},
	{Endpoint: Buyers, Path: "/2/spaces/{id}/buyers", Data: User, Paged: true, Limit: 300, Objects: []Object{User, Tweet},
		FollowUp: &FollowUp{One: "buyer", Doc: "its ticket buyers, with the creator's token", Ticketed: true, Owned: true}},
	{Endpoint: Posts, Path: "/2/tweets", IDParam: "ids", Data: Tweet, Limit: 3500, Objects: []Object{Tweet, Media, Poll, User, Place}},
	{Endpoint: Users, Path: "/2/users", IDParam: "ids", Data: User, Limit: 300, Objects: []Object{User, Tweet}},
}

var accountSpecs = []Spec{
	{Endpoint: Usage, Path: "/2/usage/tweets", Limit: 50},
	{Endpoint: Credits, Path: "/2/usage/credits", Limit: 30},
}

// Specs returns what the contract says of every endpoint that has pages.
func Specs() []Spec { return specs }

// FollowUps are the endpoints that are asked of each Space found, in that order.
func FollowUps() []Spec { return followUps }

var followUps = slices.DeleteFunc(slices.Clone(specs), func(s Spec) bool { return s.FollowUp == nil })

// FollowUpNames are their names as a text.
func FollowUpNames(between string) string {
	var names []string
	for _, s := range FollowUps() {
		names = append(names, string(s.Endpoint))
	}
	return strings.Join(names, between)
}

// Companions are their names in the order of the alphabet.
func Companions() []string { return slices.Sorted(strings.SplitSeq(FollowUpNames(" "), " ")) }

// Owned reports whether an endpoint is asked of Spaces and shown to their creators only.
func (e Endpoint) Owned() bool {
	return slices.ContainsFunc(followUps, func(s Spec) bool { return s.Endpoint == e && s.FollowUp.Owned })
}

// Spec returns what the contract says of e. An unknown endpoint is a bug.
func (e Endpoint) Spec() Spec {
	for _, s := range slices.Concat(specs, accountSpecs) {
		if s.Endpoint == e {
			return s
		}
	}
	panic("schemas: unknown endpoint " + string(e))
}

// Dialect is the naming of the request side. Both dialects decode to the same
// rows; the paths do not change.
type Dialect string

// The dialects of the published specification.
const (
	TweetDialect Dialect = "tweet" // up to 2.166: tweet.fields, includes.tweets
	PostDialect  Dialect = "post"  // from 2.167: post.fields, includes.posts
)

// Params are the field lists and expansions of one request as sent, by
// parameter name ("space.fields", "expansions", …): names, not values.
type Params map[string][]string
