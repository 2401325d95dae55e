package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// ReplayOptions say what to make again. The zero value makes all runs again, oldest
// first, where the job's tables are.
type ReplayOptions struct {
	Run string // one run's id
	Out string // a folder to write to instead of the store
	// SkipDamaged goes over pages that cannot be read: the run's manifest names
	// them, and its tables have the rest.
	SkipDamaged bool
	together    *duckdb.Together // the database, of several runs
	elsewhere   []*server
	kept        *health.Kept // of runs that databases get from their files
}

// NoRunError is a store without a run, or without the one that was named.
type NoRunError struct {
	Store   string
	Run     string // that was named; empty if there is none at all
	Nearest string // the run that was meant; empty if none comes near
	Last    string // the last of the runs there are
}

func (e *NoRunError) Error() string {
	if e.Run == "" {
		return "there is no run in " + e.Store
	}
	near := ""
	if e.Nearest != "" {
		near = fmt.Sprintf(": did you mean %q?", e.Nearest)
	}
	return fmt.Sprintf("there is no run %q in %s%s; the last is %s", e.Run, e.Store, near, e.Last)
}

// replay loads the landed pages of the runs asked for. One that was killed before
// its first page landed has nothing to load: of all runs it is left out.
func replay(ctx context.Context, j *Job, r ReplayOptions) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		runs, err := runsOf(j.store, r.Run)
		dir := j.store
		if err == nil && r.Out != "" {
			if dir, err = j.elsewhere(r.Out); err == nil {
				err = inFolder(j)
			}
		}
		if err != nil {
			yield(Result{}, err)
			return
		}
		out, err := dir.Lock()
		if err != nil {
			yield(Result{}, err)
			return
		}
		defer out.Unlock()
		defer r.close()
		err = noteForgets(j, out)
		if err == nil {
			err = r.open(ctx, j, targets(j, dir, j.spec.To), runs)
		}
		if err != nil {
			yield(Result{}, err)
			return
		}
		if slices.Equal(j.spec.To, []string{store.LatestFiles}) {
			runs = nil // they are made of the database
		}
		defer r.together.Finish(context.WithoutCancel(ctx)) // where who asked for them has enough
		already := 0
		for _, id := range runs {
			j.opts.Started(id)
			result, err := replayRun(ctx, j, id, out, r)
			if err == nil && result.Manifest == nil {
				already++
				continue
			}
			if r.Run == "" && (errors.Is(err, pipeline.ErrNoPages) || errors.As(err, new(*landing.PrunedError))) {
				j.opts.Log.Info(err.Error())
				if err = filed(ctx, j, id, dir, r); err == nil {
					continue
				}
			}
			if !yield(result, err) || err != nil {
				return
			}
		}
		if already > 0 {
			j.opts.Log.Info("in " + r.elsewhere[0].of.Title + " already: " + count(already, "run"))
		}
		if err := cmp.Or(r.together.Finish(context.WithoutCancel(ctx)), keepLatest(ctx, j, out)); err != nil {
			yield(Result{}, err)
		}
	}
}

// open opens the databases that runs are loaded into: one in a file, where it takes
// several, and the servers. It says what the first cannot be made of again.
func (r *ReplayOptions) open(ctx context.Context, j *Job, to tables, runs []string) (err error) {
	r.kept = health.NewKept(j.store)
	if len(runs) > 1 && to.duckdb != "" {
		r.together = duckdb.NewTogether(database(j, to, "", j.opts.Step))
		pruned, err := landing.ReadPruned(j.store)
		if lost := pruned.Lost(j.store, runs); err == nil && lost != nil {
			j.opts.Log.Warn(fmt.Sprintf("not all is made again, and a database keeps what it has of the rest: %v", lost))
		}
	}
	r.elsewhere = to.elsewhere
	for _, s := range r.elsewhere {
		if s.where != "" {
			err = jobfile.CheckSchema(s.where)
		}
		if err == nil {
			s.has, err = s.Runs(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *ReplayOptions) close() {
	for _, s := range r.elsewhere {
		s.Close()
	}
}

// inFolder returns an error where tables go to what stands in no folder.
func inFolder(j *Job) error {
	for _, s := range serversOf(j, j.spec.To) {
		return fmt.Errorf("--out: %s is in no folder: leave out one of them", s.of.Name)
	}
	return nil
}

// elsewhere is a folder for tables of the store's runs, which can be the store
// itself. Another one with runs of its own is refused: copies would stand among
// them.
func (j *Job) elsewhere(path string) (store.Dir, error) {
	dir := store.Dir(path)
	if dir.Is(j.store) {
		return j.store, nil
	}
	runs, err := dir.Runs()
	if err != nil {
		return "", err
	}
	for _, id := range runs {
		if m, err := dir.Manifest(id); err != nil || !dir.IsCopy(m) {
			return "", fmt.Errorf("--out %s: is a store with runs of its own, such as %s: choose another folder", path, id)
		}
	}
	return dir, nil
}

// runsOf lists the runs of a store, or finds one by its id.
func runsOf(dir store.Dir, id string) ([]string, error) {
	runs, err := dir.Runs()
	switch {
	case err != nil:
		return nil, err
	case len(runs) == 0:
		return nil, &NoRunError{Store: string(dir)}
	case id == "":
		return runs, nil
	case !slices.Contains(runs, id):
		return nil, &NoRunError{Store: string(dir), Run: id, Nearest: jobfile.Nearest(id, runs), Last: runs[len(runs)-1]}
	}
	return []string{id}, nil
}

// replayRun loads the landed pages of one run.
func replayRun(ctx context.Context, j *Job, id string, out *store.Locked, r ReplayOptions) (Result, error) {
	start := time.Now()
	if m, err := j.store.Manifest(id); err == nil && len(r.elsewhere) == 1 && len(j.spec.To) == 1 {
		if already, done, err := r.elsewhere[0].again(ctx, m, r.kept); done {
			result := Result{Took: time.Since(start), Elsewhere: placesOf(r.elsewhere)}
			if result.Manifest = &m; already {
				result.Manifest = nil
			}
			return result, err
		}
	}
	planned, err := j.store.Planned(id)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("run %s has no plan: %w", id, pipeline.ErrNoPages)
	}
	if err != nil {
		return Result{}, err
	}
	switch m, err := j.store.Manifest(id); {
	case err == nil:
		planned.Run.Outcome = m.Run.Outcome
		if err := j.store.CheckPlan(m); err != nil {
			return Result{}, err
		}
	case errors.Is(err, fs.ErrNotExist):
		planned.Run.Outcome = schemas.Interrupted
	default:
		return Result{}, err
	}
	to := targets(j, out.Dir, j.spec.To)
	p, done, err := assemble(j, planned, to, nil)
	if err != nil {
		return Result{}, err
	}
	defer done()
	p.Out, p.Progress, p.Salvage, p.Notify = out, j.opts.Progress, r.SkipDamaged, j.opts.Notice
	if r.Run == "" {
		p.Apart = apart(true)
	}
	if r.together != nil {
		p.Publish[0] = r.together
	}
	if err := p.Open(); err != nil {
		return Result{}, err
	}
	defer p.Close()
	m, err := p.Load(ctx)
	return Result{Manifest: m, Took: time.Since(start), Parquet: to.parquet, DuckDB: to.duckdb, Latest: to.latest, Elsewhere: placesOf(to.elsewhere)}, err
}
