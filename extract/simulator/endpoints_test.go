package simulator

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestInvalidRequests(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	many := strings.Repeat("1,", 100) + "1"
	id := s.SpaceIDs(1)[0]
	for _, target := range []string{
		"/2/spaces",
		"/2/spaces?ids=",
		"/2/spaces?ids=x%20y",
		"/2/spaces?ids=" + many,
		"/2/spaces?ids=a&ids=b",
		"/2/spaces?ids=a&space.fields=",
		"/2/spaces/by/creator_ids?user_ids=abc",
		"/2/spaces/by/creator_ids?user_ids=12345678901234567890",
		"/2/spaces/search",
		"/2/spaces/search?query=" + strings.Repeat("x", 2049),
		"/2/spaces/search?query=x&state=ended",
		"/2/spaces/search?query=x&max_results=0",
		"/2/spaces/search?query=x&max_results=101",
		"/2/spaces/search?query=x&max_results=ten",
		"/2/spaces/" + id + "/tweets?max_results=0",
		"/2/spaces/" + id + "/tweets?pagination_token=nope",
		"/2/spaces/12345678901234",
		"/2/users/by?usernames=a-b",
		"/2/tweets?ids=1,x",
		"/2/usage/tweets?days=91",
	} {
		r := s.raw("app", target)
		if r.status != 400 || r.json["title"] != "Invalid Request" || len(r.problems()) == 0 || r.problems()[0]["message"] == "" {
			t.Errorf("%s: got %d %s", target, r.status, r.body)
		}
	}
	r := s.get("/2/spaces", "ids", "x y")
	equal(t, "message", r.problems()[0]["message"], any("The `ids` query parameter value [x y] is not valid"))
}

func TestTokensOpenEndpoints(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, TweetsUserOnly: true, AppTokens: []string{"app"}})
	creator, spaces := s.TicketedCreator()
	mine := s.IssueUserToken(creator).AccessToken
	other := s.IssueUserToken(s.CreatorIDs(9)[8]).AccessToken
	var free string
	for _, index := range s.world.spacesOf(s.world.creator(0)) {
		if !s.world.ticketed(index) {
			free = s.world.spaceID(index)
		}
	}
	for _, c := range []struct {
		token, path string
		status      int
		problem     string
	}{
		{"", "/2/spaces/" + spaces[0], 401, "about:blank"},
		{"wrong", "/2/spaces/" + spaces[0], 401, "about:blank"},
		{"app", "/2/spaces/" + spaces[0], 200, ""},
		{"app", "/2/users/me", 403, "unsupported-authentication"},
		{"app", "/2/spaces/" + spaces[0] + "/buyers", 403, "unsupported-authentication"},
		{"app", "/2/spaces/" + spaces[0] + "/tweets", 403, "unsupported-authentication"},
		{mine, "/2/spaces/" + spaces[0] + "/tweets", 200, ""},
		{mine, "/2/spaces/" + spaces[0] + "/buyers", 200, ""},
		{mine, "/2/spaces/" + free + "/buyers", 403, "not-authorized-for-resource"},
		{other, "/2/spaces/" + spaces[0] + "/buyers", 403, "not-authorized-for-resource"},
		{mine, "/2/usage/tweets", 403, "unsupported-authentication"},
		{"app", "/2/usage/tweets", 200, ""},
		{"app", "/2/usage/credits", 200, ""},
		{"app", "/2/nothing", 404, "about:blank"},
	} {
		r := s.getAs(c.token, c.path)
		kind, _ := r.json["type"].(string)
		if r.status != c.status || !strings.HasSuffix(kind, c.problem) {
			t.Errorf("%q %s: got %d %s, want %d %s", c.token, c.path, r.status, kind, c.status, c.problem)
		}
	}
}

func TestSearch(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	word := s.SearchWord()
	r := s.get("/2/spaces/search", "query", strings.ToUpper(word), "space.fields", "title")
	rank := map[any]int{stateLive: 0, stateScheduled: 1}
	last := 0
	for _, sp := range r.data() {
		contains(t, "title", strings.ToLower(sp["title"].(string)), word)
		at, ok := rank[sp["state"]]
		if !ok || at < last {
			t.Errorf("state %v is out of order", sp["state"])
		}
		last = at
	}
	equal(t, "result_count", r.meta("result_count"), any(float64(len(r.data()))))
	live := s.get("/2/spaces/search", "query", word, "state", "live")
	scheduled := s.get("/2/spaces/search", "query", word, "state", "scheduled")
	equal(t, "split by state", len(live.data())+len(scheduled.data()), len(r.data()))
	equal(t, "max_results", len(s.get("/2/spaces/search", "query", word, "max_results", "3").data()), 3)
	equal(t, "part of a word", len(s.get("/2/spaces/search", "query", word[:3]).data()), 0)
	none := s.get("/2/spaces/search", "query", "nosuchword")
	equal(t, "no hits", string(none.body), `{"meta":{"result_count":0}}`)
	big := serve(t, Config{NoRateLimits: true, Spaces: 50_000})
	equal(t, "at most", len(big.get("/2/spaces/search", "query", "bitcoin").data()), 100)
}

func TestByCreatorsShowsLiveAndScheduled(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	ids := s.CreatorIDs(100)
	r := s.get("/2/spaces/by/creator_ids", "user_ids", strings.Join(append(ids[:99:99], "1"), ","), "space.fields", "creator_id")
	perCreator := map[string]int{}
	for _, sp := range r.data() {
		if sp["state"] == stateEnded {
			t.Errorf("ended space %v", sp["id"])
		}
		perCreator[sp["creator_id"].(string)]++
	}
	equal(t, "problems", len(r.problems()), 0)
	if len(perCreator) >= 99 || len(r.data()) <= len(perCreator) {
		t.Errorf("got %d spaces of %d creators", len(r.data()), len(perCreator))
	}
}

func TestUsersByNameIgnoresCase(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	name := s.Usernames(1)[0]
	gone := s.SuspendedUserIDs(1)[0]
	index, _ := s.world.userIndex(gone)
	r := s.get("/2/users/by", "usernames", join2(strings.ToUpper(name), "nobody_at_all", s.world.username(index)))
	equal(t, "found", r.data()[0]["id"], any(s.CreatorIDs(1)[0]))
	equal(t, "problems", len(r.problems()), 2)
	equal(t, "parameter", r.problems()[0]["parameter"], any("usernames"))
	contains(t, "suspended", r.problems()[1]["detail"].(string), "suspended")
	r = s.get("/2/users/by/username/" + strings.ToLower(name))
	equal(t, "single", r.data()[0]["id"], any(s.CreatorIDs(1)[0]))
	r = s.get("/2/users", "ids", join2(gone, s.MissingUserIDs(1)[0]))
	equal(t, "no data", len(r.data()), 0)
	equal(t, "problems by id", len(r.problems()), 2)
}

func TestUserExpansionsNameWhatIsGone(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	r := s.get("/2/users", "ids", strings.Join(s.CreatorIDs(100), ","), "expansions", userTweetExpansions, "tweet.fields", "lang")
	equal(t, "tweet keys", allKeys(r.includes("tweets")), "edit_history_tweet_ids,id,lang,text")
	equal(t, "user keys", allKeys(r.data()), "affiliation,id,most_recent_tweet_id,name,pinned_tweet_id,username")
	if len(r.problems()) == 0 {
		t.Error("no deleted tweet among a hundred users")
	}
	for _, p := range r.problems() {
		if kind := p["type"].(string); strings.HasSuffix(kind, "resource-not-found") && p["resource_type"] == "tweet" {
			equal(t, "detail", p["detail"], any(fmt.Sprintf("Could not find tweet with %v: [%v].", p["parameter"], p["resource_id"])))
		}
	}
}

func TestGzipAndDate(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, DateZone: ZoneUTC})
	req, _ := http.NewRequest(http.MethodGet, s.http.URL+"/2/spaces?ids="+strings.Join(s.SpaceIDs(100), ","), nil)
	req.Header.Set("Authorization", "Bearer app")
	req.Header.Set("Accept-Encoding", "gzip")
	r := s.do(req)
	equal(t, "encoding", r.header.Get("Content-Encoding"), "gzip")
	equal(t, "magic", r.body[0], 0x1f)
	if date := r.header.Get("Date"); !strings.HasSuffix(date, " UTC") {
		t.Errorf("date: got %q", date)
	}
	req.Header.Set("Accept-Encoding", "identity")
	equal(t, "plain", s.do(req).header.Get("Content-Encoding"), "")
}
