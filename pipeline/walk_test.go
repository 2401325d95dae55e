package pipeline

import (
	"math/rand/v2"
	"strings"
	"testing"

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
	found := []FoundSpace{
		{ID: "1e", State: "ended", Ticketed: true}, {ID: "1b", State: "scheduled"}, {ID: "1d", State: "live", Ticketed: true},
		{ID: "1a", State: "ended"}, {ID: "1c", State: "live"}, {ID: "1f", State: "scheduled", Ticketed: true}, {ID: "1g"},
	}
	for range 20 {
		rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
		w := newWalk(Plan{Tweets: true, Buyers: true, Creators: []string{"7"}}, nil)
		for _, s := range found {
			w.add(Extracted{Spaces: []FoundSpace{s}})
		}
		want := "creators 7; tweets 1c; tweets 1d; buyers 1d; tweets 1b; tweets 1f; buyers 1f; tweets 1g; tweets 1a; tweets 1e; buyers 1e"
		if got := told(w.next()); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

func TestKnownLiveSpacesAreLookedUpFirst(t *testing.T) {
	st := &State{Spaces: map[string]*SpaceState{
		"1a": {State: "ended"}, "1b": {State: "scheduled"}, "1c": {State: "live"}, "1d": {State: "live"},
	}}
	plan := Plan{Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: []string{"1z", "1b", "1y"}}}}
	if got, want := told(st.Seeds(plan)), "spaces 1c,1d,1b,1z,1y,1a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
