package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// simulate starts a simulator for one test.
func simulate(t *testing.T, cfg simulator.Config) (*simulator.Simulator, string) {
	t.Helper()
	if cfg.Spaces == 0 {
		cfg.Spaces = 50
	}
	sim := simulator.New(cfg)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return sim, server.URL
}

// fetchAll fetches n requests with some workers.
func fetchAll(t *testing.T, r *Retry, workers, n int, request func(int) schemas.Request) []schemas.Page {
	t.Helper()
	var wait sync.WaitGroup
	pages := make([]schemas.Page, n)
	for worker := range workers {
		wait.Go(func() {
			for i := worker; i < n; i += workers {
				page, err := r.Fetch(context.Background(), request(i), nil)
				if err != nil {
					t.Errorf("request %d: %v", i, err)
				}
				pages[i] = page
			}
		})
	}
	wait.Wait()
	return pages
}

func spaceNumber(i int) schemas.Request {
	return schemas.Request{Endpoint: schemas.SpaceByID, IDs: []string{fmt.Sprintf("1space%07d", i)}}
}

// limited counts the 429s a simulator answered with.
func limited(sim *simulator.Simulator) (n int) {
	for _, r := range sim.Requests() {
		if r.Status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

func TestNoRequestIsSentIntoASpentWindow(t *testing.T) {
	for _, c := range []struct {
		workers, limit, spent int
		skew                  time.Duration
		zone                  string
	}{
		{1, 10, 0, 0, ""}, {4, 10, 0, 0, ""}, {4, 1, 0, 0, ""}, {4, 3, 0, 0, simulator.ZoneUTC}, {16, 10, 7, 0, ""}, {4, 10, 10, 0, ""},
		{4, 10, 0, time.Hour, simulator.ZoneUTC}, {4, 10, 3, -time.Hour, simulator.ZoneUTC}, {4, 10, 3, 2500 * time.Millisecond, ""},
	} {
		clock := newClock()
		sim, url := simulate(t, simulator.Config{Limits: map[string]int{"*": c.limit}, DateZone: c.zone, Now: func() time.Time { return clock.Now().Add(c.skew) }})
		cfg := tokens(url)
		cfg.Now, cfg.Sleep = clock.Now, clock.Sleep
		other := newClient(t, cfg) // the same token in another program
		for i := range c.spent {
			if _, err := other.Fetch(context.Background(), spaceNumber(i), nil); err != nil {
				t.Fatal(err)
			}
		}
		fetchAll(t, NewRetry(newClient(t, cfg)), c.workers, 40, spaceNumber)
		most := 0
		if c.spent == c.limit {
			most = 1 // nothing but a 429 can tell
		}
		if n := limited(sim); n > most {
			t.Errorf("%+v: got %d answers 429, want at most %d", c, n, most)
		}
		windows := time.Duration((40+c.spent-1)/c.limit) * 15 * time.Minute
		if passed := clock.Now().Sub(newClock().Now()); passed < windows {
			t.Errorf("%+v: done after %s, want at least %s", c, passed, windows)
		}
	}
}

func TestShortWindowsInRealTime(t *testing.T) {
	slow(t)
	t.Parallel()
	sim, url := simulate(t, simulator.Config{Window: time.Second, Limits: map[string]int{"*": 40}})
	client := newClient(t, tokens(url))
	fetchAll(t, NewRetry(client), 4, 70, spaceNumber)
	if n := limited(sim); n > 1 {
		t.Errorf("got %d answers 429 in two windows, want at most one", n)
	}
	if s := client.Stats(); s.Requests != int64(len(sim.Requests())) || s.Waited == 0 || s.Pages != 70 {
		t.Errorf("got %+v", s)
	}
}

func TestWithoutHeadersTheDocumentedLimitCounts(t *testing.T) {
	clock := newClock()
	var mu sync.Mutex
	sent := map[int64]int{} // by window
	cfg := tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		sent[clock.Now().Unix()/900]++
		w.Header()["Date"] = nil
		always(200, none)(w, r)
	}))
	cfg.Now, cfg.Sleep, cfg.AppToken = clock.Now, clock.Sleep, ""
	retry := NewRetry(newClient(t, cfg))
	fetchAll(t, retry, 4, 310, spaceNumber)
	fetchAll(t, retry, 4, 310, func(int) schemas.Request { return oneOf(schemas.Users) })
	for window, n := range sent {
		if n > 300+310 {
			t.Errorf("window %d: got %d requests", window, n)
		}
	}
	if len(clock.slept) == 0 || len(clock.slept) > 12 {
		t.Errorf("slept %v, want once per worker and window of Spaces; user tokens have 900 for users", clock.slept)
	}
}

func TestCreatorsAreAskedOnePerSpacing(t *testing.T) {
	sim, url := simulate(t, simulator.Config{CreatorSpacing: 20 * time.Millisecond})
	client := newClient(t, tokens(url))
	fetchAll(t, NewRetry(client), 4, 12, func(i int) schemas.Request {
		return schemas.Request{Endpoint: schemas.Creators, IDs: []string{strconv.Itoa(i + 1)}}
	})
	if n := limited(sim); n > 0 {
		t.Errorf("got %d answers 429, want none", n)
	}
}

func TestSpentWindowIsToldWithoutSending(t *testing.T) {
	reset := time.Now().Add(time.Minute).Truncate(time.Second)
	requests := 0
	client := newClient(t, tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		always(200, none, "x-rate-limit-limit", "1", "x-rate-limit-remaining", "0", "x-rate-limit-reset", strconv.FormatInt(reset.Unix(), 10))(w, r)
	})))
	if _, err := client.Fetch(context.Background(), spaceNumber(1), nil); err != nil {
		t.Fatal(err)
	}
	_, err := client.Fetch(context.Background(), spaceNumber(2), nil)
	var limit *RateLimitError
	if !errors.As(err, &limit) || !limit.Local || limit.Kind != LimitWindow || requests != 1 {
		t.Fatalf("got %v after %d requests, want a local RateLimitError after one", err, requests)
	}
	if limit.Reset.Before(reset) || limit.Reset.After(reset.Add(3*time.Second)) {
		t.Errorf("got reset %s, want shortly after %s", limit.Reset, reset)
	}
	if _, err := client.Fetch(context.Background(), oneOf(schemas.Search), nil); err != nil {
		t.Errorf("another endpoint: got %v, want a page", err)
	}
}
