package jobs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/imports"
	"github.com/spacesetl/spacesetl/pipeline/store"
)

// Imported is what an import came to.
type Imported struct {
	*imports.Found
	Run     string // that has the answers; empty where there are none, or with dry
	Already bool   // the run had them before
	Result
}

// importFiles lands what files hold as one run, and loads it. The same answers are one run,
// however often they are imported: one that was not finished goes on.
func importFiles(ctx context.Context, j *Job, cfg imports.Config, dry bool) (Imported, error) {
	start := time.Now()
	cfg.Now, cfg.Into = j.opts.Now(), string(j.store)
	found, err := imports.Scan(ctx, cfg)
	if err != nil || dry || found.Len() == 0 {
		return Imported{Found: found}, err
	}
	locked, err := j.store.Lock()
	if err != nil {
		return Imported{Found: found}, err
	}
	defer locked.Unlock()
	if err := errors.Join(locked.Sweep(), noteForgets(j, locked), store.Note(locked, store.RequestsFormat)); err != nil {
		return Imported{Found: found}, err
	}
	planned, already, err := importRun(j, locked, found.Plan())
	r := Imported{Found: found, Run: planned.Run.RunID, Already: already}
	if err != nil || already {
		return r, err
	}
	j.opts.Started(r.Run)
	j.opts.Log.Info("importing " + count(found.Len(), "answer"))
	if err := imports.Land(ctx, locked, r.Run, cfg, found, j.opts.Step); err != nil {
		return r, err
	}
	to := targets(j, locked.Dir, askedLast(j))
	to.elsewhere = nil // only the job knows where: its next run brings them up
	behind := tend(ctx, j, locked, &to)
	planned.Run.Outcome = found.Outcome()
	p, done, err := assemble(partitioned(j), planned, to, j.opts.Step)
	if err != nil {
		return r, err
	}
	defer done()
	p.Out, p.Step, p.Note, p.Notify, p.Progress = locked, j.opts.Step, found.Note, j.opts.Notice, j.opts.Progress
	if err := p.Open(); err != nil {
		return r, err
	}
	defer p.Close()
	r.Parquet, r.DuckDB, r.Latest = to.parquet, to.duckdb, to.latest
	r.Manifest, err = p.Load(ctx)
	r.Took = time.Since(start)
	return r, cmp.Or(err, behind, keepLatest(ctx, j, locked))
}

// importRun is the run of a plan, which its id tells; already where it has come to its end.
func importRun(j *Job, locked *store.Locked, plan store.Plan) (planned store.Planned, already bool, err error) {
	runs, err := locked.Runs()
	if err != nil {
		return planned, false, err
	}
	for _, id := range slices.Backward(runs) {
		if !strings.Contains(id, "-"+plan.Hash()[:6]) {
			continue
		}
		if planned, err = locked.Planned(id); err == nil && planned.Plan.Hash() == plan.Hash() {
			m, err := locked.Manifest(id)
			switch {
			case store.Unwritten(err):
				return planned, false, nil
			case err == nil && m.ClosedBy != "": // given up before it had all
				continue
			}
			return planned, err == nil, err
		}
	}
	planned, err = locked.Begin(store.Planned{Plan: plan}, j.opts.Version, j.opts.Now())
	return planned, false, err
}

// partitioned is the job with Parquet files in such folders as the store's newest run has
// them: an import need not name the job's file.
func partitioned(j *Job) *Job {
	of := *j
	runs, _ := j.store.Runs() // were read before
	for _, id := range slices.Backward(runs) {
		if p := store.PartitionOf(j.store, id); p != "" {
			of.spec.Partition = p
			break
		}
	}
	return &of
}
