package main

import (
	"bytes"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/show"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// What the API's count leaves of what was lost is said, with the command that books
// it; only that command writes.
func TestCostSaysWhatItCanSettleAndHow(t *testing.T) {
	t.Setenv("X_BEARER_TOKEN", "token-of-the-settle-test")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	began := time.Now()
	var ahead time.Duration
	now := func() time.Time { return start.Add(ahead + time.Since(began)) }
	world := simulator.New(simulator.Config{Spaces: 200, NoRateLimits: true, CreatorSpacing: -1, Now: now})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{Name: "settle", BaseURL: server.URL, IDs: world.TweetedSpaceIDs(2), With: []string{"tweets"}, To: []string{"parquet"}, Store: t.TempDir()}
	spec.Defaults()
	job := jobs.Open(spec, jobs.Options{Now: now, Tokens: jobs.Tokens{App: "token-of-the-settle-test"}})
	r, err := job.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	locked, err := store.Dir(spec.Store).Lock()
	if err != nil {
		t.Fatal(err)
	}
	sent := landing.NewSentLog(locked, r.Manifest.Run.RunID)
	if err := sent.Write(landing.Sent{At: now(), PageID: "lost", Endpoint: schemas.Tweets, IDs: 1}); err != nil {
		t.Fatal(err)
	}
	if err := sent.Close(); err != nil {
		t.Fatal(err)
	}
	locked.Unlock()

	command := []string{"spacesetl", "cost", "--store", spec.Store, "--reconcile", "--base-url", spec.BaseURL}
	if out := printedAt(t, now, command); strings.Contains(out, "settle") {
		t.Errorf("on the same day:\n%s", out)
	}
	ahead = 48 * time.Hour
	before := printedAt(t, now, command)
	advice := regexp.MustCompile(`booked for answers that a crash lost, the API's count of \d+ posts leaves \$.*\n.*; to settle that: (spacesetl cost .* --settle)\n`).FindStringSubmatch(before)
	if advice == nil {
		t.Fatalf("no advice in\n%s", before)
	}
	if again := printedAt(t, now, command); again != before {
		t.Errorf("to look has changed something:\n%s\nafter\n%s", again, before)
	}
	if out := printedAt(t, now, strings.Fields(advice[1])); !strings.Contains(out, "; settled\n") {
		t.Errorf("%s printed\n%s", advice[1], out)
	}
	if out := printedAt(t, now, command); strings.Contains(out, "settle that") {
		t.Errorf("after it was settled:\n%s", out)
	}
	if s, err := job.Cost(t.Context()); err != nil || s.Lost > 1*schemas.Dollar {
		t.Errorf("after it was settled %s are lost (%v)", s.Lost, err)
	}
}

// printedAt is what a command prints at a time.
func printedAt(t *testing.T, now func() time.Time, args []string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := (&console{stdout: &out, stderr: &errs, now: now}).execute(t.Context(), args); code != 0 {
		t.Fatalf("%v: exit code %d: %s", args, code, errs.String())
	}
	return out.String()
}

// What may pass X's cap on posts is a line of plan, and what does not is none.
func TestPlanWarnsOfTheMonthlyCap(t *testing.T) {
	for _, high := range []int64{schemas.PostCap, schemas.PostCap + 1} {
		var out bytes.Buffer
		p := jobs.Forecast{Posts: forecast.Range{Low: 2_500_000, High: high}}
		if err := show.Plan(&out, p); err != nil {
			t.Fatal(err)
		}
		const warning = "\nX lets a project read 3,000,000 posts a month: the store's runs have read 2500000 of them, and this run may bring that to 3000001;"
		if got := strings.Contains(out.String(), warning); got != (high > schemas.PostCap) {
			t.Errorf("up to %d posts:\n%s", high, out.String())
		}
	}
}
