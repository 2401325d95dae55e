package simulator

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func TestManyReadersAtOnce(t *testing.T) {
	s := serve(t, Config{NoRateLimits: true, Quirks: true, Paging: PagingQuirks})
	ids := s.SpaceIDs(400)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			part := ids[i*50 : i*50+50]
			if r := s.get("/2/spaces", "ids", strings.Join(part, ","), "expansions", "host_ids"); r.status != 200 {
				t.Errorf("got %d", r.status)
			}
			s.Requests()
			s.Served()
		})
	}
	wg.Wait()
	equal(t, "served", len(s.Served().Spaces), 400)
	equal(t, "counted", s.RequestCounts()["spaces"], 8)
}

func TestLogForgetsTheOldest(t *testing.T) {
	l := newRequestLog()
	for seq := range uint64(keptRequests + 10) {
		l.add(RequestRecord{Seq: seq, Endpoint: "space"})
	}
	s := &Simulator{log: l}
	kept := s.Requests()
	equal(t, "kept", len(kept), keptRequests)
	equal(t, "oldest", kept[0].Seq, 10)
	equal(t, "counted", s.RequestCounts()["space"], keptRequests+10)
}

// BenchmarkLookup is one full page: 100 Spaces, all fields, all expansions.
func BenchmarkLookup(b *testing.B) {
	s := New(Config{NoRateLimits: true, ForgetSeen: true, Spaces: 1_000_000})
	req := httptest.NewRequest(http.MethodGet, "/2/spaces?ids="+strings.Join(s.SpaceIDs(100), ",")+
		"&space.fields="+join2(spaceScalars, spaceReferences)+"&expansions="+spaceReferences+
		"&topic.fields="+topicFields+"&user.fields="+join2(userCommon, userTweetOnly), nil)
	req.Header.Set("Authorization", "Bearer app")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req)
		b.SetBytes(int64(w.Body.Len()))
	}
}

// BenchmarkSearch is the slowest search: a word that no title has.
func BenchmarkSearch(b *testing.B) {
	s := New(Config{Spaces: 1_000_000})
	for b.Loop() {
		clear(s.titled.found)
		s.hits("nosuchword", "all", 100, 0)
	}
}
