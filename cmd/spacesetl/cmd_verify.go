package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

func (c *console) verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "prove that a store is whole and that its tables are what its pages say",
		UsageText: "spacesetl verify --store ./archive\nspacesetl verify --store ./archive --sample 20 --output json",
		Description: "Reads every landed page and checks its checksum, every file against its manifest, the tables\n" +
			"against tables made anew from the pages, and that every value of every page is found in a row.\n" +
			"It changes nothing and asks the API nothing. Exit code 1 when anything is off.",
		Flags: []cli.Flag{
			text("store", "spacesetl-store", "`DIR` of the job"),
			number("sample", 1, "look for the values of every `N`th page only"),
			memoryFlag(),
			outputFlag(),
		},
		Action: c.verify,
	}
}

// notWholeError is a store with something wrong in it.
type notWholeError struct{ problems []string }

func (e *notWholeError) Error() string {
	more := ""
	if n := len(e.problems) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return "the store is not whole: " + e.problems[0] + more
}

func (c *console) verify(ctx *cli.Context) error {
	out, err := format(ctx)
	if err != nil {
		return err
	}
	memory, err := setMemory(ctx)
	if err != nil {
		return err
	}
	store := pipeline.Store(ctx.String("store"))
	runs, err := runsToReplay(ctx, store, "")
	if err != nil {
		return err
	}
	v := &pipeline.Verification{Runs: len(runs)}
	again, err := os.MkdirTemp("", "spacesetl-verify-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(again) // only takes space
	published, err := verifyRuns(ctx.Context, v, store, runs, again, ctx.Int("sample"))
	if err != nil {
		return err
	}
	if err := verifyDuckDB(ctx.Context, v, store, published, again, memory); err != nil {
		return err
	}
	if err := c.printVerification(v, out); err != nil {
		return err
	}
	if len(v.Problems) > 0 {
		return &notWholeError{v.Problems}
	}
	return nil
}

// verifyRuns looks at the pages and files of each run, and makes its tables
// anew below a folder. It returns the parts of the runs that are in the
// database, by run.
func verifyRuns(ctx context.Context, v *pipeline.Verification, store pipeline.Store, runs []string, again string, every int) (map[string][]schemas.Part, error) {
	published := map[string][]schemas.Part{}
	for _, id := range runs {
		before := len(v.Problems)
		if err := store.VerifyPages(ctx, v, id, every); err != nil {
			return nil, err
		}
		m, err := store.VerifyFiles(ctx, v, id)
		if err != nil {
			return nil, err
		}
		if m == nil || len(v.Problems) > before {
			continue // no tables, or pages they cannot be made of
		}
		anew, err := remake(ctx, store, m, again)
		if err != nil {
			v.Wrong("run %s: %v", id, err)
			continue
		}
		store.VerifyTables(v, m, anew)
		if m.Database {
			published[id] = anew.Files
		}
	}
	return published, nil
}

// remake makes the tables and the manifest of a run anew.
func remake(ctx context.Context, store pipeline.Store, m *pipeline.Manifest, dir string) (*pipeline.Manifest, error) {
	planned, err := store.Planned(m.Run.RunID)
	if err != nil {
		return nil, err
	}
	planned.Run.Outcome = m.Run.Outcome
	p, done, err := assemble(store, planned, output{parquet: filepath.Join(dir, "parquet")}, nil)
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

func (c *console) printVerification(v *pipeline.Verification, format string) error {
	if format == "json" {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(v)
	}
	_ = c.print("%s runs, %s pages (%s bytes): checksums verified\n", thousands(int64(v.Runs)), thousands(int64(v.Pages)), thousands(v.Bytes))
	for _, endpoint := range slices.Sorted(maps.Keys(v.Leaves)) {
		leaves := v.Leaves[endpoint]
		_ = c.print("  %-9s  %s of %s values found in the rows\n", endpoint, thousands(int64(leaves.Found)), thousands(int64(leaves.Seen)))
	}
	_ = c.print("%s files match their manifests\n", thousands(int64(v.Files)))
	_ = c.print("%s tables are what the pages make anew\n", thousands(int64(v.Tables)))
	for _, problem := range v.Problems {
		_ = c.print("WRONG  %s\n", problem)
	}
	if len(v.Problems) == 0 {
		_ = c.print("the store is whole\n")
	}
	return nil
}

// verifyDuckDB compares the database, table by table, with one that the runs'
// tables made anew are published to, oldest first.
func verifyDuckDB(ctx context.Context, v *pipeline.Verification, store pipeline.Store, again map[string][]schemas.Part, dir string, memory int64) error {
	if len(again) == 0 || len(v.Problems) > 0 {
		return nil // no database, or nothing to hold it against
	}
	anew := load.NewDuckDB(load.DuckDBConfig{Path: filepath.Join(dir, "spaces.duckdb"), Parts: filepath.Join(dir, "parquet"), MemoryLimit: duckdbSize(memory)})
	for _, id := range slices.Sorted(maps.Keys(again)) {
		if err := anew.Publish(ctx, again[id]); err != nil {
			return err
		}
	}
	want, err := anew.Hashes(ctx)
	if err != nil {
		return err
	}
	got, err := load.NewDuckDB(load.DuckDBConfig{Path: store.DuckDB(), MemoryLimit: duckdbSize(memory)}).Hashes(ctx)
	if err != nil {
		v.Wrong("%v", err)
		return ctx.Err()
	}
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if got[table] != want[table] {
			v.Wrong("%s: table %s has %d rows with hash %s; its pages make %d with %s", store.DuckDB(), table, got[table].Rows, got[table].Hash, want[table].Rows, want[table].Hash)
			continue
		}
		v.Tables++
	}
	return nil
}
