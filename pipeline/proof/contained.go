package proof

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/landing"
)

// contained holds the database against the files that are left, where those of some runs
// were pruned and so were their pages: what the rule makes of these files has to be in it.
// Rows that it has besides can only be of those runs, and are counted.
func (p *merged) contained(ctx context.Context) error {
	const limits = "what was last seen in runs whose pages and Parquet files were pruned is counted alone, and the versions that ended are left out"
	of := p.ofDatabase()
	if p.memory.of["contained"].holds(of, 1) && !p.All {
		p.v.Database = "proved before: " + limits
		return nil
	}
	all, err := p.all(ctx)
	if err != nil || all == nil {
		return err
	}
	var without []duckdb.Without
	for _, t := range p.pruned.Tables {
		if p.lostOf(t) {
			for _, table := range t.Tables {
				without = append(without, duckdb.Without{Table: table, First: t.First, Last: t.Last})
			}
		}
	}
	tables, err := duckdb.CompareContained(ctx, duckdb.Config{Path: p.Store.DuckDB(), MemoryLimit: p.MemoryLimit}, all, p.loaded, without)
	if err != nil {
		p.v.Wrong("%v", err)
		p.v.Database = "not compared: it cannot be read"
		return ctx.Err()
	}
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		c := tables[table]
		if p.v.LastSeen += c.LastSeen; c.Lacking+c.Differs+c.Foreign > 0 {
			p.v.Wrong("%s: table %s lacks %d rows that its files make, has %d of them otherwise, and %d of runs whose files do not make them", p.Store.DuckDB(), table, c.Lacking, c.Differs, c.Foreign)
			continue
		}
		p.v.Tables++
	}
	p.v.Database = fmt.Sprintf("compared: %s (%d rows)", limits, p.v.LastSeen)
	if len(p.v.Problems) == 0 && of == p.ofDatabase() {
		p.memory.add(proved{What: "contained", Of: of})
	}
	return nil
}

// lostOf reports whether a month that was pruned has runs of which nothing else is there.
func (p *merged) lostOf(t landing.PrunedTables) bool {
	return slices.ContainsFunc(p.loaded, func(id string) bool { return t.First <= id && id <= t.Last && p.lost[id] })
}
