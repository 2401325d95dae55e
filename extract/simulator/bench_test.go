package simulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkRequests measures the server without the network, in the midst of a
// year of outages: a year of an hourly job is some hundred thousand requests.
func BenchmarkRequests(b *testing.B) {
	var rules []Rule
	for day := range 400 {
		from := time.Duration(day+1) * 24 * time.Hour
		rules = append(rules, Rule{Fault: FaultUnavailable, From: from, To: from + time.Hour, Rate: 0.5})
	}
	c := newClock()
	s := New(Config{Now: c.now, Spaces: 20_000, NoRateLimits: true, Evolve: true, EvolveOver: 400 * 24 * time.Hour, Life: 4 * time.Hour,
		Faults: Faults{Rules: rules}})
	c.advance(100*24*time.Hour + 90*time.Minute) // an outage is over
	creator := s.CreatorIDs(3)[2]
	fields := "space.fields=created_at,creator_id,title,state,host_ids,speaker_ids,started_at&expansions=creator_id,host_ids,speaker_ids,topic_ids&user.fields=created_at,description,public_metrics,entities"
	for name, path := range map[string]string{
		"search":   "/2/spaces/search?query=" + s.SearchWord() + "&" + fields,
		"rare":     "/2/spaces/search?query=nothinglikeit&" + fields,
		"creators": "/2/spaces/by/creator_ids?user_ids=" + creator + "&" + fields,
		"spaces":   "/2/spaces?ids=" + s.SpaceIDs(3)[2] + "&" + fields,
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				req := httptest.NewRequest(http.MethodGet, path, nil)
				req.Header.Set("Authorization", "Bearer app")
				w := httptest.NewRecorder()
				if s.ServeHTTP(w, req); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
