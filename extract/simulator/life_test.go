package simulator

import (
	"testing"
	"time"
)

// With Life the world goes on for as long as EvolveOver: on every day some
// Spaces come up and others end.
func TestAWorldWithLifeGoesOn(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, Epoch: c.now(), Spaces: 3000, Evolve: true, EvolveOver: 100 * 24 * time.Hour, Life: 4 * time.Hour})
	word, made := "", 2
	for day := range 100 {
		if day%20 == 0 {
			word = s.SearchWord()
		}
		states := s.World().States
		if got := states[stateLive] + states[stateScheduled] + states[stateEnded]; got < made || got > made+100 {
			t.Errorf("day %d: got %v, want some more than %d", day, states, made)
		} else {
			made = got
		}
		if n := states[stateLive]; n > 20 {
			t.Errorf("day %d: %d live Spaces, want few", day, n)
		}
		for _, sp := range s.get("/2/spaces/search", "query", word, "space.fields", "created_at,started_at,scheduled_start").data() {
			truth, ok := s.Space(sp["id"].(string))
			if !ok || truth.CreatedAt.After(c.now()) || c.now().Sub(truth.CreatedAt) > 24*time.Hour {
				t.Errorf("day %d: shown is %+v", day, truth)
			}
		}
		c.advance(24 * time.Hour)
	}
	if made < 2900 {
		t.Errorf("after all days: %d Spaces, want 3000", made)
	}
}

func TestASpaceToComeIsMissing(t *testing.T) {
	c := newClock()
	s := serve(t, Config{Now: c.now, Epoch: c.now(), Evolve: true, EvolveOver: 24 * time.Hour, Life: time.Hour})
	id := s.world.spaceID(7)
	ask := func() response { return s.get("/2/spaces", "ids", id) }
	equal(t, "before", len(ask().data()), 0)
	equal(t, "told", ask().problems()[0]["resource_id"], any(id))
	c.advance(24 * time.Hour)
	equal(t, "after", len(ask().data()), 1)
}
