package facts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

const problems = "https://api.twitter.com/2/problems/"

// answered are the facts of a request that was answered so.
func answered(t *testing.T, status int, body string, e schemas.Endpoint, ids ...string) *Facts {
	t.Helper()
	r := schemas.Request{Endpoint: e, IDs: ids}
	f, err := Examine(t.Context(), schemas.Page{ID: r.ID(), Request: r, Status: status, FetchedAt: time.Unix(1785578400, 0), Body: json.RawMessage(body)})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return f
}

// invalid is the refusal of a parameter's value.
func invalid(param, value, said string) string {
	return fmt.Sprintf(`{"title":"Invalid Request","type":"%sinvalid-request","detail":"One or more parameters to your request was invalid.",
		"errors":[{"parameters":{%q:[%q]},"message":"The %s query parameter value [%s] is not valid"}]}`, problems, param, value, param, said)
}

func TestRefusalNamesSomeOfItsIDs(t *testing.T) {
	ids := []string{"11", "12", "9999999999999999999"}
	for _, c := range []struct{ body, want string }{
		{invalid("user_ids", "9999999999999999999", "9999999999999999999"), "9999999999999999999"},
		{invalid("user_ids", "11,12,9999999999999999999", "12"), "12"},
		{invalid("user_ids", "12", "11,12,9999999999999999999"), "12"},
		{invalid("user_ids", "11,12,9999999999999999999", "11,12,9999999999999999999"), ""},
		{`{"detail":"no","errors":[{"value":"9999999999999999999"},{"resource_id":"11"}]}`, "11,9999999999999999999"},
		{`{"value":"12"}`, "12"},
		{`{"detail":"user 12: not here"}`, "12"},
		{`{"detail":"user 112 is not here, see /2/users/12"}`, ""},
		{`{"detail":"Bad Request"}`, ""},
		{`{"errors":["no user 12"]}`, "12"},
		{`{"error":"invalid_request","error_description":"no user 12"}`, "12"},
		{`"no user 12"`, "12"},
		{`[{"value":12}]`, "12"},
		{`null`, ""},
		{`"no"`, ""},
	} {
		r := answered(t, 400, c.body, schemas.Creators, ids...).Refused
		if r == nil || strings.Join(r.Named, ",") != c.want || r.Status != 400 || r.Kind != schemas.GapRefused {
			t.Errorf("%s: got %+v, want %q named", c.body, r, c.want)
		}
	}
	if r := answered(t, 400, `{"detail":"no: JACK"}`, schemas.Usernames, "Jack", "jill").Refused; !slices.Equal(r.Named, []string{"Jack"}) {
		t.Errorf("a name in capitals: got %+v", r)
	}
	if r := answered(t, 400, `{"detail":"no: 1a"}`, schemas.SpaceByID, "1a").Refused; r.Named != nil {
		t.Errorf("the only id is no part: got %+v", r)
	}
	for status, kind := range map[int]schemas.Gap{404: schemas.GapNotFound, 403: schemas.GapRefused, schemas.NotTaken: schemas.GapTooLarge} {
		if r := answered(t, status, `{}`, schemas.SpaceByID, "1a").Refused; r.Kind != kind {
			t.Errorf("status %d: got %+v, want kind %s", status, r, kind)
		}
	}
	if f := answered(t, 200, `{"data":[]}`, schemas.Spaces, "1a"); f.Refused != nil {
		t.Errorf("a page is taken for a refusal: %+v", f.Refused)
	}
}

func TestRefusalsForOneReasonHaveTheSameWords(t *testing.T) {
	of := func(status int, body string, ids ...string) string {
		return answered(t, status, body, schemas.Spaces, ids...).Refused.Words
	}
	one := of(400, invalid("ids", "1a", "1a"), "1a", "1b")
	if want := "400 The ids query parameter value is not valid; https api twitter com problems invalid request Invalid Request One or more parameters to your request was invalid"; one != want {
		t.Errorf("got %q, want %q", one, want)
	}
	two := strings.Replace(invalid("ids", "abc,xyz", "abc,xyz"), `"errors":[`, `"errors":[{"message":"The ids query parameter value [abc] is not valid"},`, 1)
	if got := of(400, two, "abc", "xyz"); got != one {
		t.Errorf("two ids: got %q, want %q", got, one)
	}
	for _, other := range []string{of(403, invalid("ids", "1a", "1a"), "1a", "1b"), of(400, `{"detail":"Bad Request"}`, "1a")} {
		if other == one {
			t.Errorf("%q is the same for two reasons", other)
		}
	}
	html := func(ray string) string {
		r := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1a"}}
		f, err := Examine(t.Context(), schemas.Page{ID: r.ID(), Request: r, Status: 403, Body: json.RawMessage("null"), Text: "<p>blocked by edge " + ray + "</p>" + strings.Repeat("x", 300) + ray})
		if err != nil {
			t.Fatal(err)
		}
		return f.Refused.Words
	}
	if a, b := html("8f3a2"), html("771bc"); a != b || !strings.HasPrefix(a, "403 p blocked by edge p x") {
		t.Errorf("got %q and %q, want the same words", a, b)
	}
	if got := answered(t, schemas.NotTaken, string(schemas.NewProblem(schemas.TooLarge, "over 16 MiB")), schemas.Tweets, "1a").Refused.Words; got != "0 spacesetl too large too large over MiB" {
		t.Errorf("too large: got %q", got)
	}
}

// Each id of a lookup came, is unknown, is withheld or is absent.
func TestWhatDidNotComeIsCounted(t *testing.T) {
	said := func(kind, more string) string { return `{"type":"` + problems + kind + `",` + more + `}` }
	for _, c := range []struct {
		endpoint                  schemas.Endpoint
		status                    int
		body                      string
		ids                       string
		unknown, withheld, absent string
	}{
		{schemas.Spaces, 200, `{"data":[{"id":"1a"}],"errors":[` + said("resource-not-found", `"resource_type":"space","value":"1b"`) + `,` +
			said("not-authorized-for-resource", `"resource_id":"1c"`) + `]}`, "1d,1c,1b,1a", "1b", "1c", "1d"},
		{schemas.Spaces, 200, `{"data":[{"id":"1a"}],"errors":[` + said("resource-not-found", `"resource_id":"1a"`) + `]}`, "1a", "", "", ""},
		{schemas.Spaces, 200, `{"meta":{"result_count":0}}`, "1a,1b,1a", "", "", "1a,1b"},
		{schemas.Spaces, 200, `{"data":"oops"}`, "1a,1b", "", "", ""},
		{schemas.SpaceByID, 404, said("resource-not-found", `"resource_id":"1a"`), "1a", "1a", "", ""},
		{schemas.SpaceByID, 404, `{"message":"no Route matched"}`, "1a", "", "", ""},
		{schemas.Usernames, 200, `{"data":[{"id":"7","username":"Jack"}],"errors":[` + said("resource-not-found", `"resource_type":"user","parameter":"usernames","value":"jill"`) + `]}`,
			"jack,Jill,joe", "Jill", "", "joe"},
		{schemas.Users, 200, `{"data":[{"id":"7","pinned_tweet_id":"9"}],"errors":[` + said("resource-not-found", `"resource_type":"tweet","parameter":"pinned_tweet_id","resource_id":"9"`) + `,` +
			said("resource-not-found", `"resource_type":"user","parameter":"ids","resource_id":"8"`) + `]}`, "7,8,9", "8", "", "9"},
		{schemas.Creators, 200, `{"data":[],"errors":[` + said("resource-not-found", `"parameter":"user_ids","value":"12"`) + `,` +
			said("resource-not-found", `"parameter":"host_ids","value":"11"`) + `]}`, "11,12", "12", "", ""},
		{schemas.Tweets, 200, `{"data":[]}`, "1a", "", "", ""},
	} {
		f := answered(t, c.status, c.body, c.endpoint, strings.Split(c.ids, ",")...)
		got := []string{strings.Join(f.NotFound, ","), strings.Join(f.Withheld, ","), strings.Join(f.Absent, ",")}
		if diff := cmp.Diff([]string{c.unknown, c.withheld, c.absent}, got); diff != "" {
			t.Errorf("%s of %s: %s: not found, withheld, absent (-want +got):\n%s", c.endpoint, c.ids, c.body, diff)
		}
		if c.endpoint.Asks() == schemas.Space && !slices.Equal(f.Missing, f.NotFound) {
			t.Errorf("%s: missing %q, not found %q", c.body, f.Missing, f.NotFound)
		}
	}
}

func TestAnswersThatAreNoPageAndIDsThatAreNone(t *testing.T) {
	for body, want := range map[string]bool{`{"data":"oops"}`: true, `{}`: true, `[]`: true, `{"data":[]}`: false, `{"data":["x"]}`: true, `{"data":["x",{"id":"1a"}]}`: false} {
		if f := answered(t, 200, body, schemas.Spaces, "1a"); f.Unreadable != want {
			t.Errorf("%s: unreadable is %v", body, f.Unreadable)
		}
	}
	f := answered(t, 200, `{"data":[{"id":"1234567890123456","creator_id":"x"},{"id":"1a"}],"includes":{"users":[{"id":"x"},{"id":"7"}]}}`, schemas.Search)
	if want := []string{"1234567890123456", "x"}; !slices.Equal(f.Unaskable, want) {
		t.Errorf("got %q, want %q", f.Unaskable, want)
	}
	if len(f.Spaces) != 2 || !slices.Equal(f.Users, []string{"x", "7"}) || !slices.Contains(f.Referred, "x") {
		t.Errorf("the lists keep them: got %+v", f)
	}
}

// What is in data is told from what is in includes though a member of it is bad.
func TestBadMemberMovesNoBoundary(t *testing.T) {
	f := answered(t, 200, `{"data":[1,{"id":"7"}],"includes":{"users":[{"id":"8"}]}}`, schemas.Usernames, "jack")
	if !slices.Equal(f.Resolved, []string{"7"}) || !slices.Equal(f.Included(schemas.User), []string{"8"}) {
		t.Errorf("resolved %q, included %q; want 7 and 8", f.Resolved, f.Included(schemas.User))
	}
}

// Two pages with the same data are the same, whatever their tokens.
func TestDigestOfData(t *testing.T) {
	digest := func(body string) [32]byte { return answered(t, 200, body, schemas.Tweets, "1a").DataDigest }
	a, b := digest(`{"data":[{"id":"1"}],"meta":{"next_token":"A"}}`), digest(`{"meta":{"next_token":"B"}, "data":[{"id":"1"}]}`)
	if other := digest(`{"data":[{"id":"2"}]}`); a != b || a == other || other == digest(`{"data":[]}`) {
		t.Errorf("digests %x, %x, %x", a, b, other)
	}
	if none := digest(`{"meta":{}}`); none == [32]byte{} || none != digest(`{"data":null,"errors":[{}]}`) {
		t.Errorf("without data: %x", none)
	}
}

// A refusal that is no JSON may name an id, too.
func TestTextNamesIDs(t *testing.T) {
	r := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1a", "1b"}}
	f, err := Examine(t.Context(), schemas.Page{ID: r.ID(), Request: r, Status: 400, Body: json.RawMessage("null"), Text: "bad id 1b"})
	if err != nil || !slices.Equal(f.Refused.Named, []string{"1b"}) {
		t.Errorf("got %+v, %v", f.Refused, err)
	}
}

// What a refusal is about is told by the types of its problems.
func TestRefusalsOfMembersAreKnownByTheirType(t *testing.T) {
	const types = `"type":"https://api.twitter.com/2/problems/`
	for body, want := range map[string]bool{
		`{"title":"Authorization Error",` + types + `not-authorized-for-resource","detail":"no"}`:           true,
		`{"errors":[{` + types + `disallowed-resource","detail":"no"},{` + types + `resource-not-found"}]}`: true,
		`{"errors":[{` + types + `disallowed-resource","detail":"no"},{` + types + `client-forbidden"}]}`:   false,
		`{"title":"Forbidden","type":"about:blank","status":403,"detail":"Forbidden"}`:                      false,
		`{"title":"Forbidden","detail":"not-authorized-for-resource"}`:                                      false,
		`{"errors":[{"message":"no"}],` + types + `invalid-request"}`:                                       false,
		`null`: false,
	} {
		if r := answered(t, 403, body, schemas.Creators, "1", "2").Refused; r == nil || r.OfMembers != want {
			t.Errorf("%s: %+v, want of members %v", body, r, want)
		}
	}
}
