package jobs

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// verify holds the store against its pages.
func verify(ctx context.Context, j *Job, sample int) (*health.Verification, error) {
	runs, err := runsOf(j.store, "")
	if err != nil {
		return nil, err
	}
	return proof.Verify(ctx, proof.Config{
		Store: j.store, Runs: runs, Sample: sample, Database: databaseView(ctx, j.store), MemoryLimit: memoryLimit(j),
		Replay: Command("replay", "--store", string(j.store)),
		Remake: func(ctx context.Context, m *store.Manifest, dir string) (*store.Manifest, error) {
			return remake(ctx, j, m, dir)
		},
	})
}

// remake makes the tables and the manifest of a run anew.
func remake(ctx context.Context, j *Job, m *store.Manifest, dir string) (*store.Manifest, error) {
	planned, err := j.store.Planned(m.Run.RunID)
	if err != nil {
		return nil, err
	}
	planned.Run.Outcome = m.Run.Outcome
	p, done, err := assemble(j, planned, tables{parquet: filepath.Join(dir, "parquet")}, nil)
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
