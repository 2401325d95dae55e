package jobs_test

import (
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Runs without a page, of an outage, are not in the database, and no later start looks
// into each for that.
func TestRunsWithoutAPageCostNoLaterStart(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newScene(t, jobs.Spec{To: []string{store.ParquetFiles, store.DuckDBFile}, RetryFor: time.Second, Compact: jobfile.CompactNone}, simulator.Config{Spaces: 20})
	s.spec.IDs = s.world.SpaceIDs(2)
	starts := func(n int, want schemas.Outcome) {
		for range n {
			s.clock.pass(25 * time.Hour)
			if b := s.start(); b.outcome != want {
				t.Fatalf("got %s, %v; want %s", b.outcome, b.err, want)
			}
		}
	}
	starts(2, schemas.Done)
	before := readFiles(t, s.spec.Store, func() { starts(1, schemas.Done) })
	s.world.SetFaults(simulator.Faults{Rate: 1, Kinds: []simulator.Fault{simulator.FaultUnavailable}})
	starts(inFull(15, 9), schemas.Waiting)
	s.world.SetFaults(simulator.Faults{})
	starts(2, schemas.Done)
	if after := readFiles(t, s.spec.Store, func() { starts(1, schemas.Done) }); len(before) == 0 || after["runs"] > before["runs"]+5 {
		t.Errorf("a start after the outage reads %v, one before it %v", after, before)
	}
}
