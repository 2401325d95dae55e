package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/latest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/pipeline/store/durable"
	"github.com/spacesetl/spacesetl/schemas"
)

// tend looks at the databases before the first request, and brings up to the store's
// runs what they lack. One that cannot take runs in now is left to the next run: it is
// taken out of the targets, and the error, which keeps nothing else, says why.
func tend(ctx context.Context, j *Job, locked *store.Locked, to *tables) error {
	err := errors.Join(tendDuckDB(ctx, j, locked, to), tendElsewhere(ctx, j, locked, to))
	return cmp.Or(ctx.Err(), err)
}

// tendDuckDB does so with the database file. A damaged one is set aside and made again.
func tendDuckDB(ctx context.Context, j *Job, locked *store.Locked, to *tables) error {
	if to.duckdb == "" {
		return nil
	}
	path := to.duckdb
	has, err := stored(j, *to).Look(ctx)
	var damaged *duckdb.DamagedError
	if errors.As(err, &damaged) {
		var aside string
		if aside, err = duckdb.SetAside(path); err == nil {
			j.opts.Log.Warn(fmt.Sprintf("%v: it is kept as %s, and made again", damaged, aside))
		}
	}
	if err == nil {
		err = catchUp(ctx, j, locked, lagging{path, store.DuckDBFile, has.Runs, func(ctx context.Context, runs []store.Manifest, kept *health.Kept) (int, error) {
			return publish(ctx, j, *to, runs, kept)
		}})
	}
	if err == nil || ctx.Err() != nil {
		return nil
	}
	to.duckdb = ""
	return left(j, err)
}

// left says that a database is left to the next run.
func left(j *Job, err error) error {
	if !errors.As(err, new(*pipeline.DestinationError)) {
		err = &pipeline.DestinationError{Err: err}
	}
	j.opts.Log.Warn(err.Error())
	return err
}

// lagging is a database that may lack runs of the store.
type lagging struct {
	name        string // as messages have it
	destination string
	has         map[string]string // runs, with the checksums of their content
	// publish loads the files of runs, oldest first, up to the first whose files were
	// not kept, and returns how many those are.
	publish func(context.Context, []store.Manifest, *health.Kept) (int, error)
}

// database is a database as the job loads it, from files that will stand in parts.
func database(j *Job, to tables, parts string, step durable.Step) *duckdb.Database {
	return duckdb.New(duckdb.Config{Path: to.duckdb, Parts: parts, InPlace: to.inPlace, MemoryLimit: memoryLimit(j), HistoriesSince: j.spec.Keep.HistoriesSince(j.opts.Now()), Step: step})
}

// stored is the store's database.
func stored(j *Job, to tables) *duckdb.Database {
	return database(j, to, j.store.Parquet(), j.opts.Step)
}

// keepLatest brings the files of the database's rows up to it, in a folder that is laid
// out as a store.
func keepLatest(ctx context.Context, j *Job, out *store.Locked) error {
	if !slices.Contains(j.spec.To, store.LatestFiles) || ctx.Err() != nil {
		return nil
	}
	err := latest.Make(ctx, out, database(j, tables{duckdb: out.DuckDB()}, "", nil), j.opts.Step)
	if err == nil || ctx.Err() != nil {
		return nil // the next run makes them
	}
	err = &pipeline.DestinationError{Err: fmt.Errorf("the files of %s could not be made: %w", out.Latest(), err)}
	j.opts.Log.Warn(err.Error())
	return err
}

// catchUp brings the runs into the database that it lacks, oldest first: from their
// Parquet files, and where those were not kept from their pages.
func catchUp(ctx context.Context, j *Job, locked *store.Locked, db lagging) error {
	lacks, err := health.Lacking(j.store, db.destination, db.has)
	if err != nil || len(lacks) == 0 {
		return err
	}
	if lacks, err = makeable(j, db, lacks); err != nil || len(lacks) == 0 {
		return err
	}
	j.opts.Log.Info(fmt.Sprintf("%s lacks %s of the store, the first %s: bringing it up", filepath.Base(db.name), count(len(lacks), "run"), lacks[0].Run.RunID))
	kept := health.NewKept(j.store)
	for len(lacks) > 0 {
		n, err := db.publish(ctx, lacks, kept)
		if err != nil {
			return err
		}
		if lacks = lacks[n:]; len(lacks) > 0 {
			of := *j
			of.spec.To = []string{db.destination}
			if _, err := replayRun(ctx, &of, lacks[0].Run.RunID, locked, ReplayOptions{SkipDamaged: true}); errors.As(err, new(*landing.PrunedError)) {
				j.opts.Log.Warn(err.Error()) // it has what the files have
			} else if err != nil {
				return err
			}
			lacks = lacks[1:]
		}
	}
	return nil
}

// makeable leaves out the runs whose rows are made of nothing any more. A database is not
// begun without them: nobody would know what it lacks.
func makeable(j *Job, db lagging, lacks []store.Manifest) ([]store.Manifest, error) {
	pruned, err := landing.ReadPruned(j.store)
	if err != nil || len(pruned.Tables) == 0 {
		return lacks, err
	}
	lost := pruned.Lost(j.store, idsOf(lacks))
	switch {
	case lost == nil:
		return lacks, nil
	case len(db.has) == 0:
		return nil, fmt.Errorf("%s is not made again: %w; %s makes it without them", db.name, lost, Command("replay", "--store", string(j.store), "--to", db.destination))
	}
	j.opts.Log.Warn(fmt.Sprintf("%s lacks runs that it cannot be brought up to: %v", db.name, lost))
	return slices.DeleteFunc(lacks, func(m store.Manifest) bool { return pruned.Lost(j.store, []string{m.Run.RunID}) != nil }), nil
}

func idsOf(runs []store.Manifest) (ids []string) {
	for _, m := range runs {
		ids = append(ids, m.Run.RunID)
	}
	return ids
}

// publish merges the files of runs into the database, where they become visible
// together, up to the first whose files were not kept, and returns how many those are.
func publish(ctx context.Context, j *Job, to tables, runs []store.Manifest, kept *health.Kept) (n int, err error) {
	var loads []schemas.Load
	for _, m := range runs {
		parts, whole := kept.Parts(m)
		if !whole {
			break
		}
		loads = append(loads, schemas.Load{RunID: m.Run.RunID, Content: m.Content, Parts: parts, Only: true})
	}
	if len(loads) == 0 {
		return 0, nil
	}
	d := stored(j, to)
	defer d.Close() // a no-op after Commit
	if err := d.PrepareAll(ctx, loads, j.store.Parquet()); err != nil {
		return 0, fmt.Errorf("runs %s to %s: %w", loads[0].RunID, loads[len(loads)-1].RunID, err)
	}
	return len(loads), d.Commit(ctx)
}

// filed merges a run whose pages were pruned into the store's database from its Parquet
// files, in its turn: of versions of rows the order counts.
func filed(ctx context.Context, j *Job, id string, out store.Dir, r ReplayOptions) error {
	m, err := j.store.Manifest(id)
	if err != nil || r.together == nil && len(r.elsewhere) == 0 || out != j.store {
		return nil // killed before its first page, or without tables
	}
	parts, whole := r.kept.Parts(m)
	if whole && r.together != nil {
		err = r.together.Prepare(ctx, schemas.Load{RunID: id, Content: m.Content, Parts: parts, Only: true}, out.Parquet())
		err = errors.Join(err, r.together.Commit(ctx))
	}
	for _, s := range r.elsewhere {
		if whole && err == nil {
			_, err = s.publish(ctx, []store.Manifest{m}, r.kept)
		}
	}
	return err
}
