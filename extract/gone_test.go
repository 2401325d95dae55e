package extract

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestA404NeedsAWitness(t *testing.T) {
	const kind = `"type":"https://api.x.com/2/problems/resource-not-found"`
	for _, c := range []struct {
		name     string
		endpoint schemas.Endpoint
		body     string
		page     bool
	}{
		{"by resource_id", schemas.Spaces, `{"errors":[{` + kind + `,"resource_id":"` + spaceA + `"}]}`, true},
		{"by value", schemas.Users, `{"errors":[{` + kind + `,"value":12}]}`, true},
		{"by a list of values", schemas.Users, `{` + kind + `,"value":["7","11"]}`, true},
		{"by parameters", schemas.Spaces, `{` + kind + `,"errors":[{"parameters":{"ids":["` + spaceA + `"]},"message":"none"}]}`, true},
		{"by detail", schemas.Spaces, `{` + kind + `,"detail":"Could not find space with ids: [` + spaceA + `]."}`, true},
		{"by username, in other letters", schemas.Usernames, `{"errors":[{` + kind + `,"value":"ALICE"}]}`, true},
		{"by title", schemas.Tweets, `{"title":"Not Found Error","type":"about:blank","value":"` + spaceA + `"}`, true},
		{"not allowed", schemas.Spaces, `{"errors":[{` + problems + `not-authorized-for-resource","resource_id":"` + spaceA + `"}]}`, true},
		{"the Space's own, unnamed", schemas.SpaceByID, `{` + kind + `,"title":"Not Found Error"}`, true},
		{"the Space's own, blank", schemas.SpaceByID, `{"type":"about:blank","title":"Not Found Error","status":404}`, true},

		{"another's", schemas.SpaceByID, `{` + kind + `,"resource_id":"1bbbbbbbbbbbB"}`, false},
		{"another of a batch", schemas.Users, `{"errors":[{` + kind + `,"value":"111"}]}`, false},
		{"a user of a Space", schemas.Tweets, `{` + kind + `,"resource_type":"user"}`, false},
		{"a batch, unnamed", schemas.Spaces, `{` + kind + `,"title":"Not Found Error"}`, false},
		{"blank", schemas.SpaceByID, `{"title":"Not Found","detail":"Not Found","type":"about:blank","status":404}`, false},
		{"a gateway's", schemas.SpaceByID, `{"message":"no Route matched with those values"}`, false},
		{"a gateway's that repeats the path", schemas.SpaceByID, `{"error":"Not Found","path":"/2/spaces/` + spaceA + `"}`, false},
		{"no such page", schemas.Tweets, `{"errors":[{"code":34,"message":"Sorry, that page does not exist"}]}`, false},
		{"empty", schemas.Buyers, "", false},
		{"html", schemas.SpaceByID, htmlBody, false},
	} {
		page, err := newClient(t, tokens(serve(t, always(404, c.body)))).Fetch(t.Context(), oneOf(c.endpoint), nil)
		var temporary *TemporaryError
		switch {
		case c.page && (err != nil || page.Status != 404 || string(page.Body) != c.body):
			t.Errorf("%s: got %d, %v, want the page", c.name, page.Status, err)
		case !c.page && (!errors.As(err, &temporary) || temporary.Status != 404):
			t.Errorf("%s: got %d, %v, want a TemporaryError", c.name, page.Status, err)
		}
		checkMessage(t, c.name, err)
	}
}

// What has never answered like the API is another server; what has is a gateway's
// bad hour.
func TestABaseURLWithoutTheAPIIsConfiguration(t *testing.T) {
	for _, body := range []string{
		"", htmlBody, `{"message":"no Route matched with those values"}`, `{"type":"about:blank","title":"Not Found","status":404}`,
		`{"type":"https://tools.ietf.org/html/rfc9110","title":"Not Found","status":404}`,
	} {
		var requests atomic.Int64
		retry := NewRetry(newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			always(404, body)(w, r)
		}))))
		_, err := retry.Fetch(t.Context(), oneOf(schemas.Spaces), nil)
		var status *StatusError
		if !errors.As(err, &status) || !status.NoAPI || requests.Load() != 3 || !strings.Contains(err.Error(), "check the base URL") {
			t.Errorf("%q: got %v after %d requests, want a StatusError about the base URL after 3", body, err, requests.Load())
		}
		if outcome, scope := status.Stop(); outcome != schemas.Failed || scope != schemas.RunScope {
			t.Errorf("%q: ends %v with %s, want the run", body, scope, outcome)
		}
		checkMessage(t, body, err)
	}
	known := tokens(serve(t, always(404, "")))
	known.Met, known.RetryFor = true, 20*time.Millisecond
	var temporary *TemporaryError
	if _, err := NewRetry(newClient(t, known)).Fetch(t.Context(), oneOf(schemas.Spaces), nil); !errors.As(err, &temporary) {
		t.Errorf("of a server that has answered before: %v, want weather", err)
	}
	retry := NewRetry(newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/2/spaces/search" {
			always(200, `{"meta":{"result_count":0}}`)(w, r)
			return
		}
		always(404, `{"message":"no Route matched with those values"}`)(w, r)
	}))))
	if _, err := retry.Fetch(t.Context(), schemas.Request{Endpoint: schemas.Search, Query: "q"}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := retry.Fetch(t.Context(), oneOf(schemas.Spaces), nil); !errors.As(err, &temporary) || temporary.Scope != schemas.EndpointScope {
		t.Errorf("of a server that gives others pages: %v, want the endpoint's failure", err)
	}
	for name, first := range map[string]simulator.Fault{"a page": simulator.FaultNone, "a problem": simulator.FaultInternal, "a 429": simulator.FaultRateLimitedSilent} {
		lost := simulator.FaultEmptyNotFound
		sim, url := simulate(t, simulator.Config{Faults: simulator.Faults{Script: map[string][]simulator.Fault{"spaces": {first, lost, lost, lost, lost, lost}}}})
		cfg := tokens(url)
		cfg.MaxTries = 20
		retry := NewRetry(newClient(t, cfg))
		for range 2 {
			if page, err := retry.Fetch(t.Context(), schemas.Request{Endpoint: schemas.Spaces, IDs: sim.SpaceIDs(2)}, nil); err != nil || !page.OK() {
				t.Errorf("after %s: got %v, want the page in the end", name, err)
			}
		}
	}
}

// Two requests that another server answers do not wait for each other's next answer:
// each has had its own.
func TestEachOfTwoFindsAnotherServer(t *testing.T) {
	var requests atomic.Int64
	cfg := tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		time.Sleep(30 * time.Millisecond) // longer than the other's waits
		always(404, "")(w, r)
	}))
	cfg.MaxTries = 20
	retry, ended := NewRetry(newClient(t, cfg)), make(chan error, 2)
	for _, r := range []schemas.Request{oneOf(schemas.Spaces), {Endpoint: schemas.Search, Query: "q"}} {
		go func() { _, err := retry.Fetch(t.Context(), r, nil); ended <- err }()
	}
	for range 2 {
		var status *StatusError
		if err := <-ended; !errors.As(err, &status) || !status.NoAPI {
			t.Errorf("got %v, want an error about the base URL", err)
		}
	}
	if n := requests.Load(); n > 8 {
		t.Errorf("%d requests, want about three each", n)
	}
}
