package jobs

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/destinations"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/latest"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// StatusOptions say how to look at a store. The zero value will do.
type StatusOptions struct {
	Stale time.Duration // a last run older than this is a problem; default thrice the usual
	// File is the job's file, for the command that goes on with a run, and Env
	// looks up the variables of job files, as os.LookupEnv does it; each may be
	// left out.
	File string
	Env  func(string) (string, bool)
}

// status reads what runs have left.
func status(ctx context.Context, j *Job, s StatusOptions) (*health.Overview, error) {
	if _, err := runsOf(j.store, ""); err != nil {
		return nil, err
	}
	o, err := health.Examine(ctx, j.store, health.OverviewConfig{
		Now: j.opts.Now(), Prices: j.spec.PriceTable(), Budget: j.spec.Budget, Stale: s.Stale,
		Database: databaseView(ctx, j.store), Elsewhere: elsewhereViews(ctx, j),
	})
	if err == nil {
		advise(o, j, s)
	}
	return o, err
}

// databaseView asks the store's database.
func databaseView(ctx context.Context, dir store.Dir) health.DatabaseView {
	contents, err := duckdb.New(duckdb.Config{Path: dir.DuckDB(), Threads: 1}).Inspect(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return health.DatabaseView{Runs: map[string]string{}}
	}
	return health.DatabaseView{Rows: contents.Rows, Runs: contents.Runs, Err: err, Latest: latest.Behind(dir, contents.Runs)}
}

// advise says how to go on with unfinished runs, and writes the store's name in
// commands as shells read it.
func advise(o *health.Overview, j *Job, s StatusOptions) {
	for i, f := range o.Findings {
		o.Findings[i].Do = strings.ReplaceAll(f.Do, "--store "+string(j.store), "--store "+ShellWord(string(j.store)))
		for _, d := range destinations.Elsewhere() {
			if where := whereOf(j, d); where != "" && strings.HasSuffix(f.Do, "--to "+d.Name) {
				o.Findings[i].Do += " " + d.Flag + " " + ShellWord(where)
			}
		}
		if f.Kind != "unfinished" {
			continue
		}
		if planned, err := j.store.Planned(f.Run); err == nil {
			o.Findings[i].Do = onward(j, planned, s)
		}
	}
}
