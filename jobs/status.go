package jobs

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline"
)

// StatusOptions say how to look at a store. The zero value will do.
type StatusOptions struct {
	Stale time.Duration // a last run older than this is a problem; default thrice the usual
	File  string        // the job's file, for the command that goes on with a run
}

// status reads what runs have left.
func status(ctx context.Context, j *Job, s StatusOptions) (*pipeline.Overview, error) {
	if _, err := runsOf(j.store, ""); err != nil {
		return nil, err
	}
	o, err := j.store.Overview(ctx, pipeline.OverviewConfig{
		Now: j.opts.Now(), Prices: j.spec.PriceTable(), Budget: j.spec.Budget, Stale: s.Stale,
		Database: databaseView(ctx, j.store),
	})
	if err == nil {
		advise(o, j, s.File)
	}
	return o, err
}

// databaseView asks the store's database.
func databaseView(ctx context.Context, store pipeline.Store) pipeline.DatabaseView {
	contents, err := load.NewDuckDB(load.DuckDBConfig{Path: store.DuckDB(), Threads: 1}).Inspect(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return pipeline.DatabaseView{Runs: map[string]bool{}}
	}
	view := pipeline.DatabaseView{Rows: contents.Rows, Err: err}
	if err == nil {
		view.Runs = map[string]bool{}
		for _, id := range contents.Runs {
			view.Runs[id] = true
		}
	}
	return view
}

// advise puts the commands in that go on with unfinished runs.
func advise(o *pipeline.Overview, j *Job, file string) {
	for i, f := range o.Findings {
		if f.Kind != "unfinished" {
			continue
		}
		if planned, err := j.store.Planned(f.Run); err == nil {
			if command := resumeCommand(planned.Plan, j.spec, file); command != "" {
				o.Findings[i].Do = command
			}
		}
	}
}
