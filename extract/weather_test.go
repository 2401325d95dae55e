package extract

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// timed is a client whose clock only waiting moves, and a server.
func timed(t *testing.T, h http.HandlerFunc, change func(*Config)) (*Retry, *clock) {
	t.Helper()
	clock := newClock()
	cfg := tokens(serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		h(w, r)
	}))
	cfg.Now, cfg.Sleep, cfg.BaseDelay, cfg.UnknownDelay, cfg.BurstDelay, cfg.UserToken = clock.Now, clock.Sleep, time.Second, time.Minute, time.Second, ""
	if change != nil {
		change(&cfg)
	}
	return NewRetry(newClient(t, cfg)), clock
}

// stops returns what an error of a fetch puts an end to.
func stops(t *testing.T, err error) (schemas.Outcome, schemas.Scope) {
	t.Helper()
	var stop schemas.Stopper
	if !errors.As(err, &stop) {
		t.Fatalf("%v is no schemas.Stopper", err)
	}
	return stop.Stop()
}

// An outage is weather for as long as the job allows, however often one request
// is tried at once.
func TestAnOutageIsWeatherForSoLong(t *testing.T) {
	for status, retryFor := range map[int]time.Duration{503: 0, 502: 3 * time.Minute, 404: 10 * time.Second} {
		var up atomic.Bool
		retry, clock := timed(t, func(w http.ResponseWriter, r *http.Request) {
			if up.Load() {
				always(200, none)(w, r)
				return
			}
			always(status, htmlBody)(w, r)
		}, func(c *Config) { c.RetryFor = retryFor })
		if retryFor == 0 {
			retryFor = 15 * time.Minute
		}
		up.Store(true)
		if _, err := retry.Fetch(t.Context(), spaceNumber(0), nil); err != nil {
			t.Fatal(err)
		}
		up.Store(false)
		start, later := clock.Now(), 0
		var err error
		for i := 1; i < 10000; i++ {
			_, err = retry.Fetch(t.Context(), spaceNumber(i), nil)
			if outcome, scope := stops(t, err); outcome != schemas.Failed || scope != schemas.LaterScope {
				break
			}
			later++
		}
		outcome, scope := stops(t, err)
		if took := clock.Now().Sub(start); outcome != schemas.Waiting || scope != schemas.RunScope || took != retryFor || later == 0 {
			t.Errorf("%d: ended %d as %s after %s and %d requests for later, want the run, waiting, after %s", status, scope, outcome, took, later, retryFor)
		}
		if want := retryFor.String() + ","; !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "the same command goes on") {
			t.Errorf("%d: %q does not say how long it was tried and how it goes on", status, err)
		}
		checkMessage(t, fmt.Sprint(status), err)
		up.Store(true)
		if _, err := retry.Fetch(t.Context(), spaceNumber(1), nil); err != nil {
			t.Errorf("%d: when it is over: %v", status, err)
		}
		up.Store(false)
		if _, scope := stops(t, second(retry.Fetch(t.Context(), spaceNumber(1), nil))); scope != schemas.LaterScope {
			t.Errorf("%d: the next outage ends %d at once, want it to begin anew", status, scope)
		}
	}
}

func second(_ schemas.Page, err error) error { return err }

// What fails while others are answered is lasting for itself only.
func TestAFailureAmongPagesIsTheRequestsOwn(t *testing.T) {
	var retry *Retry
	retry, _ = timed(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "1space0000001") {
			always(500, "")(w, r)
			return
		}
		always(200, none)(w, r)
	}, func(c *Config) {
		c.Notify = func(e Event) {
			if e.Kind == EventRetry && e.Tries == 2 {
				if _, err := retry.Fetch(t.Context(), spaceNumber(2), nil); err != nil {
					t.Error(err)
				}
			}
		}
	})
	_, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
	var temporary *TemporaryError
	if outcome, scope := stops(t, err); outcome != schemas.Failed || scope != schemas.RequestScope || !errors.As(err, &temporary) || temporary.Tries != 4 {
		t.Errorf("got %v, which ends %d as %s; want the request's failure after 4 tries", err, scope, outcome)
	}
}

// A page that was under way when the outage began does not make it the request's.
func TestAnAnswerUnderWayIsNoSign(t *testing.T) {
	var retry *Retry
	var down atomic.Bool
	down.Store(true)
	retry, _ = timed(t, func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			always(503, "")(w, r)
			return
		}
		always(200, none)(w, r)
	}, func(c *Config) {
		c.Notify = func(e Event) {
			if e.Kind == EventRetry && e.Tries == 1 {
				down.Store(false)
				if _, err := retry.Fetch(t.Context(), spaceNumber(2), nil); err != nil {
					t.Error(err)
				}
				down.Store(true)
			}
		}
	})
	_, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
	if _, scope := stops(t, err); scope != schemas.LaterScope {
		t.Errorf("got %v, which ends %d, want it later", err, scope)
	}
}

// The last request of a run has nobody after it: put off and asked again, it is its
// own failure if others got pages in between.
func TestAFailureThatWasPutOffIsTheRequestsOwn(t *testing.T) {
	var requests atomic.Int64
	retry, clock := timed(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1); strings.HasSuffix(r.URL.Path, "1space0000001") {
			always(500, "")(w, r)
			return
		}
		always(200, none)(w, r)
	}, nil)
	for i, want := range []schemas.Scope{schemas.LaterScope, schemas.LaterScope, schemas.RequestScope} {
		if i == 2 {
			if _, err := retry.Fetch(t.Context(), spaceNumber(2), nil); err != nil {
				t.Fatal(err)
			}
		}
		_, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
		if outcome, scope := stops(t, err); outcome != schemas.Failed || scope != want {
			t.Errorf("time %d: got %v, which ends %d as %s; want %d", i, err, scope, outcome, want)
		}
	}
	if passed := clock.Now().Sub(newClock().Now()); passed > time.Minute {
		t.Errorf("took %s", passed)
	}
}

// An answer that may have been charged for is not asked for eight times.
func TestWhatMayBeChargedIsTriedThreeTimes(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"html": always(200, htmlBody),
		"short body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(none))
		},
		"cut JSON": always(200, `{"data":[{"id":"1`),
	} {
		var requests atomic.Int64
		retry, _ := timed(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			h(w, r)
		}, func(c *Config) { c.MaxTries = 8 })
		_, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
		if _, scope := stops(t, err); scope != schemas.LaterScope || requests.Load() != 3 {
			t.Errorf("%s: ends %d after %d requests (%v), want it later after 3", name, scope, requests.Load(), err)
		}
	}
}

// The wait for a window between two failures is no outage.
func TestAWindowIsNoOutage(t *testing.T) {
	var requests atomic.Int64
	retry, clock := timed(t, script(&requests, 503, 429, 429, 429, 429, 503), nil)
	page, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
	if passed := clock.Now().Sub(newClock().Now()); err != nil || !page.OK() || passed < 15*time.Minute {
		t.Errorf("got %v after %s, want a page after 15 minutes", err, passed)
	}
}

// windowed answers 429: at first as in a window that is spent for so long, then
// as one that says nothing.
func windowed(t *testing.T, spent int, change func(*Config)) (*Retry, *clock, *atomic.Int64) {
	var requests atomic.Int64
	var now func() time.Time
	retry, clock := timed(t, func(w http.ResponseWriter, r *http.Request) {
		if n := requests.Add(1); n <= int64(spent) {
			refusal{headers: "x-rate-limit-limit 300 x-rate-limit-remaining 0 x-rate-limit-reset 14m"}.write(w.Header(), now(), "")
		}
		always(429, "")(w, r)
	}, change)
	now = clock.Now
	return retry, clock, &requests
}

func TestRefusalsInARowEndTheEndpoint(t *testing.T) {
	retry, _, requests := windowed(t, 100, nil)
	_, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
	if outcome, scope := stops(t, err); outcome != schemas.Waiting || scope != schemas.EndpointScope || requests.Load() != 10 {
		t.Errorf("got %v, which ends %d as %s after %d requests; want the endpoint, waiting, after 10", err, scope, outcome, requests.Load())
	}
	checkMessage(t, "refusals", err)
}

func TestAnHourWithoutAPageEndsTheEndpoint(t *testing.T) {
	for spent, longest := range []time.Duration{time.Hour, time.Hour + 14*time.Minute, time.Hour + 28*time.Minute} {
		retry, clock, _ := windowed(t, spent, nil)
		_ = clock.Sleep(t.Context(), 3*time.Hour) // nobody asked for anything
		start := clock.Now()
		_, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
		took := clock.Now().Sub(start)
		if outcome, scope := stops(t, err); outcome != schemas.Waiting || scope != schemas.EndpointScope || took > longest+5*time.Second || took < longest-16*time.Minute {
			t.Errorf("got %v, which ends %d as %s after %s; want the endpoint, waiting, after %s at most", err, scope, outcome, took, longest)
		}
		checkMessage(t, "drought", err)
		if _, err = retry.Fetch(t.Context(), spaceNumber(2), nil); clock.Now().Sub(start) > longest+5*time.Second {
			t.Errorf("%v: the next request began another hour", err)
		}
	}
}

// Waits at the same time count once, and the spacing of creators is none.
func TestWaitingTogetherIsBounded(t *testing.T) {
	retry, clock, _ := windowed(t, 0, func(c *Config) { c.MaxTotalWait = 10 * time.Minute })
	start := clock.Now()
	_, err := retry.Fetch(t.Context(), spaceNumber(1), nil)
	if outcome, scope := stops(t, err); outcome != schemas.Waiting || scope != schemas.EndpointScope || clock.Now().Sub(start) > 10*time.Minute || !strings.Contains(err.Error(), "10m0s") {
		t.Errorf("got %v, which ends %d as %s after %s; want the endpoint, waiting, after 10 minutes at most", err, scope, outcome, clock.Now().Sub(start))
	}
	checkMessage(t, "total", err)

	w := newWeather(start, false)
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	first, second := w.wait(at(0), true), w.wait(at(2), true)
	first(at(4))
	if got := w.patience(at(4), 10*time.Minute, drought); got != at(10) {
		t.Errorf("with a wait under way: patience until %s, want %s", got, at(10))
	}
	second(at(5))
	if got := w.patience(at(60), 10*time.Minute, drought); got != at(65) {
		t.Errorf("after two waits of five minutes together: patience until %s, want %s", got, at(65))
	}

	retry, clock = timed(t, always(200, none), func(c *Config) { c.MaxTotalWait, c.CreatorSpacing = time.Second, time.Second })
	for range 5 {
		if _, err := retry.Fetch(t.Context(), oneOf(schemas.Creators), nil); err != nil {
			t.Errorf("creators, after %s: %v", clock.Now().Sub(start), err)
		}
	}
}
