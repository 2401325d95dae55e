package pipeline

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// told is a list of requests, shortened.
func told(requests []schemas.Request) string {
	var all []string
	for _, r := range requests {
		all = append(all, string(r.Endpoint)+" "+strings.Join(r.IDs, ","))
	}
	return strings.Join(all, "; ")
}

// However Spaces were found, what can vanish is asked for first.
func TestLiveSpacesHaveTheirTurnFirst(t *testing.T) {
	found := []facts.Space{
		{ID: "1e", State: "ended", Ticketed: true}, {ID: "1b", State: "scheduled"}, {ID: "1d", State: "live", Ticketed: true},
		{ID: "1a", State: "ended"}, {ID: "1c", State: "live"}, {ID: "1f", State: "scheduled", Ticketed: true}, {ID: "1g"},
	}
	for range 20 {
		rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		w := newWalk(&Pipeline{Plan: store.Plan{Tweets: true, Buyers: true, Creators: []string{"7"}}})
		for _, s := range found {
			w.add(&facts.Facts{Spaces: []facts.Space{s}})
		}
		want := "creators 7; tweets 1c; tweets 1d; buyers 1d; tweets 1b; tweets 1f; buyers 1f; tweets 1g; tweets 1a; tweets 1e; buyers 1e"
		if got := told(w.next()); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

// bought is a world of many creators with ticketed Spaces, and a user token for
// each, of which the server takes the last one's only.
func bought(t *testing.T) (w *world, plan store.Plan, keys []extract.Credential) {
	w = newWorld(t, simulator.Config{Spaces: 2000, NoRateLimits: true, AppTokens: []string{appToken}})
	plan = store.Plan{Job: "test", Buyers: true}
	var ids []string
	for _, id := range w.SpaceIDs(2000) {
		space, _ := w.Space(id)
		if !space.IsTicketed || slices.Contains(plan.Owners, space.CreatorID) || space.CreatorID == w.creator || len(ids) == 15 {
			continue
		}
		ids, plan.Owners = append(ids, id), append(plan.Owners, space.CreatorID)
	}
	if len(ids) < 15 {
		t.Fatalf("%d creators of ticketed Spaces: too few for this test", len(ids))
	}
	for i, owner := range append(plan.Owners, w.creator) {
		token := extract.Token(userToken)
		if owner != w.creator {
			token = "refused-by-the-server"
		}
		keys = append(keys, extract.Credential{Name: string(rune('a' + i)), Kind: extract.UserCredential, Owner: owner, Source: token})
	}
	plan.Owners = append(plan.Owners, w.creator)
	plan.Seeds = store.Lookups(append(ids, w.buyable...))
	return w, plan, keys
}

// A token that is refused ends what it was for and nothing else.
func TestRefusedTokensDoNotEndTheRun(t *testing.T) {
	w, plan, keys := bought(t)
	p := crawler(t, w, newStore(t), plan, nil)
	client, err := extract.New(extract.Config{
		BaseURL: w.url, AppToken: appToken, Credentials: keys, BaseDelay: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Fetcher, p.Workers = extract.NewRetry(client), 1
	var stopped *StoppedError
	if err := p.Crawl(t.Context()); !errors.As(err, &stopped) || stopped.Outcome != schemas.Unauthorised {
		t.Errorf("error %v, want outcome unauthorised", err)
	}
	seen := map[string]bool{}
	for _, pair := range w.Served().Buyers {
		seen[pair[0]] = true
	}
	if len(seen) != len(w.buyable) || len(p.crawl.walk.failures) != len(keys)-1 {
		t.Errorf("buyers of %d Spaces and %d failures, want %d and %d", len(seen), len(p.crawl.walk.failures), len(w.buyable), len(keys)-1)
	}
}
