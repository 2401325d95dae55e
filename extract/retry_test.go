package extract

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

// script answers with one status after the other, then with 200.
func script(requests *atomic.Int64, statuses ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if n := int(requests.Add(1)); n <= len(statuses) {
			always(statuses[n-1], "")(w, r)
			return
		}
		always(200, none)(w, r)
	}
}

func TestTemporaryFailuresAreTriedAgain(t *testing.T) {
	clock := newClock()
	var requests atomic.Int64
	var events []Event
	cfg := tokens(serve(t, script(&requests, 500, 429, 503, 429, 502)))
	cfg.Now, cfg.Sleep, cfg.BaseDelay, cfg.UnknownDelay = clock.Now, clock.Sleep, time.Second, time.Minute
	cfg.Notify = func(e Event) {
		if e.Kind != EventRequest && e.Kind != EventClock { // the server's clock is a real one
			events = append(events, e)
		}
	}
	client := newClient(t, cfg)
	page, err := NewRetry(client).Fetch(context.Background(), spaceNumber(1), nil)
	if err != nil || page.Attempts != 6 {
		t.Fatalf("got %d attempts, %v, want 6", page.Attempts, err)
	}
	var sum time.Duration
	for i, most := range []time.Duration{time.Second, 61 * time.Second, 2 * time.Second, 121 * time.Second, 4 * time.Second} {
		if clock.slept[i] > most || i%2 == 1 && clock.slept[i] < most-time.Second {
			t.Errorf("wait %d: got %s, want at most %s", i, clock.slept[i], most)
		}
		sum += clock.slept[i]
	}
	if page.WaitedMS != sum.Milliseconds() {
		t.Errorf("waited %d ms, want %d", page.WaitedMS, sum.Milliseconds())
	}
	kinds := ""
	for _, e := range events {
		kinds += string(e.Kind) + " "
	}
	if kinds != "retry wait retry wait retry " {
		t.Errorf("got events %s", kinds)
	}
	if s := client.Stats(); s.Retries != 3 || s.Limited[LimitUnknown] != 2 || s.Requests != 6 || s.Waited != sum {
		t.Errorf("got %+v", s)
	}
}

func TestAServerThatIsDownEndsTheFetch(t *testing.T) {
	var requests atomic.Int64
	client := newClient(t, tokens(serve(t, script(&requests, 500, 500, 500, 500, 500, 500))))
	_, err := NewRetry(client).Fetch(context.Background(), spaceNumber(1), nil)
	var temporary *TemporaryError
	if !errors.As(err, &temporary) || temporary.Tries != 4 || temporary.Status != 500 || requests.Load() != 4 {
		t.Errorf("got %v after %d requests, want a TemporaryError after 4", err, requests.Load())
	}
	checkMessage(t, "down", err)
}

func TestFinalErrorsAreNotTriedAgain(t *testing.T) {
	for status, want := range map[int]string{401: "auth rejected", 402: "cap credits", 410: "status"} {
		var requests atomic.Int64
		_, err := NewRetry(newClient(t, tokens(serve(t, script(&requests, status, status))))).Fetch(context.Background(), spaceNumber(1), nil)
		if got := kindOf(schemas.Page{}, err); got != want || requests.Load() != 1 {
			t.Errorf("%d: got %s after %d requests, want %s after one", status, got, requests.Load(), want)
		}
	}
}

func TestWaitsEndAtTheDeadline(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"deadline": func(c *Config) { c.Deadline = c.Now().Add(10 * time.Minute) },
		"max wait": func(c *Config) { c.MaxWait = 5 * time.Minute },
	} {
		clock := newClock()
		sim, url := simulate(t, simulator.Config{Limits: map[string]int{"*": 2}, Now: clock.Now})
		cfg := tokens(url)
		cfg.Now, cfg.Sleep = clock.Now, clock.Sleep
		change(&cfg)
		retry := NewRetry(newClient(t, cfg))
		var err error
		for i := range 3 {
			_, err = retry.Fetch(context.Background(), spaceNumber(i), nil)
		}
		var deadline *DeadlineError
		var limit *RateLimitError
		if !errors.As(err, &deadline) || !errors.As(err, &limit) || len(clock.slept) != 0 || len(sim.Requests()) != 2 {
			t.Errorf("%s: got %v after %v, want a DeadlineError at once", name, err, clock.slept)
			continue
		}
		if wait := deadline.Until.Sub(clock.Now()); wait < 15*time.Minute || wait > 16*time.Minute {
			t.Errorf("%s: until %s, want the window's reset", name, deadline.Until)
		}
		if outcome, scope := deadline.Stop(); outcome != schemas.Waiting || scope != schemas.EndpointScope {
			t.Errorf("%s: ends %d as %s, want the endpoint, waiting", name, scope, outcome)
		}
		checkMessage(t, name, err)
	}
}

func TestCancellingEndsAWait(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cfg := tokens(serve(t, always(429, "")))
	cfg.UnknownDelay = time.Hour
	cfg.MaxWait = 2 * time.Hour
	cfg.Notify = func(e Event) {
		if e.Kind == EventWait {
			cancel()
		}
	}
	_, err := NewRetry(newClient(t, cfg)).Fetch(ctx, spaceNumber(1), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestCancellingEndsARequest(t *testing.T) {
	slow(t)
	ctx, cancel := context.WithCancel(context.Background())
	client := newClient(t, tokens(serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})))
	var wait sync.WaitGroup
	for range 3 { // one sends, the others wait for its answer
		wait.Go(func() {
			if _, err := NewRetry(client).Fetch(ctx, spaceNumber(1), nil); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		})
	}
	wait.Wait()
	for _, l := range client.windows.lanes {
		if l.inflight != 0 || l.window.inflight != 0 {
			t.Errorf("%s: got %d reservations left, want none", l.endpoint, l.inflight)
		}
	}
}

func TestABrokenSleepDoesNotHang(t *testing.T) {
	var requests atomic.Int64
	cfg := tokens(serve(t, script(&requests, 500)))
	cfg.Sleep = func(context.Context, time.Duration) error { return errors.New("no clock") }
	if _, err := NewRetry(newClient(t, cfg)).Fetch(context.Background(), spaceNumber(1), nil); err != nil {
		t.Errorf("got %v, want a page", err)
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	if err := sleep(ctx, 0); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	cancel()
	if err := sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
