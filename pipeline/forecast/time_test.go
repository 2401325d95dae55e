package forecast

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestSecondsOfRequests(t *testing.T) {
	one := Pace{300, 300, 1}
	for _, c := range []struct {
		name     string
		pace     Pace
		requests Range
		spaced   bool
		windows  Range
		seconds  Range
	}{
		{"nothing", one, Range{0, 0}, false, Range{0, 0}, Range{0, 0}},
		{"one request", one, Range{1, 1}, false, Range{1, 1}, Range{0, 1}},
		{"a window", one, Range{300, 300}, false, Range{1, 1}, Range{0, 75}},
		{"one more", one, Range{301, 301}, false, Range{2, 2}, Range{900, 903 + 75}},
		{"a range", one, Range{10, 1000}, false, Range{1, 4}, Range{0, 3*903 + 75}},
		{"three tokens", Pace{900, 900, 1}, Range{900, 901}, false, Range{1, 2}, Range{0, 903 + 225}},
		{"buyers of one creator or of three", Pace{900, 300, 1}, Range{900, 900}, false, Range{1, 3}, Range{0, 2*903 + 75}},
		{"one a second", one, Range{61, 61}, true, Range{1, 1}, Range{60, 122}},
		{"one a second and app", Pace{600, 600, 2}, Range{61, 61}, true, Range{1, 1}, Range{30, 61}},
		{"spaced over windows", one, Range{301, 301}, true, Range{2, 2}, Range{900, 903 + 600}},
	} {
		if got := c.pace.windows(c.requests); got != c.windows {
			t.Errorf("%s: windows %v, want %v", c.name, got, c.windows)
		}
		if got := c.pace.seconds(c.requests, c.spaced, 0); got != c.seconds {
			t.Errorf("%s: seconds %v, want %v", c.name, got, c.seconds)
		}
	}
}

// inProcess is a server without a network, so that a bubble of synctest can
// hold it.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

// A whole run takes as long as its forecast says, with the simulator's windows
// of the documented limits and time that does not pass: the time of the
// requests it did send within a minute and a few per cent, the forecast from
// before the run surely.
func TestMinutesAreTheRuns(t *testing.T) {
	scratchtest.SkipRacing(t)
	user := func(name, owner string) extract.Credential {
		return extract.Credential{Name: name, Kind: extract.UserCredential, Owner: owner, Source: extract.Token("token-of-user-" + name)}
	}
	for name, c := range map[string]struct {
		tokens  []extract.Credential
		spaces  int
		waiting time.Duration
	}{
		"an app token, two windows":         {nil, 310, 15 * time.Minute},
		"an app token and a user, just one": {[]extract.Credential{user("a", "11")}, 310, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				foreseen, took := timed(t, c.tokens, c.spaces)
				if took < c.waiting || took > c.waiting+2*time.Minute {
					t.Errorf("took %s, want %s and a little", took, c.waiting)
				}
				if m := foreseen.Minutes; took < time.Duration(m.Low)*time.Minute || took > time.Duration(m.High)*time.Minute {
					t.Errorf("took %s, forecast %d to %d minutes", took, m.Low, m.High)
				}
			})
		})
	}
}

// timed forecasts and runs a job that asks for the tweets of so many Spaces.
func timed(t *testing.T, tokens []extract.Credential, spaces int) (Forecast, time.Duration) {
	t.Helper()
	users := map[string]string{}
	for _, u := range tokens {
		users["token-of-user-"+u.Name] = u.Owner
	}
	sim := simulator.New(simulator.Config{Spaces: 2000, UserTokens: users, Latency: 200 * time.Millisecond})
	client, err := extract.New(extract.Config{Transport: inProcess{sim}, AppToken: "app-token-of-a-test", Credentials: tokens})
	if err != nil {
		t.Fatal(err)
	}
	locked, err := store.Dir(t.TempDir()).Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	plan := store.Plan{Job: "test", Dialect: schemas.TweetDialect, Tweets: true, Seeds: store.Lookups(sim.SpaceIDs(spaces))}
	pace := func(e schemas.Endpoint) Pace {
		c := client.Capacity(e)
		return Pace{c.Most, c.Least, c.Apps}
	}
	f := Forecaster{Prices: schemas.DefaultPrices(), Today: "2000-01-01", Pace: pace}
	foreseen := f.Forecast(plan, plan.Seeds)
	planned, err := locked.Begin(store.Planned{Plan: plan, Seeds: plan.Seeds}, "test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline.Pipeline{Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: locked, Fetcher: extract.NewRetry(client)}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	start := time.Now()
	if err := p.Crawl(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	var exact Range // of the requests that there were
	for e, n := range sim.RequestCounts() {
		asked := Range{int64(n), int64(n)}
		s := pace(schemas.Endpoint(e)).seconds(asked, false, 0)
		exact = Range{max(exact.Low, s.Low), exact.High + s.High}
	}
	low, high := time.Duration(exact.Low)*time.Second, time.Duration(exact.High)*time.Second
	if took < low || took > high || high-low > time.Minute+low/50+time.Duration(spaces)*time.Second/4 {
		t.Errorf("took %s, of its %v requests %s to %s", took, sim.RequestCounts(), low, high)
	}
	return foreseen, took
}
