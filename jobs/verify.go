package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// verify holds the store against its pages.
func verify(ctx context.Context, j *Job, o proof.Options) (*health.Verification, error) {
	runs, err := runsOf(j.store, "")
	for _, id := range o.Only {
		if err == nil {
			_, err = runsOf(j.store, id)
		}
	}
	if err != nil {
		return nil, err
	}
	if last := runs[len(runs)-1]; !o.Since.IsZero() && last < proof.Begin(o.Since) {
		return nil, fmt.Errorf("no run of %s began since %s: the last is %s", j.store, o.Since.UTC().Format(time.RFC3339), last)
	}
	cfg := proof.Config{
		Options: o, Store: j.store, Runs: runs, MemoryLimit: memoryLimit(j), Replay: Command("replay", "--store", string(j.store)),
		Remake: func(ctx context.Context, m *store.Manifest, dir string) (*store.Manifest, error) {
			return remake(ctx, j, m, dir)
		},
	}
	if !o.Files {
		cfg.Database = databaseView(ctx, j.store)
		if held := (*duckdb.LockedError)(nil); errors.As(cfg.Database.Err, &held) {
			return nil, held // for a moment, or as long as somebody wants: nothing is wrong
		}
	}
	v, err := proof.Verify(ctx, cfg)
	if err == nil {
		compareElsewhere(ctx, j, v)
	}
	return v, err
}

// remake makes the tables and the manifest of a run anew.
func remake(ctx context.Context, j *Job, m *store.Manifest, dir string) (*store.Manifest, error) {
	planned, err := j.store.Planned(m.Run.RunID)
	if err != nil {
		return nil, err
	}
	planned.Run.Outcome = m.Run.Outcome
	to := tables{sums: dir == ""}
	if dir != "" {
		to.parquet = store.Dir(dir).Parquet()
	}
	p, done, err := assemble(j, planned, to, nil)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := p.Open(); err != nil {
		return nil, err
	}
	anew, err := p.Remake(ctx)
	return anew, errors.Join(err, p.Close())
}
