package extract

import (
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
)

// A page has the server's time where our clock is off by more than two minutes, and
// that is said once; of less, and of servers without a Date, ours counts.
func TestPagesHaveTheServersTime(t *testing.T) {
	for _, off := range []time.Duration{0, time.Minute, -time.Minute, 3 * time.Minute, -3 * time.Minute, 365 * 24 * time.Hour, -365 * 24 * time.Hour} {
		clock := newClock()
		_, url := simulate(t, simulator.Config{NoRateLimits: true, Now: clock.Now})
		cfg := tokens(url)
		cfg.Now = func() time.Time { return clock.Now().Add(off) }
		var said []string
		cfg.Notify = func(e Event) {
			if e.Kind == EventClock {
				said = append(said, e.Reason)
			}
		}
		client := newClient(t, cfg)
		want := clock.Now()
		if off.Abs() <= 2*time.Minute {
			want = want.Add(off)
		}
		for i := range 3 {
			page, err := client.Fetch(t.Context(), spaceNumber(i), nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := page.FetchedAt.Sub(want); d.Abs() > 5*time.Second {
				t.Errorf("off by %s: a page of %s, want about %s", off, page.FetchedAt, want)
			}
		}
		side := map[bool]string{true: "ahead of the server's", false: "behind the server's"}[off > 0]
		if off.Abs() <= 2*time.Minute && said != nil || off.Abs() > 2*time.Minute && (len(said) != 1 || !strings.HasSuffix(said[0], side)) {
			t.Errorf("off by %s: said %q", off, said)
		}
	}
}

// A clock that went back, or on by days, is corrected before the first request for
// data; where nobody says what time it is, it is taken as it is.
func TestClockAsksForTheTime(t *testing.T) {
	for _, c := range []struct {
		since, off time.Duration
		asks       bool
	}{
		{time.Hour, time.Hour, false}, {47 * time.Hour, 0, false}, {49 * time.Hour, 0, true},
		{365 * 24 * time.Hour, 365 * 24 * time.Hour, true}, {-time.Hour, -25 * time.Hour, true},
	} {
		clock := newClock()
		sim, url := simulate(t, simulator.Config{NoRateLimits: true, Now: clock.Now})
		cfg := tokens(url)
		cfg.Now = func() time.Time { return clock.Now().Add(c.off) }
		now := newClient(t, cfg).Clock(t.Context(), cfg.Now, cfg.Now().Add(-c.since))
		if n := len(sim.Requests()); (n == 1) != c.asks || n > 1 {
			t.Errorf("%+v: %d requests", c, n)
		}
		want := clock.Now()
		if !c.asks {
			want = cfg.Now()
		}
		if d := now().Sub(want); d.Abs() > 5*time.Second {
			t.Errorf("%+v: it is %s, want about %s", c, now(), want)
		}
	}
	cfg := tokens("http://127.0.0.1:9")
	cfg.Now = newClock().Now
	if now := newClient(t, cfg).Clock(t.Context(), cfg.Now, cfg.Now().Add(time.Hour)); !now().Equal(cfg.Now()) {
		t.Error("nobody says what time it is, and it is not taken as it is")
	}
	if now := newClient(t, cfg).Clock(t.Context(), cfg.Now, time.Time{}); !now().Equal(cfg.Now()) {
		t.Error("of a first run nobody is asked")
	}
}
