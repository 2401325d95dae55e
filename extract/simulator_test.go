package extract

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// everyEndpoint is a request to each endpoint that the simulator has data for.
func everyEndpoint(sim *simulator.Simulator) (requests []schemas.Request, creator string) {
	creator, ticketed := sim.TicketedCreator()
	spaces := sim.SpaceIDs(20)
	return []schemas.Request{
		{Endpoint: schemas.Me},
		{Endpoint: schemas.Usernames, IDs: sim.Usernames(5)},
		{Endpoint: schemas.Creators, IDs: sim.CreatorIDs(5)},
		{Endpoint: schemas.Search, Query: sim.SearchWord(), State: "all"},
		{Endpoint: schemas.Spaces, IDs: spaces},
		{Endpoint: schemas.SpaceByID, IDs: spaces[:1]},
		{Endpoint: schemas.Tweets, IDs: sim.TweetedSpaceIDs(1)},
		{Endpoint: schemas.Buyers, IDs: ticketed[:1]},
		{Endpoint: schemas.Users, IDs: sim.CreatorIDs(5)},
	}, creator
}

// data counts the objects of a page.
func data(t *testing.T, p schemas.Page) int {
	t.Helper()
	var body struct{ Data json.RawMessage }
	if err := json.Unmarshal(p.Body, &body); err != nil {
		t.Fatal(err)
	}
	var list []json.RawMessage
	if json.Unmarshal(body.Data, &list) != nil {
		return min(len(body.Data), 1)
	}
	return len(list)
}

func TestEveryEndpointAnswersInBothDialects(t *testing.T) {
	for _, dialect := range []schemas.Dialect{schemas.TweetDialect, schemas.PostDialect} {
		// The server refuses what it does not know, so a wrong name shows.
		config := simulator.Config{Spaces: 200, UnknownFields: simulator.UnknownReject, Quirks: true, UserTokens: map[string]string{}, AppTokens: []string{appToken}}
		_, creator := everyEndpoint(simulator.New(config))
		config.UserTokens[userToken] = creator
		sim, url := simulate(t, config)
		requests, _ := everyEndpoint(sim)
		cfg := tokens(url)
		cfg.Dialect, cfg.Private, cfg.CreatorSpacing = dialect, true, time.Second
		client := newClient(t, cfg)
		for _, request := range requests {
			page, err := NewRetry(client).Fetch(context.Background(), request, nil)
			if err != nil || !page.OK() || data(t, page) == 0 || page.Attempts != 1 {
				t.Errorf("%s, %s: got %d after %d attempts, %v: %.200s", dialect, request.Endpoint, page.Status, page.Attempts, err, page.Body)
			}
		}
		if d := client.Dropped(); len(d) != 0 {
			t.Errorf("%s: the server refused %+v", dialect, d)
		}
		for _, r := range sim.Requests() {
			if r.TokenKind == simulator.TokenUser != (r.Endpoint == "buyers" || r.Endpoint == "me") {
				t.Errorf("%s: asked with the %s token", r.Endpoint, r.TokenKind)
			}
		}
	}
}

func TestTheSimulatorsFaultsHaveTheirErrors(t *testing.T) {
	for fault, want := range map[simulator.Fault]string{
		simulator.FaultNone: "page 200", simulator.FaultRateLimited: "limit window", simulator.FaultRateLimitedSilent: "limit unknown",
		simulator.FaultBurst: "limit burst", simulator.FaultUsageCapped: "cap usage-cap", simulator.FaultCredits: "cap credits",
		simulator.FaultSpendCap: "cap spend-cap", simulator.FaultUnsupportedAuth: "auth unsupported", simulator.FaultClientForbidden: "auth forbidden",
		simulator.FaultInternal: "temporary", simulator.FaultBadGateway: "temporary", simulator.FaultUnavailable: "temporary",
		simulator.FaultEmptyNotFound: "temporary", simulator.FaultTruncated: "temporary body", simulator.FaultShortBody: "temporary",
		simulator.FaultReset: "temporary", simulator.FaultHTML: "temporary body", simulator.FaultSlow: "temporary", simulator.FaultOversized: "page 0",
	} {
		sim, url := simulate(t, simulator.Config{Trickle: 10 * time.Millisecond, Faults: simulator.Faults{Script: map[string][]simulator.Fault{"spaces": {fault}}}})
		request := schemas.Request{Endpoint: schemas.Spaces, IDs: sim.SpaceIDs(3)}
		page, err := newClient(t, tokens(url)).Fetch(context.Background(), request, nil)
		if got := kindOf(page, err); got != want {
			t.Errorf("%q: got %s (%v), want %s", fault, got, err, want)
		}
		checkMessage(t, string(fault), err)
	}
}

func TestPassingFaultsDoNotShow(t *testing.T) {
	kinds := slices.DeleteFunc(simulator.RetryableFaults(), func(f simulator.Fault) bool { return f == simulator.FaultRateLimited })
	kinds = append(kinds, simulator.FaultBurst, simulator.FaultRateLimitedSilent, simulator.FaultHTML)
	sim, url := simulate(t, simulator.Config{Faults: simulator.Faults{Rate: 0.3, Kinds: kinds}})
	spaces := sim.SpaceIDs(50)
	cfg := tokens(url)
	cfg.MaxTries = 20
	pages := fetchAll(t, NewRetry(newClient(t, cfg)), 4, 50, func(i int) schemas.Request {
		return schemas.Request{Endpoint: schemas.SpaceByID, IDs: spaces[i : i+1]}
	})
	attempts := 0
	for i, p := range pages {
		if !p.OK() || !strings.Contains(string(p.Body), spaces[i]) {
			t.Errorf("%s: got %d %.100s", spaces[i], p.Status, p.Body)
		}
		attempts += p.Attempts
	}
	if attempts <= 50 || attempts > len(sim.Requests()) {
		t.Errorf("got %d attempts for %d requests", attempts, len(sim.Requests()))
	}
}

func TestAServerWithTwelveSpaceFields(t *testing.T) {
	for _, wording := range []string{simulator.UnknownReject, simulator.UnknownRejectIndexed} {
		sim, url := simulate(t, simulator.Config{UnknownFields: wording, SpaceFields: known12})
		client := newClient(t, tokens(url))
		spaces := sim.SpaceIDs(50)
		fetchAll(t, NewRetry(client), 4, 50, func(i int) schemas.Request {
			return schemas.Request{Endpoint: schemas.SpaceByID, IDs: spaces[i : i+1]}
		})
		var dropped []string
		for _, d := range client.Dropped() {
			dropped = append(dropped, d.Param+"="+d.Value)
		}
		want := "space.fields=creator_id space.fields=host_ids space.fields=invited_user_ids space.fields=speaker_ids space.fields=topic_ids"
		if got := strings.Join(dropped, " "); got != want {
			t.Errorf("%s: dropped %s, want %s", wording, got, want)
		}
		refusals := 0
		for _, r := range sim.Requests() {
			if r.Status == 400 {
				refusals++
			}
		}
		// Nothing is known of the window at first, so one request goes alone.
		if refusals > 4 {
			t.Errorf("%s: got %d refusals, want at most one per worker", wording, refusals)
		}
		page, err := client.Fetch(context.Background(), schemas.Request{Endpoint: schemas.Search, Query: sim.SearchWord()}, nil)
		if err != nil || page.Attempts != 1 || !strings.Contains(string(page.Body), `"creator_id"`) {
			t.Errorf("%s: got %d attempts, %v, want one and the creators by expansion", wording, page.Attempts, err)
		}
	}
}

func TestPagesAreFollowedInEveryTokenForm(t *testing.T) {
	sim, url := simulate(t, simulator.Config{Paging: simulator.PagingQuirks, TweetsUserOnly: true, UserTokens: map[string]string{userToken: "1"}})
	client := newClient(t, tokens(url))
	request := schemas.Request{Endpoint: schemas.Tweets, IDs: sim.TweetedSpaceIDs(1)}
	want, got := len(sim.SpaceTweets(request.IDs[0])), 0
	for range 100 {
		page, err := NewRetry(client).Fetch(context.Background(), request, nil)
		if err != nil {
			t.Fatal(err)
		}
		got += data(t, page)
		if request.Token = page.NextToken; request.Token == "" {
			break
		}
	}
	if got != want {
		t.Errorf("got %d tweets, want %d", got, want)
	}
}

func TestAnExpiredPaginationTokenIsTold(t *testing.T) {
	sim, url := simulate(t, simulator.Config{})
	_, err := newClient(t, tokens(url)).Fetch(context.Background(), schemas.Request{Endpoint: schemas.Tweets, IDs: sim.TweetedSpaceIDs(1), Token: "7140dibdnow9c7"}, nil)
	if got := kindOf(schemas.Page{}, err); got != "expired" {
		t.Errorf("got %s, want expired", got)
	}
}

func TestTheCreditEnds(t *testing.T) {
	sim, url := simulate(t, simulator.Config{Billing: simulator.Billing{CreditUSD: 0.05, NoDedup: true}})
	retry := NewRetry(newClient(t, tokens(url)))
	spaces := sim.SpaceIDs(20)
	var err error
	for range 5 {
		if _, err = retry.Fetch(context.Background(), schemas.Request{Endpoint: schemas.Spaces, IDs: spaces}, nil); err != nil {
			break
		}
	}
	if got := kindOf(schemas.Page{}, err); got != "cap credits" {
		t.Errorf("got %s, want cap credits", got)
	}
	checkMessage(t, "credits", err)
}
