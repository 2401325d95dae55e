package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// picky is a server that refuses batches for the sake of some of their members,
// and those members alone.
type picky struct {
	URL  string
	bad  []string
	how  string // named, anonymous, forbidden, large, all, none, other
	more int    // ids above which it refuses a batch as too large

	mu    sync.Mutex
	asked [][]string
}

func newPicky(t *testing.T, how string, bad ...string) *picky {
	t.Helper()
	s := &picky{how: how, bad: bad}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

func (s *picky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ids := strings.Split(r.FormValue("user_ids")+r.FormValue("ids"), ",")
	s.mu.Lock()
	s.asked = append(s.asked, ids)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	for name, value := range map[string]string{"limit": "300", "remaining": "299", "reset": "4102444800"} {
		w.Header().Set("x-rate-limit-"+name, value)
	}
	var wrong []string
	for _, id := range ids {
		if slices.Contains(s.bad, id) {
			wrong = append(wrong, id)
		}
	}
	problem := func(status int, kind, detail string, more map[string]any) {
		body := map[string]any{"type": "https://api.twitter.com/2/problems/" + kind, "title": kind, "detail": detail}
		for key, value := range more {
			body[key] = value
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	switch {
	case s.more > 0 && len(ids) > s.more:
		w.WriteHeader(http.StatusRequestURITooLong)
		fmt.Fprint(w, "<html>414 Request-URI Too Large</html>")
	case s.how == "all":
		problem(403, "not-yet-known", "You may not ask for this.", nil)
	case s.how == "other" && len(ids) > 1:
		problem(400, "invalid-request", "One or more parameters to your request was invalid.", nil)
	case s.how == "none", s.how == "other":
		problem(403, "not-authorized-for-resource", "Sorry, you are not authorized to see this.", nil)
	case len(wrong) == 0:
		var data []map[string]any
		for _, id := range ids {
			data = append(data, map[string]any{"id": "1x" + id, "state": "live", "creator_id": id, "title": "t"})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "meta": map[string]any{"result_count": len(data)}})
	case s.how == "named":
		problem(400, "invalid-request", "One or more parameters to your request was invalid.", map[string]any{"errors": []any{map[string]any{
			"parameters": map[string]any{"user_ids": []string{strings.Join(ids, ",")}},
			"message":    fmt.Sprintf("The `user_ids` query parameter value [%s] is not valid", wrong[0]),
		}}})
	case s.how == "anonymous":
		problem(400, "invalid-request", "One or more parameters to your request was invalid.", nil)
	case s.how == "forbidden":
		problem(403, "disallowed-resource", "One of these may not be shown.", nil)
	}
}

// asks runs a plan for creators against the server.
func (s *picky) asks(t *testing.T, locked *store.Locked, creators []string) (*Pipeline, error) {
	t.Helper()
	client, err := extract.New(extract.Config{BaseURL: s.URL, AppToken: appToken, CreatorSpacing: time.Nanosecond, BaseDelay: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	plan := store.Plan{Job: "test", Creators: creators}
	planned := resumed(t, locked, plan, true, time.Now())
	p := &Pipeline{Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: locked, Fetcher: extract.NewRetry(client)}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, p.Crawl(t.Context())
}

// numbers are so many user ids.
func numbers(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprint(1000+i))
	}
	return ids
}

// log2 is the logarithm, rounded up.
func log2(n int) (k int) {
	for 1<<k < n {
		k++
	}
	return k
}

// A member that the API refuses costs itself and a few requests, however it is
// refused, and the crawl says what is missing.
func TestRefusedMembersCostThemselves(t *testing.T) {
	for _, how := range []string{"named", "anonymous", "forbidden"} {
		for _, c := range []struct{ n, bad int }{{100, 1}, {100, 3}, {64, 1}, {37, 2}, {3, 1}, {100, 8}} {
			creators := numbers(c.n)
			bad := slices.Clone(creators)
			rand.Shuffle(len(bad), func(i, j int) { bad[i], bad[j] = bad[j], bad[i] })
			bad = bad[:c.bad]
			s := newPicky(t, how, bad...)
			locked := newStore(t)
			p, err := s.asks(t, locked, creators)
			if err != nil {
				t.Fatalf("%s, %d bad of %d: %v", how, c.bad, c.n, err)
			}
			name := fmt.Sprintf("%s, %v bad of %d", how, bad, c.n)
			if found := len(p.crawl.walk.spaces); found != c.n-c.bad {
				t.Errorf("%s: %d Spaces of %d", name, found, c.n-c.bad)
			}
			if most := 1 + c.bad*2*log2(c.n) + 2; len(s.asked) > most {
				t.Errorf("%s: %d requests, want at most %d", name, len(s.asked), most)
			}
			var m store.Manifest
			p.crawl.walk.tell(&m)
			var missing []string
			for _, one := range m.Missing {
				missing = append(missing, one.Member)
				if one.Kind != schemas.GapRefused || one.Known || one.Reason == "" {
					t.Errorf("%s: missing %+v", name, one)
				}
			}
			slices.Sort(bad)
			if !slices.Equal(missing, bad) || m.Asked[schemas.Creators] != c.n || m.Came[schemas.Creators] != c.n-c.bad {
				t.Errorf("%s: missing %v, asked %v, came %v", name, missing, m.Asked, m.Came)
			}
			asked := len(s.asked)
			_ = p.Close()
			if _, err := s.asks(t, locked, creators); err != nil || len(s.asked) != asked {
				t.Errorf("%s: again: %v, %d more requests", name, err, len(s.asked)-asked)
			}
		}
	}
}

// A batch that is too large for whoever stands before the API comes in parts.
func TestBatchesTooLargeComeInParts(t *testing.T) {
	s := newPicky(t, "named")
	s.more = 30
	p, err := s.asks(t, newStore(t), numbers(100))
	if err != nil || len(p.crawl.walk.spaces) != 100 {
		t.Fatalf("%d Spaces of 100, %v", len(p.crawl.walk.spaces), err)
	}
}

// An endpoint that refuses whatever it is asked is found out quickly, and does not
// end as done.
func TestEndpointThatRefusesAllIsClosed(t *testing.T) {
	s := newPicky(t, "all")
	_, err := s.asks(t, newStore(t), numbers(350))
	var all *EndpointError
	if !errors.As(err, &all) || all.Endpoint != schemas.Creators {
		t.Errorf("error %v, want that creators refuses all", err)
	}
	if len(s.asked) > 4*7 { // batches under way, each with its halves and two of each
		t.Errorf("%d requests", len(s.asked))
	}
}

// Where the problem's type says that it is about what was asked for, all members can be
// refused without the endpoint being so: each is missing. So it is where they are refused
// in other words than their batches.
func TestRefusedMembersAreNoRefusedEndpoint(t *testing.T) {
	for _, n := range []int{2, 5, 64, 100, -5, -100} {
		s := newPicky(t, "none")
		if n < 0 {
			n, s.how = -n, "other"
		}
		p, err := s.asks(t, newStore(t), numbers(n))
		var all *EndpointError
		var stopped *StoppedError
		if errors.As(err, &all) || !errors.As(err, &stopped) || stopped.Outcome != schemas.Failed {
			t.Errorf("%d: error %v, want that nothing came", n, err)
		}
		var m store.Manifest
		p.crawl.walk.tell(&m)
		if len(m.Missing) != n || len(s.asked) > 2*n {
			t.Errorf("%d: %d missing, %d requests", n, len(m.Missing), len(s.asked))
		}
	}
}
