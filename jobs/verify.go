package jobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/scratch"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// verify holds the store against its pages, with tables made anew in a
// temporary folder.
func verify(ctx context.Context, j *Job, sample int) (*health.Verification, error) {
	runs, err := runsOf(j.store, "")
	if err != nil {
		return nil, err
	}
	v := &health.Verification{Runs: len(runs)}
	folder, err := scratch.New(os.TempDir(), "verify")
	if err != nil {
		return nil, err
	}
	defer folder.Remove() // only takes space
	dir := folder.Path
	db := databaseView(ctx, j.store)
	if db.Err != nil {
		v.Wrong("%v", db.Err)
	}
	published, err := verifyRuns(ctx, j, v, runs, dir, sample, db)
	if err != nil {
		return nil, err
	}
	return v, verifyDuckDB(ctx, j, v, published, dir)
}

// verifyRuns looks at the pages and files of each run, and makes its tables
// anew below a folder. It returns the parts of the runs that are in the
// database, by run.
func verifyRuns(ctx context.Context, j *Job, v *health.Verification, runs []string, dir string, sample int, db health.DatabaseView) (map[string][]schemas.Part, error) {
	published := map[string][]schemas.Part{}
	for _, id := range runs {
		before := len(v.Problems) // of this run
		if err := health.VerifyPages(ctx, v, j.store, id, sample); err != nil {
			return nil, err
		}
		m, err := health.VerifyFiles(ctx, v, j.store, id)
		if err != nil {
			return nil, err
		}
		if m == nil || len(v.Problems) > before || m.Run.Pages == 0 && len(m.Files) == 0 {
			continue // no tables, or pages they cannot be made of
		}
		anew, err := remake(ctx, j, m, dir)
		if err != nil {
			v.Wrong("run %s: %v", id, err)
			continue
		}
		compared := &health.Verification{}
		health.VerifyTables(compared, j.store, m, anew)
		v.Tables += compared.Tables
		if m.Versions["tables"] != schemas.Revision && len(compared.Problems) > 0 {
			v.Older = append(v.Older, id)
		} else {
			v.Problems = append(v.Problems, compared.Problems...)
		}
		if _, has := db.Runs[id]; has || m.LoadsTo(store.DuckDBFile) {
			published[id] = anew.Files
		}
	}
	return published, nil
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

// verifyDuckDB compares the database, table by table, with one that the runs'
// tables made anew are published to, oldest first.
func verifyDuckDB(ctx context.Context, j *Job, v *health.Verification, anew map[string][]schemas.Part, dir string) error {
	if n := len(v.Older); n > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%s loaded by an earlier version, which made other rows of their pages, the first %s; so the database is not compared: spacesetl replay --store %s makes them anew",
			count(n, "run"), v.Older[0], ShellWord(string(j.store))))
		return nil
	}
	if len(anew) == 0 || len(v.Problems) > 0 {
		return nil // no database, or nothing to hold it against
	}
	other := load.NewDuckDB(load.DuckDBConfig{Path: filepath.Join(dir, "spaces.duckdb"), Parts: filepath.Join(dir, "parquet"), MemoryLimit: memoryLimit(j)})
	for _, id := range slices.Sorted(maps.Keys(anew)) {
		if err := other.Publish(ctx, anew[id]); err != nil {
			return err
		}
	}
	want, err := other.Hashes(ctx)
	if err != nil {
		return err
	}
	got, err := load.NewDuckDB(load.DuckDBConfig{Path: j.store.DuckDB(), MemoryLimit: memoryLimit(j)}).Hashes(ctx)
	if err != nil {
		v.Wrong("%v", err)
		return ctx.Err()
	}
	for _, table := range slices.Sorted(maps.Keys(want)) {
		switch hash, has := got[table]; {
		case !has:
			v.Notes = append(v.Notes, fmt.Sprintf("%s: table %s has versions from before revision 4, so it is not compared; move the file away, and the next run makes it again, with the versions of all runs", j.store.DuckDB(), table))
		case hash != want[table]:
			v.Wrong("%s: table %s has %d rows with hash %s; its pages make %d with %s", j.store.DuckDB(), table, hash.Rows, hash.Hash, want[table].Rows, want[table].Hash)
		default:
			v.Tables++
		}
	}
	return nil
}
