// Package proof holds a store against its pages: that it is whole, and that its tables
// are what its pages say.
package proof

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/scratch"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// Config says what is looked at.
type Config struct {
	Store store.Dir
	Runs  []string // oldest first
	// Sample decodes every so-manieth page only; 0 and 1 decode all.
	Sample int
	// Database is what the store's database says of itself.
	Database health.DatabaseView
	// Remake makes the files of a run anew, below a folder, and returns the manifest
	// that they would have.
	Remake      func(ctx context.Context, m *store.Manifest, dir string) (*store.Manifest, error)
	MemoryLimit string // of DuckDB
	Replay      string // the command that makes the tables of all runs anew
}

// Verify proves it, with tables made anew in a temporary folder. What is wrong is in
// the Verification, not an error.
func Verify(ctx context.Context, cfg Config) (*health.Verification, error) {
	v := &health.Verification{Runs: len(cfg.Runs)}
	folder, err := scratch.New(os.TempDir(), "verify")
	if err != nil {
		return nil, err
	}
	defer folder.Remove() // only takes space
	if cfg.Database.Err != nil {
		v.Wrong("%v", cfg.Database.Err)
	}
	where, _ := store.ReadWhere(cfg.Store) // what is wrong with it, compact.Verify says
	published, err := runs(ctx, cfg, v, where, folder.Path)
	if err != nil {
		return nil, err
	}
	if v.Pruned > 0 {
		pruned, _ := store.ReadPruned(cfg.Store) // was read for each of them
		v.Notes = append(v.Notes, fmt.Sprintf("pages of %d runs until %s were pruned: not proved is what their rows say, and the database, which has them", v.Pruned, pruned.Months[len(pruned.Months)-1].Last))
	}
	files, wrong, err := compact.Verify(ctx, cfg.Store, folder.Path)
	if err != nil {
		return nil, err
	}
	v.Files += files
	v.Problems = append(v.Problems, wrong...)
	return v, database(ctx, cfg, v, published, folder.Path)
}

// runs looks at the pages and files of each run, and makes its tables anew below a
// folder. It returns the parts of the runs that are in the database, by run.
func runs(ctx context.Context, cfg Config, v *health.Verification, where store.Where, dir string) (map[string][]schemas.Part, error) {
	published := map[string][]schemas.Part{}
	for _, id := range cfg.Runs {
		before := len(v.Problems) // of this run
		if err := health.VerifyPages(ctx, v, cfg.Store, id, cfg.Sample); err != nil {
			return nil, err
		}
		m, err := health.VerifyFiles(ctx, v, cfg.Store, where, id)
		if err != nil {
			return nil, err
		}
		if m == nil || len(v.Problems) > before || m.Run.Pages == 0 && len(m.Files) == 0 || store.PrunedRun(cfg.Store, id) != nil {
			continue // no tables, or pages they cannot be made of
		}
		anew, err := cfg.Remake(ctx, m, dir)
		if err != nil {
			v.Wrong("run %s: %v", id, err)
			continue
		}
		compared := &health.Verification{}
		health.VerifyTables(compared, cfg.Store, m, anew)
		v.Tables += compared.Tables
		if m.Versions["tables"] != schemas.Revision && len(compared.Problems) > 0 {
			v.Older = append(v.Older, id)
		} else {
			v.Problems = append(v.Problems, compared.Problems...)
		}
		if _, has := cfg.Database.Runs[id]; has || m.LoadsTo(store.DuckDBFile) {
			published[id] = anew.Files
		}
	}
	return published, nil
}

// database compares the database, table by table, with one that the runs' tables made
// anew are published to, oldest first.
func database(ctx context.Context, cfg Config, v *health.Verification, anew map[string][]schemas.Part, dir string) error {
	if n := len(v.Older); n > 0 {
		noun := "runs"
		if n == 1 {
			noun = "run"
		}
		v.Notes = append(v.Notes, fmt.Sprintf("%d %s loaded by an earlier version, which made other rows of their pages, the first %s; so the database is not compared: %s makes them anew",
			n, noun, v.Older[0], cfg.Replay))
		return nil
	}
	if v.Pruned > 0 {
		return nil // the database has their rows, too
	}
	if len(anew) == 0 || len(v.Problems) > 0 {
		return nil // no database, or nothing to hold it against
	}
	path := cfg.Store.DuckDB()
	want, err := remade(ctx, cfg, anew, dir)
	if err != nil {
		return err
	}
	got, err := load.NewDuckDB(load.DuckDBConfig{Path: path, MemoryLimit: cfg.MemoryLimit}).Hashes(ctx)
	if err != nil {
		v.Wrong("%v", err)
		return ctx.Err()
	}
	for _, table := range slices.Sorted(maps.Keys(want)) {
		switch hash, has := got[table]; {
		case !has:
			v.Notes = append(v.Notes, fmt.Sprintf("%s: table %s has versions from before revision 4, so it is not compared; move the file away, and the next run makes it again, with the versions of all runs", path, table))
		case hash != want[table]:
			v.Wrong("%s: table %s has %d rows with hash %s; its pages make %d with %s", path, table, hash.Rows, hash.Hash, want[table].Rows, want[table].Hash)
		default:
			v.Tables++
		}
	}
	return nil
}

// remade hashes the tables of a database that all runs are published to at once.
func remade(ctx context.Context, cfg Config, anew map[string][]schemas.Part, dir string) (map[string]load.TableHash, error) {
	other := load.NewDuckDB(load.DuckDBConfig{Path: filepath.Join(dir, "spaces.duckdb"), MemoryLimit: cfg.MemoryLimit})
	defer other.Close() // a no-op after Commit
	for _, id := range slices.Sorted(maps.Keys(anew)) {
		if err := other.Prepare(ctx, schemas.Load{Parts: anew[id]}, filepath.Join(dir, "parquet")); err != nil {
			return nil, err
		}
	}
	if err := other.Commit(ctx); err != nil {
		return nil, err
	}
	return other.Hashes(ctx)
}
