package simulator

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// The observer sees what a question could have found, whatever was asked.
func TestVisibleIsWhatAPerfectClientSees(t *testing.T) {
	c := newClock()
	creators := New(Config{Spaces: 2000}).CreatorIDs(40)
	s := serve(t, Config{Now: c.now, Epoch: c.now(), Spaces: 2000, Evolve: true, EvolveOver: 200 * time.Hour, Life: 20 * time.Hour, CreatorSpacing: -1,
		Faults: Faults{Rules: []Rule{
			{Fault: FaultUnavailable, From: 5 * time.Hour, To: 7 * time.Hour},
			{Fault: FaultNamed, Endpoints: []string{"creators"}, IDs: creators[:3]},
			{Fault: FaultOversized, Endpoints: []string{"search"}, Over: 40},
			{Fault: FaultBadSpaceIDs, Share: 0.2},
		}}})
	word, some, start := "the", 0, c.now()
	seen := map[string]bool{}
	for hour := range 20 {
		for _, q := range []Question{{Query: word}, {Query: word, State: stateLive}, {Creator: creators[0]}, {Creator: creators[10]}, {Creator: creators[20]}} {
			query := []string{"/2/spaces/by/creator_ids", "user_ids", q.Creator}
			if q.Creator == "" {
				query = []string{"/2/spaces/search", "query", q.Query, "max_results", "40", "state", max(q.State, "all")}
			}
			var got []string
			for _, sp := range s.get(query[0], query[1:]...).data() {
				if id, ok := sp["id"].(string); ok && validSpaceID(id) {
					got = append(got, id)
					seen[id] = true
				}
			}
			visible := s.Visible(q, start.Add(time.Duration(hour)*time.Hour))
			some += len(visible)
			equal(t, fmt.Sprintf("hour %d, %+v", hour, q), strings.Join(visible, " "), strings.Join(got, " "))
			if (hour == 5 || hour == 6 || q.Creator == creators[0]) && len(visible) > 0 {
				t.Errorf("hour %d, %+v: got %v, want none", hour, q, visible)
			}
		}
		c.advance(time.Hour)
	}
	if some < 40 {
		t.Errorf("visible: got %d in all, want more to compare", some)
	}
	equal(t, "shown", len(s.Shown()), len(seen))
	for id, at := range s.Shown() {
		if !seen[id] || at.First.Before(start) || at.Last.Before(at.First) || at.Times == 0 {
			t.Errorf("shown %s: %+v", id, at)
		}
	}
}

// Faults are replaced and the observer looks on while requests are answered.
func TestRulesAmongManyGoroutines(t *testing.T) {
	s, c := ruled(t)
	id, word := s.SpaceIDs(1)[0], s.SearchWord()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if r := s.get("/2/spaces", "ids", id); r.status != 200 && r.status != 404 {
					t.Errorf("got %d %v", r.status, r.err)
				}
			}
		})
	}
	for range 20 {
		s.SetFaults(Faults{Rules: []Rule{{Fault: FaultNoRoute, Rate: 0.5, Endpoints: []string{"spaces"}}, {Fault: FaultBadUserIDs, Share: 0.5}}})
		if len(s.Visible(Question{Query: word}, c.now())) == 0 {
			t.Error("nothing is visible")
		}
	}
	wg.Wait()
}
