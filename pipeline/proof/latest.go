package proof

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/latest"
)

// compareLatest compares the files of the database's rows with it, where there are any.
func compareLatest(ctx context.Context, p *proving) error {
	f, err := latest.Read(p.Store)
	if errors.Is(err, fs.ErrNotExist) || p.v.Others > 0 {
		return nil
	}
	if err != nil {
		p.v.Wrong("%v", err)
		return nil
	}
	var text strings.Builder
	for _, part := range f.Files {
		text.WriteString(seen(filepath.Join(p.Store.Latest(), part.Path)) + " ")
	}
	of := sumOf(versions, f.Checksum, text.String(), seen(p.Store.DuckDB()))
	if !p.All && !p.Files && p.memory.of["latest"].holds(of, 1) {
		return nil
	}
	var hashes map[string]duckdb.TableHash
	switch {
	case p.Files || p.Database.Err != nil:
	case f.Of(p.Database.Runs):
		if hashes, err = duckdb.New(duckdb.Config{Path: p.Store.DuckDB(), MemoryLimit: p.MemoryLimit}).Hashes(ctx); err != nil {
			p.v.Wrong("%v", err)
			return ctx.Err()
		}
	default:
		p.v.Notes = append(p.v.Notes, latest.Behind(p.Store, p.Database.Runs)+"; the next run makes them again")
	}
	tables, wrong := latest.Check(ctx, p.Store, p.Database.Runs, hashes)
	p.v.Files, p.v.Tables = p.v.Files+len(f.Files), p.v.Tables+tables
	for _, err := range wrong {
		p.v.Wrong("%v", err)
	}
	if len(wrong) == 0 && tables > 0 {
		p.memory.add(proved{What: "latest", Of: of})
	}
	return ctx.Err()
}
