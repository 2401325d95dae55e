package jobs

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/report"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// ReportOptions say what a report is about. The zero value is the store's latest run.
type ReportOptions struct {
	Run  string         // its id
	Zone *time.Location // of the times that the page of Spaces shows; nil for UTC
	// Ended is what a run that has just ended came to: only it knows of 429s and
	// of what it was forecast to cost. Nil makes the page of the store alone.
	Ended *Result
	Again string // the command that goes on with the run; empty for none
}

// ReportPath is where a store's report lies.
func ReportPath(store string) string { return filepath.Join(store, "report.html") }

func makeReport(ctx context.Context, j *Job, r ReportOptions) (*report.Page, error) {
	cfg := report.Config{
		Store: store.Dir(j.spec.Store), Prices: j.spec.PriceTable(), Budget: j.spec.Budget,
		RunID: r.Run, Zone: r.Zone, Again: r.Again, Now: j.opts.Now(), Version: j.opts.Version, MemoryLimit: memoryLimit(j),
	}
	if r.Ended != nil && r.Ended.Manifest != nil {
		cfg.RunID, cfg.Expected = r.Ended.Manifest.Run.RunID, r.Ended.Expected
		cfg.Limited = map[schemas.Endpoint]int64{}
		for endpoint, t := range r.Ended.Stats.Endpoints {
			for _, n := range t.Limited {
				cfg.Limited[endpoint] += n
			}
		}
	}
	return report.Make(ctx, cfg)
}
