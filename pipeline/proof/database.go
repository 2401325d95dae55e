package proof

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// merged is a database that all runs are merged into, oldest first, of the files that the
// store has of them, and where it has none of their pages.
type merged struct {
	*proving
	files []compact.File
	apart map[string]bool           // of these: are taken apart
	whole map[string]bool           // and are looked at
	made  map[string][]schemas.Part // of runs whose files are made anew
	lost  map[string]bool           // runs of which neither pages nor Parquet files are there
	since time.Time                 // that the database has all versions; the zero time for ever
}

// fewRuns is of how many runs the versions that ended are compared in any case, which
// takes some hundredths of a second each: they follow from the order of runs. What the
// tables have besides follows from the rows of all runs at once.
const fewRuns = 24

// compare holds the database against it, table by table, unless that was done before of
// the same.
func (p *merged) compare(ctx context.Context) error {
	if p.v.Database = p.passed(); p.v.Database != "" {
		return nil
	}
	for _, id := range p.loaded {
		if p.pruned.Tableless("", id) && p.pruned.Pageless(p.Store, id) {
			p.lost[id] = true
		}
	}
	if len(p.lost) > 0 {
		return p.contained(ctx)
	}
	of := p.ofDatabase()
	rows, all := p.memory.of["database"], p.memory.of["histories"]
	without := all.Without
	switch known := all.holds(of, 1); {
	case known && !p.All:
		p.v.Database = "proved before"
		p.without(without)
		return nil
	case !known && !p.All && len(p.loaded) > p.few() && rows.holds(of, 1):
		p.v.Database = "proved before, " + withoutHistories
		return nil
	}
	database := duckdb.New(duckdb.Config{Path: p.Store.DuckDB(), MemoryLimit: p.MemoryLimit})
	got, err := database.Hashes(ctx)
	if err == nil {
		p.since, err = database.HistoriesSince(ctx)
	}
	if held := (*duckdb.LockedError)(nil); errors.As(err, &held) {
		return held
	}
	if err != nil {
		p.v.Wrong("%v", err)
		p.v.Database = "not compared: it cannot be read"
		return ctx.Err()
	}
	proves := "histories"
	p.v.Database = "compared"
	if !p.All && len(p.loaded) > p.few() {
		proves = "database"
		p.v.Database = "compared, " + withoutHistories
	}
	want, err := p.rule(ctx)
	if err == nil && want != nil && proves == "histories" {
		err = p.fold(ctx, want)
	}
	if err != nil || len(want) == 0 {
		return err
	}
	without = p.differences(got, want)
	p.without(without)
	if len(p.v.Problems) == 0 && of == p.ofDatabase() {
		p.memory.add(proved{What: proves, Of: of, Without: without})
	}
	return nil
}

func (p *merged) few() int { return cmp.Or(p.Few, fewRuns) }

const withoutHistories = "without the versions that ended: --all merges all runs for these"

// passed is why the database is not looked at; empty where it is.
func (p *merged) passed() string {
	switch {
	case p.Files && seen(p.Store.DuckDB()) != "none":
		return "not compared: it has no checksum, and --files makes no rows"
	case p.Files || len(p.loaded) == 0 && len(p.v.Problems) == 0:
		return "none"
	case p.v.Others > 0:
		return "not compared: it has the rows of all runs, so leave out --run and --since"
	case len(p.v.Older) > 0:
		p.v.Notes = append(p.v.Notes, p.older())
		return "not compared: runs were loaded by an earlier version"
	case p.v.Pruned > 0 && slices.ContainsFunc(p.loaded, func(id string) bool { return !p.manifests[id].LoadsTo(store.ParquetFiles) }):
		return "not compared: it has rows of which no other file is there"
	case slices.ContainsFunc(p.copies(), func(id string) bool { return !p.manifests[id].LoadsTo(store.ParquetFiles) }):
		return "not compared: the pages that its rows are of are in another store, and no Parquet files are here"
	case len(p.v.Problems) > 0:
		return "not compared: something is wrong with what it is made of"
	}
	return ""
}

// differences compares tables, and returns those that the database cannot tell of.
func (p *merged) differences(got, want map[string]duckdb.TableHash) (without []string) {
	for _, table := range slices.Sorted(maps.Keys(want)) {
		switch hash, has := got[table]; {
		case !has:
			without = append(without, table)
		case hash != want[table]:
			p.v.Wrong("%s: table %s has %d rows with hash %s; its pages make %d with %s", p.Store.DuckDB(), table, hash.Rows, hash.Hash, want[table].Rows, want[table].Hash)
		default:
			p.v.Tables++
		}
	}
	return without
}

// without notes tables that are not compared.
func (p *merged) without(tables []string) {
	for _, t := range schemas.EndedTables() {
		if slices.Contains(tables, t.Name) {
			p.v.Notes = append(p.v.Notes, fmt.Sprintf("%s: table %s has versions from before revision 4, so it is not compared; move the file away, and the next run makes it again, with the versions of all runs", p.Store.DuckDB(), t.Name))
		}
	}
}

// ofDatabase is what the proof of the database depends on.
func (p *merged) ofDatabase() string {
	var text strings.Builder
	fmt.Fprintln(&text, seen(p.Store.DuckDB()), seen(p.Store.DuckDB()+".wal"))
	for _, id := range p.loaded {
		fmt.Fprintln(&text, id, p.manifests[id].Content)
		if p.lost[id] {
			text.WriteString("without files\n")
		}
		for _, part := range p.manifests[id].Files {
			fmt.Fprintln(&text, part.Path, part.Rows, part.SHA256)
		}
	}
	return sumOf(versions, text.String())
}

// fold merges the runs, as far as the versions that ended depend on them, and adds the
// hashes of these. It takes all hashes away where a file of a run cannot be read any
// more, which is noted.
func (p *merged) fold(ctx context.Context, want map[string]duckdb.TableHash) error {
	cfg := p.scratch()
	cfg.HistoriesSince = p.since
	other := duckdb.New(cfg)
	defer other.Close() // a no-op after Commit
	for some := range slices.Chunk(p.loaded, duckdb.AtOnce) {
		var runs []schemas.Load
		for _, id := range some {
			parts, err := p.parts(ctx, id, true)
			if err != nil {
				clear(want)
				return p.unreadable(ctx, id, err)
			}
			parts = slices.DeleteFunc(slices.Clone(parts), func(part schemas.Part) bool { return !ofHistories(part.Table) })
			runs = append(runs, schemas.Load{RunID: id, Parts: parts})
		}
		if err := other.PrepareAll(ctx, runs, ""); err != nil {
			return err
		}
		for _, l := range runs {
			for _, part := range l.Parts {
				if strings.HasPrefix(part.Path, p.dir) {
					_ = os.Remove(part.Path) // only takes space
				}
			}
		}
	}
	if err := other.Commit(ctx); err != nil {
		return err
	}
	got, err := other.Hashes(ctx)
	for _, t := range schemas.EndedTables() {
		want[t.Name] = got[t.Name]
	}
	return err
}

// ofHistories reports whether versions that ended depend on the rows of a table.
func ofHistories(name string) bool {
	t := schemas.Lookup(name)
	return t.Versioned || slices.ContainsFunc(t.Lists(), func(l schemas.List) bool { return l.Table.Versioned })
}

// scratch is a database in the folder for temporary files.
func (p *merged) scratch() duckdb.Config {
	return duckdb.Config{Path: filepath.Join(p.dir, "spaces.duckdb"), MemoryLimit: p.MemoryLimit}
}

// rule hashes what the rule says that the tables have, of all files at once.
func (p *merged) rule(ctx context.Context) (map[string]duckdb.TableHash, error) {
	all, err := p.all(ctx)
	if err != nil || all == nil {
		return nil, err
	}
	return duckdb.HashRuled(ctx, p.scratch(), all, "", p.loaded)
}

// all are the files with the rows of all runs, as far as they are there. It returns nil
// where one cannot be read, which is noted.
func (p *merged) all(ctx context.Context) ([]schemas.Part, error) {
	all, known := []schemas.Part{}, map[string]bool{}
	for _, id := range p.loaded {
		parts, err := p.parts(ctx, id, false)
		if err != nil {
			return nil, p.unreadable(ctx, id, err)
		}
		for _, part := range parts {
			if !known[part.Path] {
				known[part.Path] = true
				all = append(all, part)
			}
		}
	}
	return all, nil
}

// unreadable notes that a file of a run cannot be read.
func (p *merged) unreadable(ctx context.Context, id string, err error) error {
	if ctx.Err() == nil {
		p.v.Wrong("%v", err)
		p.v.Database = "not compared: a file of run " + id + " cannot be read"
	}
	return ctx.Err()
}
