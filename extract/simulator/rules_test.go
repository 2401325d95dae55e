package simulator

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// ruled is a server with rules and a clock.
func ruled(t *testing.T, rules ...Rule) (server, *clock) {
	t.Helper()
	c := newClock()
	return serve(t, Config{Now: c.now, Epoch: c.now(), CreatorSpacing: -1, Faults: Faults{Rules: rules}}), c
}

// A rule holds for its span of time, and again after every so long.
func TestRulesHoldForASpanOfTime(t *testing.T) {
	day := 24 * time.Hour
	s, c := ruled(t,
		Rule{Fault: FaultUnavailable, From: 2 * time.Hour, To: 3 * time.Hour, Every: day},
		Rule{Fault: FaultCredits, From: 50 * time.Hour, Endpoints: []string{"search"}})
	for hour := range 72 {
		want := 200
		if hour%24 == 2 {
			want = 503
		}
		equal(t, fmt.Sprint("space in hour ", hour), s.get("/2/spaces/"+s.SpaceIDs(1)[0]).status, want)
		if hour >= 50 && want == 200 {
			want = 402
		}
		equal(t, fmt.Sprint("search in hour ", hour), s.get("/2/spaces/search", "query", "x").status, want)
		c.advance(time.Hour)
	}
}

// A rate is decided by the request and how often it came, not by what else
// was asked in between.
func TestRatesDependOnTheRequestAlone(t *testing.T) {
	ask := func(between bool) (out string, failed int) {
		s, _ := ruled(t, Rule{Fault: FaultNoRoute, Rate: 0.3})
		for i := range 40 {
			for _, id := range s.SpaceIDs(5) {
				if r := s.get("/2/spaces/" + id); r.status == 404 {
					out += fmt.Sprint(i, id, " ")
					failed++
				}
				if between {
					s.get("/2/spaces", "ids", id)
				}
			}
		}
		return out, failed
	}
	first, n := ask(false)
	second, _ := ask(true)
	equal(t, "failures with others between", second, first)
	if n < 40 || n > 80 {
		t.Errorf("failures of 200 requests: got %d, want about 60", n)
	}
}

// Refused members are refused alone, too, for good; others are answered.
func TestRefusedMembers(t *testing.T) {
	const named = "{\"errors\":[{\"parameters\":{\"ids\":[\"BAD\"]},\"message\":\"The `ids` query parameter value [BAD] is not valid\"}]"
	for fault, want := range map[Fault]struct {
		status int
		text   string
	}{
		FaultNamed:         {400, named},
		FaultIndexed:       {400, `{"errors":[{"parameters":{"ids":["ALL"]},"message":"invalid value 'BAD' at index `},
		FaultUnnamed:       {400, `invalid-request`},
		FaultNotAuthorized: {403, `not-authorized`},
		FaultDataText:      {200, `"oops"`},
	} {
		s, _ := ruled(t, Rule{Fault: fault, Endpoints: []string{"spaces"}, Share: 0.1})
		ids := s.SpaceIDs(100)
		bad := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(s.Befallen(fault), id) })
		if len(bad) < 4 || len(bad) > 20 {
			t.Fatalf("%s: got %d bad ids of 100, want about 10", fault, len(bad))
		}
		check := func(text, bad string) {
			r := s.get("/2/spaces", "ids", text)
			status, body := want.status, strings.NewReplacer("BAD", bad, "ALL", text).Replace(want.text)
			if bad == "" {
				status, body = 200, `{"data":[{"id":"`+text
			}
			equal(t, string(fault)+" for "+text, r.status, status)
			contains(t, string(fault), string(r.body), body)
		}
		good := ids[slices.IndexFunc(ids, func(id string) bool { return !slices.Contains(bad, id) })]
		for range 2 {
			check(good+","+bad[0], bad[0])
			check(bad[1], bad[1])
			check(good, "")
		}
		equal(t, "other endpoint", s.get("/2/spaces/"+bad[0]).status, 200)
	}
}

func TestRefusedMembersAreAllNamed(t *testing.T) {
	s, _ := ruled(t, Rule{Fault: FaultNamed, Endpoints: []string{"creators"}, IDs: []string{"11", "13"}})
	r := s.get("/2/spaces/by/creator_ids", "user_ids", "11,12,13")
	var named []any
	for _, e := range r.problems() {
		named = append(named, e["parameters"].(map[string]any)["user_ids"].([]any)...)
	}
	equal(t, "named", fmt.Sprint(named), "[11 13]")
	equal(t, "others", s.get("/2/spaces/by/creator_ids", "user_ids", "12").status, 200)
}

// Too large is a matter of the number of members, or of results.
func TestTooLargeRequests(t *testing.T) {
	giant := New(Config{}).SpaceIDs(30)[29]
	s, _ := ruled(t,
		Rule{Fault: FaultURITooLong, Endpoints: []string{"spaces"}, Over: 20},
		Rule{Fault: FaultOversized, Endpoints: []string{"spaces"}, Over: 10},
		Rule{Fault: FaultOversized, Endpoints: []string{"search", "tweets"}, Over: 50},
		Rule{Fault: FaultOversized, IDs: []string{giant}})
	ids, large := s.SpaceIDs(25), 16<<20
	for n, want := range map[int]int{21: 414, 20: large, 11: large, 10: 10, 1: 1} {
		r := s.get("/2/spaces", "ids", strings.Join(ids[:n], ","))
		got := len(r.data())
		if r.status != 200 {
			got = r.status
		} else if len(r.body) > large {
			got = large
		}
		equal(t, fmt.Sprint(n, " ids"), got, want)
	}
	equal(t, "giant", len(s.get("/2/spaces/"+giant).body) > large, true)
	tweets := "/2/spaces/" + ids[1] + "/tweets"
	equal(t, "100 tweets", len(s.get(tweets).body) > large, true)
	equal(t, "50 tweets", len(s.get(tweets, "max_results", "50").data()), 50)
	equal(t, "bill", s.Billing().Counts[kindSpace], 10)
}

// 429s that never end: without headers, and with a reset that always moves.
func TestRateLimitedForEver(t *testing.T) {
	s, c := ruled(t, Rule{Fault: FaultMovingReset, Endpoints: []string{"search"}}, Rule{Fault: FaultRateLimitedSilent, Endpoints: []string{"tweets"}})
	last := ""
	for range 5 {
		r := s.get("/2/spaces/search", "query", "x")
		equal(t, "status", r.status, 429)
		equal(t, "remaining", r.header.Get("x-rate-limit-remaining"), "0")
		reset := r.header.Get("x-rate-limit-reset")
		equal(t, "moves", reset > last, true)
		last = reset
		r = s.get("/2/spaces/" + s.SpaceIDs(1)[0] + "/tweets")
		equal(t, "status", r.status, 429)
		equal(t, "header", r.header.Get("x-rate-limit-reset"), "")
		c.advance(15 * time.Minute)
	}
}

// Tokens die and stay dead; new ones are good until the next death.
func TestTokensDie(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, UserTokens: map[string]string{"mine": "1"},
		Faults: Faults{Rules: []Rule{{Fault: FaultDeadToken, From: time.Hour, Every: 24 * time.Hour}}}})
	status := func(token string) int { return s.getAs(token, "/2/spaces/search", "query", "x").status }
	equal(t, "at first", status("one"), 200)
	equal(t, "a user's", status("mine"), 200)
	c.advance(time.Hour)
	for range 2 {
		equal(t, "dead", status("one"), 401)
		equal(t, "a user's, dead", status("mine"), 401)
		equal(t, "its successor", status("two"), 200)
		c.advance(11 * time.Hour)
	}
	c.advance(11 * time.Hour)
	equal(t, "next death", status("two"), 401)
	equal(t, "still dead", status("one"), 401)

	s, c = ruled(t, Rule{Fault: FaultDeadToken, From: time.Hour, Tokens: []string{"one"}})
	equal(t, "before", status("one"), 200)
	c.advance(time.Hour)
	equal(t, "named", status("one"), 401)
	equal(t, "another, seen before or not", status("two"), 200)
}

// Who logs in again is given a token that lives.
func TestADeadAppTokenIsReplaced(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, APIKey: "k", APISecret: "s", Faults: Faults{Rules: []Rule{{Fault: FaultDeadToken, From: time.Hour}}}})
	login := func() string {
		req, _ := http.NewRequest(http.MethodPost, s.http.URL+"/oauth2/token", strings.NewReader("grant_type=client_credentials"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth("k", "s")
		return s.do(req).json["access_token"].(string)
	}
	ask := func(token string) int { return s.getAs(token, "/2/spaces/search", "query", "x").status }
	first := login()
	equal(t, "first", ask(first), 200)
	c.advance(time.Hour)
	equal(t, "dead", ask(first), 401)
	second := login()
	equal(t, "second", ask(second), 200)
	equal(t, "for good", ask(first), 401)
}

// Rules can be combined, and replaced while the server runs.
func TestFaultsAreSetWhileItRuns(t *testing.T) {
	s, _ := ruled(t)
	path := "/2/spaces/" + s.SpaceIDs(1)[0]
	post := func(text string) response {
		req, _ := http.NewRequest(http.MethodPost, s.http.URL+"/_sim/faults", strings.NewReader(text))
		return s.do(req)
	}
	equal(t, "set", post(`{"script":{"space":["500",""]},"rules":[{"fault":"404-empty","from":"0s","to":"1h","endpoints":["space"]},
		{"fault":"bad-user-ids","endpoints":["spaces"]},{"fault":"lost-member","ids":["1aaaaaaaaaaaA"]}]}`).status, 204)
	for i, want := range []int{500, 200, 404, 404} {
		equal(t, fmt.Sprint("request ", i), s.get(path).status, want)
	}
	equal(t, "others", s.get("/2/spaces", "ids", s.SpaceIDs(1)[0], "space.fields", "creator_id").data()[0]["creator_id"] != any(nil), true)
	for text, want := range map[string]string{
		`{"rules":[{"fault":"none"}]}`:                               `rule 1: no fault is called "none"`,
		`{"rules":[{"fault":"500","endpoints":["x"]}]}`:              `no endpoint is called "x"`,
		`{"rules":[{"fault":"500","form":"1h"}]}`:                    `unknown field "form"`,
		`{"rules":[{"fault":"500","rate":2}]}`:                       `not between 0 and 1`,
		`{"rules":[{"fault":"500","from":"2h","to":"1h"}]}`:          `no span of time`,
		`{"rules":[{"fault":"500","to":"2h","every":"1h"}]}`:         `every 1h0m0s is shorter`,
		`{"script":{"space":["lost-member"]}}`:                       `"lost-member" is for rules only`,
		`{"rules":[{"fault":"pages-empty","endpoints":["spaces"]}]}`: `"pages-empty" does not befall "spaces"`,
		`{"rules":[{"fault":"500","extra":1}]}`:                      `extra is for "bad-space-ids"`,
		`{"rules":[{"fault":"500","values":["a"]}]}`:                 `params and values are for the faults values-`,
		`{"script":{"spcaes":["500"]}}`:                              `script: no endpoint is called "spcaes"`,
		`{"rate":7}`:                                                 `rate 7 is not between 0 and 1`,
		`{"kinds":["5oo"]}`:                                          `kind 1: no fault is called "5oo"`,
		`[`:                                                          `unexpected`,
	} {
		r := post(text)
		equal(t, text, r.status, 400)
		contains(t, text, string(r.body), want)
	}
	equal(t, "kept", s.get(path).status, 404)
	equal(t, "cleared", post(`{}`).status, 204)
	equal(t, "none", s.get(path).status, 200)
}

func TestReadmeListsEveryFault(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for fault := range faultKinds {
		contains(t, "README.md", string(text), "`"+string(fault)+"`")
	}
	_, example, _ := strings.Cut(string(text), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	if faults, err := ParseFaults([]byte(example)); err != nil || len(faults.Rules) < 5 || faults.Rules[0].From != 30*time.Hour {
		t.Errorf("the example: got %+v, %v", faults, err)
	}
}
