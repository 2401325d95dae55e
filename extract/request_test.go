package extract

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// wantParams are the query parameters of each endpoint besides the lists.
var wantParams = map[schemas.Endpoint]map[string]string{
	schemas.Me:        {},
	schemas.SpaceByID: {},
	schemas.Spaces:    {"ids": spaceA + ",1bbbbbbbbbbbB"},
	schemas.Creators:  {"user_ids": "11,12"},
	schemas.Search:    {"query": "go & c++, 100%", "state": "live", "max_results": "100"},
	schemas.Buyers:    {"max_results": "100", "pagination_token": "ayf96h94ritk"},
	schemas.Tweets:    {"max_results": "100", "pagination_token": "ayf96h94ritk"},
	schemas.Usernames: {"usernames": "alice,Bob_1"},
	schemas.Users:     {"ids": "11,12"},
	schemas.Posts:     {"ids": "11,12"},
}

func TestRequestsHaveTheDocumentedForm(t *testing.T) {
	for _, dialect := range []schemas.Dialect{schemas.TweetDialect, schemas.PostDialect} {
		for _, spec := range schemas.Specs() {
			t.Run(string(dialect)+"/"+string(spec.Endpoint), func(t *testing.T) {
				var got *http.Request
				cfg := tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
					got = r
					always(200, none)(w, r)
				}))
				cfg.Dialect = dialect
				request := oneOf(spec.Endpoint)
				if spec.Paged {
					request.Token = "ayf96h94ritk"
				}
				page, err := newClient(t, cfg).Fetch(context.Background(), request, nil)
				if err != nil {
					t.Fatal(err)
				}
				checkSent(t, spec, got, page)
			})
		}
	}
}

func checkSent(t *testing.T, spec schemas.Spec, got *http.Request, page schemas.Page) {
	t.Helper()
	if want := strings.Replace(spec.Path, "{id}", spaceA, 1); got.URL.Path != want || got.Method != http.MethodGet {
		t.Errorf("got %s %s, want GET %s", got.Method, got.URL.Path, want)
	}
	values := got.URL.Query()
	for name, want := range wantParams[spec.Endpoint] {
		if list := values[name]; !slices.Equal(list, []string{want}) {
			t.Errorf("%s: got %q, want once %q", name, list, want)
		}
	}
	for name, list := range page.Params {
		if got := values.Get(name); got != strings.Join(list, ",") || len(values[name]) != 1 {
			t.Errorf("%s: sent %q, recorded %q", name, got, list)
		}
	}
	if n := len(wantParams[spec.Endpoint]) + len(page.Params); len(values) != n {
		t.Errorf("got %d parameters, want %d: %v", len(values), n, values)
	}
	if !slices.Contains(strings.Split(values.Get(schemas.FieldsParam(spec.Data, schemas.TweetDialect))+values.Get("post.fields"), ","), "id") {
		t.Errorf("does not ask for the id: %v", values)
	}
	want := "Bearer " + appToken
	if spec.Endpoint == schemas.Buyers || spec.Endpoint == schemas.Me {
		want = "Bearer " + userToken
	}
	if got.Header.Get("Authorization") != want || got.Header.Get("User-Agent") != "spacesetl/dev (+https://github.com/spacesetl/spacesetl)" {
		t.Errorf("wrong token or user agent: %v", got.Header)
	}
}

func TestExpansionsCanBeReplaced(t *testing.T) {
	cfg := tokens("")
	cfg.Expansions = map[schemas.Endpoint][]string{schemas.Spaces: {"creator_id"}, schemas.Tweets: {}, schemas.Users: {"pinned_tweet_id"}}
	f := newFields(cfg.withDefaults())
	for e, want := range map[schemas.Endpoint]int{schemas.Spaces: 1, schemas.Tweets: 0, schemas.Users: 1, schemas.Usernames: 0, schemas.Search: 5} {
		if got := f.current(lists{endpoint: e})["expansions"]; len(got) != want {
			t.Errorf("%s: got %q, want %d", e, got, want)
		}
	}
	if got := sortedKeys(f.current(lists{endpoint: schemas.Tweets})); !slices.Equal(got, []string{"tweet.fields"}) {
		t.Errorf("without expansions: got %q, want tweet.fields only", got)
	}
}

func TestPrivateFieldsAreAskedForOnDemand(t *testing.T) {
	for _, private := range []bool{false, true} {
		cfg := tokens("")
		cfg.Private = private
		list := newFields(cfg.withDefaults()).current(lists{endpoint: schemas.Spaces})["space.fields"]
		if slices.Contains(list, "subscriber_count") != private {
			t.Errorf("private %t: got %q", private, list)
		}
	}
}

func TestPageIsTheAnswerAsReceived(t *testing.T) {
	body := "\n {\"data\":[{\"id\":\"1\"}],\"meta\":{\"next_token\":\"KFQ7D80IT44HGZZZ\"}} "
	now := time.Date(2026, 9, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	cfg := tokens(serve(t, always(200, body, "x-rate-limit-limit", "300", "x-rate-limit-remaining", "299", "x-rate-limit-reset", "1788264000", "Date", "Tue, 01 Sep 2026 11:00:00 UTC")))
	cfg.Now = func() time.Time { return now }
	request := oneOf(schemas.Tweets)
	page, err := newClient(t, cfg).Fetch(context.Background(), request, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(page.Body) != body || page.NextToken != "KFQ7D80IT44HGZZZ" || page.Status != 200 || page.ID != request.ID() || page.Attempts != 1 {
		t.Errorf("got %+v", page)
	}
	if want := "2026-09-01 11:00:00.123456 +0000 UTC"; page.FetchedAt.String() != want {
		t.Errorf("fetched at %s, want %s", page.FetchedAt, want)
	}
	if want := (schemas.Headers{Limit: "300", Remaining: "299", Reset: "1788264000", Date: "Tue, 01 Sep 2026 11:00:00 UTC"}); page.Headers != want {
		t.Errorf("got %+v, want %+v", page.Headers, want)
	}
}

func TestARequestCanAskForLess(t *testing.T) {
	sent := map[string]string{}
	var params schemas.Params
	retry := NewRetry(newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		for name, list := range r.URL.Query() {
			sent[name] = strings.Join(list, "&")
		}
		always(200, none)(w, r)
	}))))
	for _, e := range []schemas.Endpoint{schemas.Search, schemas.Tweets, schemas.Buyers, schemas.Spaces, schemas.Creators, schemas.SpaceByID} {
		request := oneOf(e)
		for _, most := range []int{0, 1, 100} {
			if request.Max = most; !sized(e) && most > 0 {
				continue
			}
			clear(sent)
			page, err := retry.Fetch(t.Context(), request, nil)
			if want := map[bool]string{true: strconv.Itoa(most), false: "100"}[most > 0]; err != nil || sized(e) != (sent["max_results"] == want) {
				t.Errorf("%s, %d: sent max_results=%s, %v, want %s", e, most, sent["max_results"], err, want)
			}
			params = page.Params
		}
		full := params["expansions"]
		request.Max, request.Lean = 0, true
		clear(sent)
		page, err := retry.Fetch(t.Context(), request, nil)
		want := schemas.WithoutUsers(full)
		if err != nil || !slices.Equal(page.Params["expansions"], want) || sent["expansions"] != strings.Join(want, ",") {
			t.Errorf("%s, lean: sent expansions=%s, %v, want %q", e, sent["expansions"], err, want)
		}
		if len(want) == 0 && e != schemas.Buyers && sent["user.fields"] != "" {
			t.Errorf("%s, lean: asks for user.fields=%s without users", e, sent["user.fields"])
		}
		if len(full) == len(want) && e != schemas.Buyers {
			t.Errorf("%s: lean is not less than %q", e, full)
		}
	}
}
