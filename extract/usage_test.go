package extract

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestUsageIsWhatTheSimulatorCounts(t *testing.T) {
	for _, dialect := range []string{"tweet", "post"} { // numbers, and texts
		clock := newClock()
		sim, url := simulate(t, simulator.Config{Now: clock.Now, Dialect: dialect, UserTokens: map[string]string{userToken: "1"}})
		cfg := tokens(url)
		cfg.Now, cfg.Sleep, cfg.Dialect = clock.Now, clock.Sleep, schemas.Dialect(dialect)
		retry := NewRetry(newClient(t, cfg))
		if _, err := retry.Fetch(t.Context(), schemas.Request{Endpoint: schemas.Tweets, IDs: sim.TweetedSpaceIDs(1)}, nil); err != nil {
			t.Fatal(err)
		}
		clock.now = clock.now.Add(48 * time.Hour)
		if _, err := retry.Fetch(t.Context(), schemas.Request{Endpoint: schemas.Tweets, IDs: sim.TweetedSpaceIDs(2)[1:]}, nil); err != nil {
			t.Fatal(err)
		}
		total := int64(sim.Billing().Counts["tweet"])
		u, err := retry.Usage(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Days) != 3 || u.Days[0].Day != "2026-09-01" || u.Days[2].Day != "2026-09-03" || u.Days[1].Posts != 0 ||
			u.Days[0].Posts == 0 || u.Days[0].Posts+u.Days[2].Posts != total {
			t.Errorf("%s: days %+v, want %d posts on the first and the last", dialect, u.Days, total)
		}
		if u.Posts != total || u.Cap != 3_000_000 || u.ResetDay != 1 || u.Project != "100000000001" || len(u.Apps) != 1 || !reflect.DeepEqual(u.Apps[0].Days, u.Days) {
			t.Errorf("%s: got %+v", dialect, u)
		}
		credits, err := retry.Credits(t.Context())
		if left := 1000 - sim.Billing().Dollars; err != nil || credits.Total < left-1e-9 || credits.Total > left+1e-9 {
			t.Errorf("%s: credits %+v, %v, want %v", dialect, credits, err, left)
		}
		for _, r := range sim.Requests() {
			if r.Endpoint == "usage" && r.TokenKind != simulator.TokenApp {
				t.Errorf("usage was asked for with the %s token", r.TokenKind)
			}
		}
	}
}

func TestEveryShapeOfUsageIsRead(t *testing.T) {
	day := []DayUsage{{"2026-08-31", 7}}
	for body, want := range map[string]Usage{
		`{"data":{"cap_reset_day":28,"project_cap":"50000000","project_id":"100000000001","project_usage":"11000000"}}`: {Project: "100000000001", Posts: 11_000_000, Cap: 50_000_000, ResetDay: 28},
		`{"data":{"project_usage":7,"daily_project_usage":{"project_id":12,"usage":[{"date":"2026-08-31T00:00:00.000Z","usage":"3"},{"date":"2026-08-31","usage":4},{"date":"soon","usage":1}]}}}`: {
			Posts: 7, Days: day},
		`{"data":{"daily_client_app_usage":[{"client_app_id":"5","usage":[{"date":"2026-08-31","usage":5}],"usage_result_count":1},{"client_app_id":6,"usage":[{"date":"2026-08-31","usage":2}]}]}}`: {
			Days: day, Apps: []AppUsage{{"5", []DayUsage{{"2026-08-31", 5}}}, {"6", []DayUsage{{"2026-08-31", 2}}}}},
	} {
		got, err := NewRetry(newClient(t, tokens(serve(t, always(200, body))))).Usage(t.Context(), 7)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", body, got, err, want)
		}
	}
	for _, body := range []string{`{}`, `{"data":[]}`, `{"data":{}}`, `{"data":{"project_usage":"many"}}`, `{"data":{"project_usage":1e300}}`} {
		if got, err := NewRetry(newClient(t, tokens(serve(t, always(200, body))))).Usage(t.Context(), 7); err == nil {
			t.Errorf("%s: got %+v, want an error", body, got)
		}
	}
}

func TestUsageNeedsTheAppToken(t *testing.T) {
	cfg := tokens("http://127.0.0.1:1")
	cfg.AppToken = ""
	_, err := NewRetry(newClient(t, cfg)).Usage(t.Context(), 7)
	var auth *AuthError
	if !errors.As(err, &auth) || auth.Kind != AuthMissing || !strings.Contains(err.Error(), "X_BEARER_TOKEN") {
		t.Errorf("got %v, want the app token missing", err)
	}
	for _, days := range []int{0, 91} {
		var bad *RequestError
		if _, err := NewRetry(newClient(t, tokens("http://127.0.0.1:1"))).Usage(t.Context(), days); !errors.As(err, &bad) {
			t.Errorf("%d days: got %v, want a RequestError", days, err)
		}
	}
}

// The server's faults are handled as those of other endpoints.
func TestUsageWaitsAndTriesAgain(t *testing.T) {
	clock := newClock()
	sim, url := simulate(t, simulator.Config{Now: clock.Now, Limits: map[string]int{"usage": 2}, Faults: simulator.Faults{Script: map[string][]simulator.Fault{
		"usage": {simulator.FaultUnavailable}, "credits": {simulator.FaultEmptyNotFound}}}})
	cfg := tokens(url)
	cfg.Now, cfg.Sleep = clock.Now, clock.Sleep
	retry := NewRetry(newClient(t, cfg))
	start := clock.Now()
	for range 3 {
		if _, err := retry.Usage(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
	}
	if waited := clock.Now().Sub(start); waited < 15*time.Minute || sim.RequestCounts()["usage"] != 4 {
		t.Errorf("waited %s for %d requests; want one window, one request again and no 429", waited, sim.RequestCounts()["usage"])
	}
	_, err := retry.Credits(t.Context())
	var status *StatusError
	if !errors.As(err, &status) || status.Status != 404 {
		t.Errorf("got %v, want status 404", err)
	}
}

func TestNoTokenIsInAnErrorOfUsage(t *testing.T) {
	for status := range map[int]bool{400: true, 401: true, 403: true, 404: true, 503: true} {
		url := serve(t, always(status, `{"title":"No","detail":"not with `+appToken+`","type":"about:blank"}`))
		_, err := NewRetry(newClient(t, tokens(url))).Usage(t.Context(), 7)
		if err == nil || strings.Contains(err.Error(), appToken) || !strings.HasPrefix(err.Error(), "usage: ") {
			t.Errorf("status %d: got %v", status, err)
		}
	}
}
