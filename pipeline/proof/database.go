package proof

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load"
	"github.com/spacesetl/spacesetl/pipeline/compact"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// merged is a database that all runs are merged into, oldest first, of the files that the
// store has of them, and where it has none of their pages.
type merged struct {
	*proving
	files []compact.File
	apart map[string]bool // of these: are taken apart
}

// compare holds the database against it, table by table, unless that was done before of
// the same.
func (p *merged) compare(ctx context.Context) error {
	what, path := "database", p.Store.DuckDB()
	switch {
	case p.Files && seen(path) != "none":
		p.v.Database = "not compared: it has no checksum, and --files makes no rows"
	case p.Files || len(p.loaded) == 0 && len(p.v.Problems) == 0:
		p.v.Database = "none"
	case p.v.Others > 0:
		p.v.Database = "not compared: it has the rows of all runs, so leave out --run and --since"
	case len(p.v.Older) > 0:
		p.v.Notes = append(p.v.Notes, p.older())
		p.v.Database = "not compared: runs were loaded by an earlier version"
	case len(p.v.Problems) > 0:
		p.v.Database = "not compared: something is wrong with what it is made of"
	}
	if p.v.Database != "" {
		return nil
	}
	of := p.ofDatabase()
	if one, ok := p.memory.of[what]; ok && !p.All && one.holds(of, 1) {
		p.v.Database = "proved before"
		p.without(one.Without)
		return nil
	}
	got, err := load.NewDuckDB(load.DuckDBConfig{Path: path, MemoryLimit: p.MemoryLimit}).Hashes(ctx)
	if err != nil {
		p.v.Wrong("%v", err)
		p.v.Database = "not compared: it cannot be read"
		return ctx.Err()
	}
	want, err := p.fold(ctx)
	if err != nil || want == nil {
		return err
	}
	p.v.Database = "compared"
	var without []string
	for _, table := range slices.Sorted(maps.Keys(want)) {
		switch hash, has := got[table]; {
		case !has:
			without = append(without, table)
		case hash != want[table]:
			p.v.Wrong("%s: table %s has %d rows with hash %s; its pages make %d with %s", path, table, hash.Rows, hash.Hash, want[table].Rows, want[table].Hash)
		default:
			p.v.Tables++
		}
	}
	p.without(without)
	if len(p.v.Problems) == 0 && of == p.ofDatabase() {
		p.memory.add(proved{What: what, Of: of, Without: without})
	}
	return nil
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
		for _, part := range p.manifests[id].Files {
			fmt.Fprintln(&text, part.Path, part.Rows, part.SHA256)
		}
	}
	return sumOf(versions, text.String())
}

// fold merges the runs and hashes the tables. It returns nil where a file of them cannot
// be read any more, which is noted.
func (p *merged) fold(ctx context.Context) (map[string]load.TableHash, error) {
	other := load.NewDuckDB(load.DuckDBConfig{Path: filepath.Join(p.dir, "spaces.duckdb"), MemoryLimit: p.MemoryLimit})
	defer other.Close() // a no-op after Commit
	for _, id := range p.loaded {
		parts, err := p.parts(ctx, id)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			p.v.Wrong("%v", err)
			p.v.Database = "not compared: a file of run " + id + " cannot be read"
			return nil, nil
		}
		if err := other.Prepare(ctx, schemas.Load{Parts: parts}, ""); err != nil {
			return nil, err
		}
		for _, part := range parts {
			if strings.HasPrefix(part.Path, p.dir) {
				_ = os.Remove(part.Path) // only takes space
			}
		}
	}
	if err := other.Commit(ctx); err != nil {
		return nil, err
	}
	return other.Hashes(ctx)
}

// parts are the files with the rows of a run, with paths from the root. Rows that are
// joined with others are taken apart first: to look for them among those of a month for
// each run takes longer with each.
func (p *merged) parts(ctx context.Context, id string) (parts []schemas.Part, err error) {
	m, anew := p.manifests[id], filepath.Join(p.dir, "parquet")
	if !m.LoadsTo(store.ParquetFiles) {
		made, err := p.Remake(ctx, m, p.dir)
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", id, err)
		}
		for _, part := range made.Files {
			part.Path = filepath.Join(anew, filepath.FromSlash(part.Path))
			parts = append(parts, part)
		}
		return parts, nil
	}
	own, err := filepath.Abs(p.Store.Parquet())
	if err != nil {
		return nil, err
	}
	for _, part := range m.Files {
		name := filepath.Join(own, filepath.FromSlash(part.Path))
		j := p.where.Joined(part.Table, id)
		switch {
		case part.Rows == 0:
			continue
		case j == nil:
			err = store.CheckPart(name, part)
		case !p.apart[j.Path]:
			p.apart[j.Path] = true
			i := slices.IndexFunc(p.files, func(f compact.File) bool { return f.Path == j.Path })
			if i < 0 {
				return nil, fmt.Errorf("%s is not what its map lists any more", j.Path)
			}
			err = p.files[i].Verify(ctx, anew)
		}
		if err != nil {
			return nil, err
		}
		if j != nil {
			name = filepath.Join(anew, filepath.FromSlash(part.Path))
		}
		part.Path = name
		parts = append(parts, part)
	}
	return parts, nil
}
