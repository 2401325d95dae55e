package simulator

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBillingOncePerDay(t *testing.T) {
	c := newClock()
	s := serve(t, Config{NoRateLimits: true, Now: c.now})
	ids := strings.Join(s.SpaceIDs(10), ",")
	ask := func() { s.get("/2/spaces", "ids", ids, "expansions", "creator_id") }
	ask()
	ask()
	equal(t, "one day", s.Billing().Dollars, 0.05)
	c.advance(24 * time.Hour)
	ask()
	equal(t, "next day", s.Billing().Dollars, 0.1)
	equal(t, "spaces", s.Billing().Counts["space"], 20)
	s.get("/2/users", "ids", strings.Join(s.CreatorIDs(3), ","))
	equal(t, "users", s.Billing().Dollars, 0.13)
}

func TestBillingSwitches(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, Billing: Billing{ExpansionsBilled: true, NoDedup: true}})
	id := s.SpaceIDs(1)[0]
	r := s.get("/2/spaces/"+id, "expansions", "host_ids")
	want := 0.005 + 0.01*float64(len(r.includes("users")))
	s.get("/2/spaces/"+id, "expansions", "host_ids")
	if got := s.Billing().Dollars; got < 2*want-1e-9 || got > 2*want+1e-9 {
		t.Errorf("dollars: got %v, want %v", got, 2*want)
	}
}

func TestMoneyRunsOut(t *testing.T) {
	for _, c := range []struct {
		billing Billing
		status  int
		problem string
	}{
		{Billing{CreditUSD: 0.03}, 402, "credits"},
		{Billing{SpendCapUSD: 0.03}, 403, "credits"},
		{Billing{PostCap: 5}, 429, "usage-capped"},
	} {
		s := serve(t, Config{Billing: c.billing})
		path := "/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets?max_results=10"
		equal(t, "first", s.raw("app", path).status, 200)
		r := s.raw("app", path)
		equal(t, "second", r.status, c.status)
		contains(t, "type", r.json["type"].(string), c.problem)
		equal(t, "usage still answers", s.get("/2/usage/tweets").status, 200)
	}
}

func TestUsageCountsTweets(t *testing.T) {
	s := serve(t, Config{})
	s.raw("app", "/2/spaces/"+s.SpaceIDs(2)[1]+"/tweets?max_results=10")
	r := s.get("/2/usage/tweets", "usage.fields", "daily_project_usage,daily_client_app_usage")
	data := r.json["data"].(map[string]any)
	equal(t, "keys", keys(data), "cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage")
	equal(t, "usage", data["project_usage"], any("10"))
	contains(t, "credits", string(s.get("/2/usage/credits").body), `"total_balance":999.95`)
}

// The cap is of a calendar month, and so is what is counted towards it; days
// keep their own counts.
func TestUsageBeginsAnewEachMonth(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, Billing: Billing{PostCap: 10}})
	path := "/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets?max_results=10"
	used := func() any {
		return s.get("/2/usage/tweets").json["data"].(map[string]any)["project_usage"]
	}
	equal(t, "first", s.raw("app", path).status, 200)
	equal(t, "used", used(), any("10"))
	equal(t, "capped", s.raw("app", path).status, 429)
	c.advance(31 * 24 * time.Hour)
	equal(t, "next month", used(), any("0"))
	equal(t, "next month", s.raw("app", path).status, 200)
	contains(t, "days", string(s.get("/2/usage/tweets", "days", "40", "usage.fields", "daily_project_usage").body), `"usage":"10"`)
}

func TestServedIsWhatWasServed(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true})
	ids := s.SpaceIDs(5)
	s.get("/2/spaces", "ids", strings.Join(ids, ","), "expansions", "host_ids,topic_ids")
	r := s.get("/2/spaces", "ids", strings.Join(ids, ","), "expansions", "host_ids,topic_ids")
	served := s.Served()
	slices.Sort(ids)
	equal(t, "spaces", strings.Join(served.Spaces, ","), strings.Join(ids, ","))
	equal(t, "sightings", served.SpaceSightings, 10)
	equal(t, "users", len(served.Users), len(r.includes("users")))
	equal(t, "topics", len(served.Topics), len(r.includes("topics")))
	s.get("/2/spaces/" + s.SpaceIDs(2)[1] + "/tweets")
	equal(t, "pairs", len(s.Served().SpaceTweets), 100)
}

func TestControlEndpoints(t *testing.T) {
	s := serve(t, Config{})
	id := s.SpaceIDs(1)[0]
	s.get("/2/spaces/" + id)
	var requests []RequestRecord
	if err := json.Unmarshal(s.raw("", "/_sim/requests").body, &requests); err != nil || len(requests) != 1 {
		t.Fatalf("requests: got %v, %v", requests, err)
	}
	equal(t, "endpoint", requests[0].Endpoint, "space")
	equal(t, "url", requests[0].URL, "/2/spaces/"+id+"?")
	equal(t, "kind", requests[0].TokenKind, TokenApp)
	equal(t, "world", s.raw("", "/_sim/world").json["spaces"], any(1000.0))
	equal(t, "billing", s.raw("", "/_sim/billing").json["dollars"], any(0.005))
	var truth Space
	if err := json.Unmarshal(s.raw("", "/_sim/object/space/"+id).body, &truth); err != nil {
		t.Fatal(err)
	}
	want, _ := s.Space(id)
	if !reflect.DeepEqual(truth, want) {
		t.Errorf("object: got %+v, want %+v", truth, want)
	}
	equal(t, "unknown object", s.raw("", "/_sim/object/space/x").status, 404)
	res, err := http.Post(s.http.URL+"/_sim/reset", "", nil)
	if err != nil || res.StatusCode != 204 {
		t.Fatalf("reset: got %v, %v", res, err)
	}
	res.Body.Close()
	equal(t, "after reset", len(s.Requests()), 0)
	equal(t, "after reset", s.Billing().Dollars, 0.0)
}
