package extract

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// lookups are the endpoints that may share a window.
var lookups = []schemas.Endpoint{schemas.SpaceByID, schemas.Spaces, schemas.Creators}

func TestSharedWindowsAreLearned(t *testing.T) {
	for shared, windows := range map[bool]time.Duration{false: 1, true: 5} { // of 36 and of 12 requests
		synctest.Test(t, func(t *testing.T) {
			sim := simulator.New(simulator.Config{Spaces: 50, SharedLookupBucket: shared, Limits: map[string]int{"*": 12}, CreatorSpacing: -1})
			cfg := Config{AppToken: appToken, CreatorSpacing: time.Nanosecond, Transport: inProcess{sim}}
			client := newClient(t, cfg)
			retry, start := NewRetry(client), time.Now()
			// The first answers come in turn; then all endpoints at once.
			fetchAll(t, retry, 1, 3, func(i int) schemas.Request { return oneOf(lookups[i]) })
			fetchAll(t, retry, 6, 60, func(i int) schemas.Request { return oneOf(lookups[i%3]) })
			if n := limited(sim); n > 0 {
				t.Errorf("shared %t: got %d answers 429, want none", shared, n)
			}
			k := client.keys.all[0]
			for _, e := range lookups[1:] {
				if got := client.windows.lanes[bucket{k, e}].window == client.windows.lanes[bucket{k, lookups[0]}].window; got != shared {
					t.Errorf("%s shares its window: %t, want %t", e, got, shared)
				}
			}
			if passed := time.Since(start); passed < windows*15*time.Minute || passed > windows*15*time.Minute+15*time.Second {
				t.Errorf("shared %t: took %s, want %d windows", shared, passed, windows)
			}
		})
	}
}

// Another program that uses the token can make two windows look like one.
func TestWindowsTakenForOneArePartedAgain(t *testing.T) {
	clock := newClock()
	type count struct {
		left  int
		reset time.Time
	}
	// Both windows were opened in one second and one request of the second was
	// another program's.
	counts := map[string]*count{"/2/spaces": {8, clock.now.Add(time.Minute)}, "/2/spaces/search": {7, clock.now.Add(time.Minute)}}
	cfg := many("https://api.example", &[]Event{}, appKey("a"))
	cfg.Now, cfg.Sleep = clock.Now, clock.Sleep
	var mu sync.Mutex
	refused := 0
	cfg.Transport = transport(func(r *http.Request) (int, http.Header) {
		mu.Lock()
		defer mu.Unlock()
		c, h, now, status := counts[r.URL.Path], http.Header{}, clock.Now(), http.StatusOK
		if !now.Before(c.reset) {
			*c = count{8, now.Add(15 * time.Minute)}
		}
		if c.left--; c.left < 0 {
			refused++
			c.left, status = 0, http.StatusTooManyRequests
		}
		h.Set("X-Rate-Limit-Limit", "8")
		h.Set("X-Rate-Limit-Remaining", strconv.Itoa(c.left))
		h.Set("X-Rate-Limit-Reset", strconv.FormatInt(c.reset.Unix(), 10))
		clock.Sleep(context.Background(), 3*time.Second)
		return status, h
	})
	client := newClient(t, cfg)
	retry := NewRetry(client)
	both := []schemas.Endpoint{schemas.Spaces, schemas.Search}
	joined := false
	for i := range 60 {
		if _, err := retry.Fetch(t.Context(), oneOf(both[i%2]), nil); err != nil {
			t.Fatal(err)
		}
		k := client.keys.all[0]
		if i > 0 {
			joined = joined || client.windows.lanes[bucket{k, both[0]}].window == client.windows.lanes[bucket{k, both[1]}].window
		}
	}
	k := client.keys.all[0]
	if !joined || client.windows.lanes[bucket{k, both[0]}].window == client.windows.lanes[bucket{k, both[1]}].window || refused > 0 {
		t.Errorf("joined %t, then parted %t, %d refused; want both and none", joined, !joined, refused)
	}
}

// A day's limit holds for all tokens of an app, the user's for one.
func TestTheDaysLimitsAreKept(t *testing.T) {
	for _, kind := range []string{"app", "user"} {
		clock := newClock()
		cfg := many("https://api.example", &[]Event{}, userKey("a", ""), userKey("b", ""))
		cfg.Now, cfg.Sleep, cfg.MaxWait = clock.Now, clock.Sleep, 30*time.Hour
		left, reset, refused := map[string]int{}, clock.now.Add(24*time.Hour), 0
		cfg.Transport = transport(func(r *http.Request) (int, http.Header) {
			h, owner := http.Header{}, r.Header.Get("Authorization")
			if kind == "app" {
				owner = "app"
			}
			if !clock.Now().Before(reset) {
				reset, left = clock.Now().Add(24*time.Hour), map[string]int{}
			}
			left[owner]++
			h.Set("X-Rate-Limit-Limit", "300")
			h.Set("X-Rate-Limit-Remaining", "250")
			h.Set("X-Rate-Limit-Reset", strconv.FormatInt(clock.Now().Add(15*time.Minute).Unix(), 10))
			h.Set("X-"+kind+"-Limit-24hour-Limit", "10")
			h.Set("X-"+kind+"-Limit-24hour-Remaining", fmt.Sprint(max(10-left[owner], 0)))
			h.Set("X-"+kind+"-Limit-24hour-Reset", strconv.FormatInt(reset.Unix(), 10))
			if left[owner] > 10 {
				refused++
				return http.StatusTooManyRequests, h
			}
			return http.StatusOK, h
		})
		fetchAll(t, NewRetry(newClient(t, cfg)), 1, 21, spaceNumber)
		want := map[string]time.Duration{"app": 48 * time.Hour, "user": 24 * time.Hour}[kind]
		if passed := clock.Now().Sub(newClock().Now()); refused > 0 || passed < want || passed > want+time.Minute {
			t.Errorf("%s: took %s with %d refusals, want %s and none", kind, passed, refused, want)
		}
	}
}
