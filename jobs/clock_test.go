package jobs_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// A clock that is off for some runs costs no rows: runs, pages and rows stay in their
// order, and verify finds nothing wrong.
func TestClockThatIsOffHidesNothing(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	const year = 365 * 24 * time.Hour
	for name, off := range map[string][]time.Duration{
		"ahead": {0, year, 0, 0}, "behind": {0, -year, 0}, "ahead at first": {year, 0, 0}, "behind at first": {-year, 0, 0}, "hours": {0, 5 * time.Hour, -3 * time.Hour, 0},
	} {
		if !long() && name != "ahead" && name != "behind" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clockIsOff(t, name, off)
		})
	}
}

func clockIsOff(t *testing.T, name string, off []time.Duration) {
	to := []string{"parquet", "duckdb"}
	if !long() { // three runs tell, and a database takes a second for each: that of a clock ahead
		off = off[:3]
		if name != "ahead" {
			to = to[:1]
		}
	}
	start := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	now := start
	world := simulator.New(simulator.Config{Spaces: 60, NoRateLimits: true, Evolve: true, EvolveOver: 4 * time.Hour, Change: true, Now: func() time.Time { return now }})
	server := httptest.NewServer(world)
	defer server.Close()
	spec := jobs.Spec{Name: "clock", Store: t.TempDir(), BaseURL: server.URL, Follow: jobfile.FollowOpen, Creators: world.CreatorIDs(8), To: to}
	spec.Defaults()
	var log bytes.Buffer
	for i, by := range off {
		mine := func() time.Time { return now.Add(by) }
		r := ran(t, spec, jobs.Options{
			Tokens: jobs.Tokens{App: "app-token"}, Now: mine, Client: func(cfg *extract.Config) { cfg.Now = mine }, Listener: logged(&log),
		})
		if at := r.Manifest.Run.EndedAt.Sub(now); at.Abs() > time.Minute {
			t.Errorf("%s: run %d ended at %s, want about %s", name, i+1, r.Manifest.Run.EndedAt, now)
		}
		s := &scene{T: t, spec: spec}
		s.holds(name, fmt.Sprintf("SELECT (count(*) > 0 AND max(_fetched_at) BETWEEN TIMESTAMPTZ '%s' AND TIMESTAMPTZ '%[1]s' + INTERVAL 1 MINUTE) || ' ' || (SELECT count(DISTINCT _run_id) FROM space_snapshots) FROM spaces",
			now.Add(-10*time.Second).Format(time.RFC3339)), fmt.Sprint("true ", i+1))
		ids, err := store.Dir(spec.Store).Runs()
		if err != nil || ids[len(ids)-1] != r.Manifest.Run.RunID {
			t.Errorf("%s: the runs are %v (%v), the newest %s", name, ids, err, r.Manifest.Run.RunID)
		}
		now = now.Add(time.Hour)
	}
	if slices.Max(off) > 0 && !strings.Contains(log.String(), "ahead of the server's") || slices.Min(off) < 0 && !strings.Contains(log.String(), "behind the server's") {
		t.Errorf("%s: it is not said that the clock is off", name)
	}
	if wrong := wrongIn(t, spec.Store); wrong != "" {
		t.Errorf("%s: verify finds %s", name, wrong)
	}
}
