package jobs_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/schemas"
)

// healthy: three starts ago all that was severe was over.
func (y *year) healthy(s *start) {
	y.Helper()
	y.tally.statuses++
	o, err := jobs.Open(y.spec, jobs.Options{Now: y.clock.Now}).Status(y.Context(), jobs.StatusOptions{})
	if err != nil {
		y.wrong(s, "status: %v", err)
		return
	}
	for _, f := range o.Findings {
		silence := f.Kind == "silent" && y.quiet(s) // nothing came, for there was nothing
		refused := f.Kind == "errors"               // today's searches find more that cannot be asked for
		if f.Level == health.Problem && !silence && !refused {
			y.wrong(s, "unhealthy after %d calm starts: %s: %s", y.calm, f.Kind, f.Text)
		}
	}
}

// glance looks at the status at the end of a day.
func (y *year) glance() {
	last := y.today[len(y.today)-1]
	if y.calm >= 3 {
		y.healthy(last)
		return
	}
	if last.outcome != schemas.Unauthorised && last.outcome != schemas.Failed {
		return
	}
	o, err := jobs.Open(y.spec, jobs.Options{Now: y.clock.Now}).Status(y.Context(), jobs.StatusOptions{})
	if err != nil || o.Healthy {
		y.wrong(last, "healthy, though its last start failed: %v", err)
	}
}

// quiet reports whether for some hours the observer saw nothing either.
func (y *year) quiet(s *start) bool {
	for _, q := range questions(s.spec) {
		for back := range 3 {
			if q.endpoint != schemas.Usernames && len(q.visible(y.world, s.at.Add(-time.Duration(back)*time.Hour))) > 0 {
				return false
			}
		}
	}
	return true
}

// A run that stopped before its first page has no tables: no destination lacks it,
// and verify looks for none.
func TestARunWithoutAPageIsMissedNowhere(t *testing.T) {
	slow(t)
	t.Parallel()
	world := simulator.New(simulator.Config{Spaces: 50, NoRateLimits: true})
	server := httptest.NewServer(world)
	t.Cleanup(server.Close)
	spec := jobs.Spec{Name: "penniless", Store: t.TempDir(), BaseURL: server.URL, IDs: world.SpaceIDs(3)}
	o := jobs.Options{Tokens: jobs.Tokens{App: "token-of-the-penniless"}}
	ran(t, spec, o)
	world.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Fault: simulator.FaultCredits}}})
	if _, err := jobs.Open(spec, o).Run(t.Context()); err == nil {
		t.Fatal("it had credits")
	}
	world.SetFaults(simulator.Faults{})
	ran(t, spec, o)
	status, err := jobs.Open(spec, o).Status(t.Context(), jobs.StatusOptions{})
	if err != nil || !status.Healthy || len(status.Runs) != 3 {
		t.Errorf("%d runs, %+v, %v", len(status.Runs), status.Findings, err)
	}
	if v, err := jobs.Open(spec, o).Verify(t.Context(), proof.Options{}); err != nil || len(v.Problems) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}
