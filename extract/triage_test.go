package extract

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// refusal is a 429 and what it means. In headers a duration stands for that
// time by the server's clock, in epoch seconds; date: for an HTTP date.
type refusal struct {
	name     string
	headers  string
	kind     LimitKind
	min, max time.Duration
}

// refusals are the cases of the API contract, each with a wait of its own.
var refusals = []refusal{
	{"spent", "x-rate-limit-remaining 0 x-rate-limit-reset 1m", LimitWindow, time.Minute, 62 * time.Second},
	{"spent, retry later", "x-rate-limit-remaining 0 x-rate-limit-reset 1m Retry-After 90", LimitWindow, 90 * time.Second, 90 * time.Second},
	{"whole window", "x-rate-limit-limit 300 x-rate-limit-remaining 0 x-rate-limit-reset 15m", LimitWindow, 15 * time.Minute, 15*time.Minute + 2*time.Second},
	{"absurd reset", "x-rate-limit-remaining 0 x-rate-limit-reset 9999h", LimitWindow, 15 * time.Minute, 16 * time.Minute},
	{"past reset", "x-rate-limit-remaining 0 x-rate-limit-reset -1h", LimitUnknown, time.Minute, time.Minute},
	{"not spent", "x-rate-limit-remaining 7 x-rate-limit-reset 1m", LimitBurst, time.Second, 2 * time.Second},
	{"not spent, far reset", "x-rate-limit-remaining 299 x-rate-limit-reset 15m", LimitBurst, time.Second, 2 * time.Second},
	{"no headers", "", LimitUnknown, time.Minute, time.Minute},
	{"retry-after", "Retry-After 5", LimitUnknown, 5 * time.Second, 5 * time.Second},
	{"retry-after date", "Retry-After date:7s", LimitUnknown, 7 * time.Second, 7 * time.Second},
	{"nonsense", "x-rate-limit-remaining x x-rate-limit-reset 1e9 Retry-After soon", LimitUnknown, time.Minute, time.Minute},
	{"app's day", "x-rate-limit-remaining 7 x-rate-limit-reset 1m x-app-limit-24hour-remaining 0 x-app-limit-24hour-reset 3h", LimitDay, 3 * time.Hour, 3*time.Hour + 2*time.Second},
	{"user's day", "x-user-limit-24hour-remaining 0 x-user-limit-24hour-reset 30m", LimitDay, 30 * time.Minute, 30*time.Minute + 2*time.Second},
	{"day over before the window", "x-rate-limit-remaining 0 x-rate-limit-reset 10m x-app-limit-24hour-remaining 0 x-app-limit-24hour-reset 1m", LimitWindow, 10 * time.Minute, 10*time.Minute + 2*time.Second},
	{"day not spent", "x-rate-limit-remaining 0 x-rate-limit-reset 1m x-app-limit-24hour-remaining 9 x-app-limit-24hour-reset 3h", LimitWindow, time.Minute, 62 * time.Second},
}

// write sets the headers of an answer at a time of the server.
func (c refusal) write(h http.Header, server time.Time, zone string) {
	words := strings.Fields(c.headers)
	for i := 0; i+1 < len(words); i += 2 {
		value := words[i+1]
		if d, err := time.ParseDuration(value); err == nil && strings.HasSuffix(words[i], "reset") {
			value = strconv.FormatInt(server.Add(d).Unix(), 10)
		}
		if text, ok := strings.CutPrefix(value, "date:"); ok {
			d, _ := time.ParseDuration(text) // ours
			value = httpDate(server.Add(d), zone)
		}
		h.Set(words[i], value)
	}
	if zone != "" {
		h.Set("Date", httpDate(server, zone))
	}
}

func httpDate(t time.Time, zone string) string {
	return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 ") + zone
}

func TestRefusalsAreTriaged(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour, 3 * time.Second} {
		for _, zone := range []string{"GMT", "UTC"} {
			for _, c := range refusals {
				name := fmt.Sprintf("%s, skew %s, %s", c.name, skew, zone)
				client, limit := refuse(t, name, c, now, skew, zone)
				if limit == nil || limit.Kind != c.kind || limit.Local {
					t.Errorf("%s: got %v, want %s", name, limit, c.kind)
					continue
				}
				if wait := limit.Reset.Sub(now); wait < c.min || wait > c.max {
					t.Errorf("%s: wait %s, want %s to %s", name, wait, c.min, c.max)
				}
				if n := client.Stats().Limited[c.kind]; n != 1 {
					t.Errorf("%s: counted %d, want 1", name, n)
				}
				_, err := client.Fetch(context.Background(), spaceNumber(2), nil)
				var again *RateLimitError
				if !errors.As(err, &again) || !again.Local || again.Reset != limit.Reset || again.Kind != c.kind {
					t.Errorf("%s: then got %v, want the same wait without a request", name, err)
				}
			}
		}
	}
}

// refuse has one request refused.
func refuse(t *testing.T, name string, c refusal, now time.Time, skew time.Duration, zone string) (*Client, *RateLimitError) {
	t.Helper()
	cfg := Config{AppToken: appToken, Now: func() time.Time { return now }}
	cfg.Transport = transport(func(r *http.Request) (int, http.Header) {
		h := http.Header{}
		c.write(h, now.Add(skew), zone)
		return http.StatusTooManyRequests, h
	})
	client := newClient(t, cfg)
	_, err := client.Fetch(context.Background(), spaceNumber(1), nil)
	checkMessage(t, name, err)
	var limit *RateLimitError
	errors.As(err, &limit)
	return client, limit
}

// Without a Date a wrong clock cannot be told; the wait stays in bounds.
func TestWithoutADateWaitsAreBounded(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	spent := refusal{headers: "x-rate-limit-remaining 0 x-rate-limit-reset 5m"}
	for skew, want := range map[time.Duration]time.Duration{0: 5*time.Minute + time.Second, time.Hour: 16 * time.Minute, -time.Hour: time.Minute} {
		_, limit := refuse(t, "no date", spent, now, skew, "")
		if limit == nil || limit.Reset.Sub(now) != want {
			t.Errorf("skew %s: got %v, want a wait of %s", skew, limit, want)
		}
	}
}

// The waits grow as the contract says, whatever the clocks.
func TestWaitsGrow(t *testing.T) {
	minutes := func(m ...time.Duration) (list []time.Duration) {
		for _, d := range m {
			list = append(list, d*time.Minute)
		}
		return list
	}
	seconds := func(s ...time.Duration) (list []time.Duration) {
		for _, d := range s {
			list = append(list, d*time.Second)
		}
		return list
	}
	for name, c := range map[string]struct {
		status   int
		headers  string
		min, max []time.Duration
	}{
		"silent 429": {429, "", minutes(1, 2, 4, 8, 15, 15), append(seconds(61, 121, 241, 481), seconds(901, 901)...)},
		"past reset": {429, "x-rate-limit-remaining 0 x-rate-limit-reset -1m", minutes(1, 2, 4, 8, 15, 15), seconds(61, 121, 241, 481, 901, 901)},
		"burst":      {429, "x-rate-limit-remaining 5 x-rate-limit-reset 10m", seconds(1, 2, 4, 8, 16, 32, 60, 60), seconds(3, 5, 9, 17, 33, 61, 61, 61)},
		"503":        {503, "", seconds(0, 0, 0, 0, 0, 0, 0), seconds(1, 2, 4, 8, 16, 32, 60)},
		"503, asked": {503, "Retry-After 30", seconds(30, 30, 30), seconds(31, 31, 31)},
	} {
		for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
			clock := newClock()
			cfg := Config{AppToken: appToken, Now: clock.Now, Sleep: clock.Sleep, MaxTries: 20}
			sent := 0
			cfg.Transport = transport(func(*http.Request) (int, http.Header) {
				h := http.Header{}
				if sent++; sent > len(c.min) {
					return http.StatusOK, h
				}
				refusal{headers: c.headers}.write(h, clock.Now().Add(skew), "UTC")
				return c.status, h
			})
			page, err := NewRetry(newClient(t, cfg)).Fetch(context.Background(), spaceNumber(1), nil)
			if err != nil || page.Attempts != len(c.min)+1 || len(clock.slept) != len(c.min) {
				t.Fatalf("%s, skew %s: got %d attempts, %v, %v", name, skew, page.Attempts, clock.slept, err)
			}
			for i, got := range clock.slept {
				if got < c.min[i] || got > c.max[i] {
					t.Errorf("%s, skew %s: wait %d was %s, want %s to %s", name, skew, i, got, c.min[i], c.max[i])
				}
			}
		}
	}
}

func TestWaitsAreTold(t *testing.T) {
	clock := newClock()
	var events []Event
	cfg := many("https://api.example", &events, appKey("a"))
	cfg.Now, cfg.Sleep = clock.Now, clock.Sleep
	sent := 0
	cfg.Transport = transport(func(*http.Request) (int, http.Header) {
		h := http.Header{}
		if sent++; sent > 1 {
			return http.StatusOK, h
		}
		refusal{headers: "x-rate-limit-remaining 0 x-rate-limit-reset 5m"}.write(h, clock.Now().Add(time.Hour), "UTC")
		return http.StatusTooManyRequests, h
	})
	if _, err := NewRetry(newClient(t, cfg)).Fetch(context.Background(), oneOf(schemas.Search), nil); err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 {
		t.Fatalf("got %+v, want one event", events)
	}
	e := events[0]
	if wait := e.Until.Sub(newClock().Now()); e.Kind != EventWait || e.Limit != LimitWindow || e.Endpoint != schemas.Search ||
		e.Token != "app-only token (a)" || wait < 5*time.Minute || wait > 5*time.Minute+3*time.Second {
		t.Errorf("got %+v, want a wait of five minutes for the window of search", e)
	}
}
