package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestWindowStartsAtFirstRequest(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, Limits: map[string]int{"spaces": 2}})
	id := s.SpaceIDs(1)[0]
	want := strconv.FormatInt(c.now().Add(15*time.Minute).Unix()+1, 10) // half seconds round up
	for i, status := range []int{200, 200, 429} {
		r := s.get("/2/spaces", "ids", id)
		equal(t, "status", r.status, status)
		equal(t, "limit", r.header.Get("x-rate-limit-limit"), "2")
		equal(t, "remaining", r.header.Get("x-rate-limit-remaining"), fmt.Sprint(max(1-i, 0)))
		equal(t, "reset", r.header.Get("x-rate-limit-reset"), want)
		c.advance(time.Second)
	}
	equal(t, "other token", s.getAs("app2", "/2/spaces", "ids", id).status, 200)
	equal(t, "other endpoint", s.get("/2/spaces/"+id).header.Get("x-rate-limit-remaining"), "299")
	c.advance(15*time.Minute - 3*time.Second)
	equal(t, "after the window", s.get("/2/spaces", "ids", id).status, 200)
}

func TestLimitsByTokenKind(t *testing.T) {
	s := serve(t, Config{UserTokens: map[string]string{"mine": "1"}})
	name := s.Usernames(1)[0]
	equal(t, "app", s.get("/2/users/by", "usernames", name).header.Get("x-rate-limit-limit"), "300")
	equal(t, "user", s.getAs("mine", "/2/users/by", "usernames", name).header.Get("x-rate-limit-limit"), "900")
	equal(t, "off", len(serve(t, Config{NoRateLimits: true}).get("/2/users/by", "usernames", name).header.Values("x-rate-limit-limit")), 0)
}

func TestCreatorSpacing(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, UserTokens: map[string]string{"one": "1", "two": "2"}})
	ask := func(token string) response {
		return s.getAs(token, "/2/spaces/by/creator_ids", "user_ids", s.CreatorIDs(1)[0])
	}
	equal(t, "first", ask("app").status, 200)
	r := ask("app")
	equal(t, "too soon", r.status, 429)
	equal(t, "remaining", r.header.Get("x-rate-limit-remaining"), "299")
	equal(t, "users are apart from the app", ask("one").status, 200)
	equal(t, "users share", ask("two").status, 429)
	c.advance(time.Second)
	equal(t, "a second later", ask("app").status, 200)
}

func TestSharedLookupBucket(t *testing.T) {
	s := serve(t, Config{SharedLookupBucket: true})
	id := s.SpaceIDs(1)[0]
	for i, path := range []string{"/2/spaces/" + id, "/2/spaces?ids=" + id, "/2/spaces/by/creator_ids?user_ids=1"} {
		equal(t, path, s.raw("app", path).header.Get("x-rate-limit-remaining"), fmt.Sprint(299-i))
	}
}

func TestShortWindowsEndByTheirReset(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, Window: 200 * time.Millisecond, Limits: map[string]int{"*": 1}})
	id := s.SpaceIDs(1)[0]
	s.get("/2/spaces/" + id)
	r := s.get("/2/spaces/" + id)
	equal(t, "status", r.status, 429)
	reset, _ := strconv.ParseInt(r.header.Get("x-rate-limit-reset"), 10, 64)
	c.advance(time.Unix(reset, 0).Sub(c.now()))
	equal(t, "at reset", s.get("/2/spaces/"+id).status, 200)
}

func TestFaults(t *testing.T) {
	const endpoint = "space"
	for fault, want := range map[Fault]struct {
		status int
		text   string
	}{
		FaultRateLimited:       {429, `"Too Many Requests"`},
		FaultRateLimitedSilent: {429, `"code":88`},
		FaultBurst:             {429, `"Too Many Requests"`},
		FaultUsageCapped:       {429, `usage-capped`},
		FaultCredits:           {402, `"account_id":1234567890123456789`},
		FaultSpendCap:          {403, `"reset_date":"2026-10-01"`},
		FaultUnsupportedAuth:   {403, `unsupported-authentication`},
		FaultClientForbidden:   {403, `client-not-enrolled`},
		FaultInternal:          {500, `"about:blank"`},
		FaultBadGateway:        {502, `<html>`},
		FaultUnavailable:       {503, `"Service Unavailable"`},
		FaultEmptyNotFound:     {404, ``},
		FaultTruncated:         {200, `in the mid`},
		FaultHTML:              {200, `<!DOCTYPE html>`},
		FaultMovingReset:       {429, `"Too Many Requests"`},
		FaultCapInDetail:       {429, `"detail":"Usage cap exceeded: Monthly product cap"`},
		FaultSpendCapInDetail:  {403, `has reached its billing cycle spend cap`},
		FaultUnauthorized:      {401, `"Unauthorized"`},
		FaultNamed:             {400, "The `id` query parameter value ["},
		FaultIndexed:           {400, `invalid value '`},
		FaultUnnamed:           {400, `invalid-request`},
		FaultNotAuthorized:     {403, `not-authorized-for-resource`},
		FaultBodyTooLarge:      {413, `<html>`},
		FaultURITooLong:        {414, `<html>`},
		FaultHeaderTooLarge:    {431, `<html>`},
		FaultNoRoute:           {404, `{"message":"no Route matched with those values"}`},
		FaultDataText:          {200, `{"data":"oops"}`},
		FaultDataNull:          {200, `{"data":null}`},
		FaultDataMixed:         {200, `{"data":[1,"x"]}`},
		FaultEmptyObject:       {200, `{}`},
		FaultMessage:           {200, `{"message":"ok"}`},
	} {
		c := newClock()
		s := serve(t, Config{Now: c.now, Faults: Faults{Script: map[string][]Fault{endpoint: {fault}}}})
		r := s.get("/2/spaces/" + s.SpaceIDs(1)[0])
		equal(t, string(fault), r.status, want.status)
		contains(t, string(fault), string(r.body), want.text)
		equal(t, "recorded", s.Requests()[0].Fault, fault)
		equal(t, "bill", s.Billing().Dollars, 0.0)
		equal(t, "served", len(s.Served().Spaces), 0)
		r = s.get("/2/spaces/" + s.SpaceIDs(1)[0])
		equal(t, "next", r.status, 200)
		equal(t, "window untouched", r.header.Get("x-rate-limit-remaining"), "299")
	}
}

func TestRateLimitFaultHeaders(t *testing.T) {
	c := newClock()
	script := []Fault{FaultRateLimited, FaultRateLimitedSilent, FaultBurst, FaultCredits, FaultCredits}
	s := serve(t, Config{Now: c.now, Window: 2 * time.Second, Faults: Faults{Script: map[string][]Fault{"space": script}}})
	path := "/2/spaces/" + s.SpaceIDs(1)[0]
	r := s.get(path)
	equal(t, "remaining", r.header.Get("x-rate-limit-remaining"), "0")
	reset, _ := strconv.ParseInt(r.header.Get("x-rate-limit-reset"), 10, 64)
	if wait := reset - c.now().Unix(); wait < 1 || wait > 2 {
		t.Errorf("reset in %d s, want 1 or 2", wait)
	}
	equal(t, "silent", s.get(path).header.Get("x-rate-limit-reset"), "")
	equal(t, "burst", s.get(path).header.Get("x-rate-limit-remaining"), "299")
	contains(t, "number", string(s.get(path).body), `"account_id":1`)
	contains(t, "text", string(s.get(path).body), `"account_id":"1`)
}

func TestBrokenConnections(t *testing.T) {
	script := []Fault{FaultShortBody, FaultReset, FaultSlow, FaultOversized}
	s := serve(t, Config{Trickle: time.Millisecond, Faults: Faults{Script: map[string][]Fault{"space": script}}})
	s.http.Client().Transport.(*http.Transport).DisableKeepAlives = true
	path := "/2/spaces/" + s.SpaceIDs(1)[0]
	for _, fault := range script[:3] {
		if r := s.get(path); r.err == nil {
			t.Errorf("%s: got %d %q and no error", fault, r.status, r.body)
		}
	}
	if r := s.get(path); r.err != nil || len(r.body) <= 16<<20 || !strings.HasSuffix(string(r.body), `x"}`) {
		t.Errorf("oversized: got %d bytes, %v", len(r.body), r.err)
	}
	equal(t, "then", s.get(path).status, 200)
}

func TestRandomFaultsRepeat(t *testing.T) {
	run := func(seed uint64) (out string) {
		p := newFaultPlan(Config{Seed: seed, Faults: Faults{Rate: 0.2}})
		for seq := range uint64(1000) {
			out += string(p.take(&ask{endpoint: "space"}, seq).fault) + " "
		}
		return out
	}
	first, again := run(1), run(1)
	equal(t, "same seed", first, again)
	equal(t, "other seed", first == run(2), false)
	if n := len(strings.Fields(first)); n < 150 || n > 250 {
		t.Errorf("faults in 1000 requests: got %d, want about 200", n)
	}
}
