package duckdb

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/schemas"
)

// Contained is how the rows of a table of a database compare with what schemas.Rule makes
// of files that do not have all of its runs.
type Contained struct {
	Rows     int64 // that are as the rule has them
	Lacking  int64 // that the rule has, and the database does not
	Differs  int64 // that the rule has otherwise
	Foreign  int64 // that the rule does not have, and that the files should
	LastSeen int64 // that were last seen in the runs that are left out
}

// Without are the runs that files are without: all of a table from First to Last.
type Without struct{ Table, First, Last string }

// CompareContained holds a database against the files of the chosen runs, of which nil
// are all, table by table. A row of the rule has to be in the database. Where an object was
// seen in a run that is left out, too, as its first_seen_at tells, a column may have a
// value of there that no newer sighting tells of.
func CompareContained(ctx context.Context, cfg Config, parts []schemas.Part, chosen []string, without []Without) (tables map[string]Contained, err error) {
	defer func() { err = wrap(ctx, cfg.Path, err) }()
	limit := cmp.Or(cfg.mergeLimit(), 2*merge.Memory)
	cfg.MemoryLimit, cfg.Threads = fmt.Sprint(limit, "B"), 1
	s, err := cfg.openAttached(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r := ruled{Run: merge.Run{Load: schemas.Load{Parts: parts}, Limit: limit / 4}, db: s.DB, chosen: chosen}
	if r.from, err = r.Rows(); err != nil {
		return nil, err
	}
	if err := r.choose(ctx, s); err != nil {
		return nil, err
	}
	stored, err := sizes(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	tables = map[string]Contained{}
	for _, t := range schemas.Tables() {
		if _, ok := stored[t.Name]; !ok {
			return nil, fmt.Errorf("there is no table %s", t.Name)
		}
		if tables[t.Name], err = r.contained(ctx, t, stored[t.Name], without); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return tables, nil
}

// contained compares a table, as many rows at a time as there is memory for.
func (r *ruled) contained(ctx context.Context, t *schemas.Table, stored int64, without []Without) (sum Contained, err error) {
	shares := r.shares(t, max(r.Count(t), stored))
	for i := range shares {
		if err := giveBack(ctx, r.db); err != nil {
			return sum, err
		}
		part := merge.Share{Part: i, Of: shares}
		var some Contained
		row := r.db.QueryRowContext(ctx, comparison(t, r.rule(t, part).Rows(t), part, leftOut(t, without)))
		if err := row.Scan(&some.Rows, &some.Lacking, &some.Differs, &some.Foreign, &some.LastSeen); err != nil {
			return sum, err
		}
		sum = Contained{sum.Rows + some.Rows, sum.Lacking + some.Lacking, sum.Differs + some.Differs, sum.Foreign + some.Foreign, sum.LastSeen + some.LastSeen}
	}
	return sum, nil
}

// comparison counts the rows of the rule, and those stored, by how they compare. A list of
// which the rule has rows has no others.
func comparison(t *schemas.Table, rule string, part merge.Share, leftOut string) string {
	key := schemas.Quote(t.Key[0])
	with := fmt.Sprintf("WITH ruled AS MATERIALIZED (%s), have AS (SELECT *, %s AS _left FROM %s AS have)", rule, leftOut, part.From(schemas.Quote(t.Name), apart(t)))
	have := "have"
	if lists := t.ListColumns(); len(lists) > 0 {
		with += fmt.Sprintf(", lists AS (SELECT DISTINCT %s FROM ruled AS one WHERE NOT %s)", merge.Prefixed("one", lists), merge.Claimed(t, "one"))
		with += fmt.Sprintf(", others AS (SELECT have.* REPLACE (_left AND (lists.%s IS NULL OR %s) AS _left) FROM have LEFT JOIN lists ON %s)",
			schemas.Quote(lists[0]), merge.Claimed(t, "have"), merge.Equal(lists, "have", "lists"))
		have = "others"
	}
	return fmt.Sprintf(`%s
SELECT count(*) FILTER (same AND ruled AND have), count(*) FILTER (NOT have), count(*) FILTER (NOT same AND ruled AND have),
  count(*) FILTER (NOT ruled AND NOT _left), count(*) FILTER (NOT ruled AND _left)
FROM (SELECT ruled.%[2]s IS NOT NULL AS ruled, have.%[2]s IS NOT NULL AS have, coalesce(%[3]s, false) AS same, _left FROM ruled FULL JOIN %[4]s AS have ON %[5]s)`,
		with, key, alike(t), have, merge.Equal(t.Key, "ruled", "have"))
}

// alike is the condition that a row is as the rule has it.
func alike(t *schemas.Table) string {
	var terms []string
	seen := ""
	for _, c := range t.Columns {
		if c.Merge == schemas.Least {
			seen = schemas.Quote(c.Name)
		}
	}
	for i, c := range t.Columns {
		name := schemas.Quote(c.Name)
		same := fmt.Sprintf("have.%s IS NOT DISTINCT FROM ruled.%[1]s", name)
		if seen != "" && t.IsEntity() {
			before := fmt.Sprintf("have.%s < ruled.%[1]s", seen)
			switch {
			case c.Merge == schemas.Least:
				same = fmt.Sprintf("have.%s <= ruled.%[1]s", name)
			case c.Merge == schemas.Newest && (c.From == schemas.Value || c.From == schemas.Extras):
				same = fmt.Sprintf("(%s OR %s AND ruled.%s IS NULL AND coalesce(substr(ruled.%s, %d, 1), '0') <> '1')", same, before, name, schemas.ToldColumns, i+1)
			}
		}
		terms = append(terms, same)
	}
	return strings.Join(terms, " AND ")
}

// leftOut is the condition that a stored row is of a run that the files are without.
func leftOut(t *schemas.Table, without []Without) string {
	terms := []string{"false"}
	for _, w := range without {
		if w.Table == t.Name {
			terms = append(terms, fmt.Sprintf("have._run_id BETWEEN %s AND %s", schemas.QuoteText(w.First), schemas.QuoteText(w.Last)))
		}
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}
