package merge

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Temporary tables of a merge of several runs: which they are, and in what turn; the rows
// of an object's table, new and stored, with the turn in which they come, the stored ones
// at 0; in which turns an object is met; and of which objects not each new row is simply
// what the object is from then on.
const (
	turns   = "_turns"
	turn    = "_turn"
	sights  = "_sights"
	meets   = "_meets"
	mixed   = "_mixed"
	until   = "_until"
	states  = "_states"
	members = "_members"
	looks   = "_looks"
)

// inTurns writes the SQL of the versions that end while several runs are merged.
type inTurns struct{ merge }

// of names a temporary table of the rows of a table.
func of(name string, t *schemas.Table) string { return schemas.Quote(name + "_" + t.Name) }

// statements makes the tables that the others read, and returns these.
func (s inTurns) statements(ctx context.Context, tx *sql.Tx) ([]string, error) {
	for _, statement := range s.meet() {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	all := s.versions()
	for _, t := range schemas.Tables() {
		if t.Versioned && t != s.table && t.Owner() == s.table {
			all = append(all, inTurns{merge{table: t, from: s.rows[t.Name], rows: s.rows}}.comings()...)
		}
	}
	return all, unless(ctx, tx, s.late())
}

// newer looks for rows that are newer than what is stored.
func (s inTurns) newer() string {
	return fmt.Sprintf("FROM %s AS one LEFT JOIN %s AS stored ON %s WHERE coalesce(stored._fetched_at < one._fetched_at, true)", s.from, schemas.Quote(s.table.Name), Equal(s.table.Key, "stored", "one"))
}

// meet puts the sightings of objects that count side by side.
func (s inTurns) meet() []string {
	t, key := s.table, schemas.Quote(s.table.Key...)
	all := schemas.Quote(columnsOf(t)...)
	kept := schemas.Quote(t.Sightings().Name)
	return []string{
		fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[1]s AS
SELECT %[2]s, %[3]s FROM %[4]s JOIN %[5]s USING (_run_id)
UNION ALL SELECT %[2]s, 0 FROM (SELECT kept.* REPLACE (least(kept.first_seen_at, stored.first_seen_at) AS first_seen_at) FROM %[6]s AS kept JOIN %[8]s AS stored USING (%[7]s)) SEMI JOIN %[4]s AS incoming USING (%[7]s)
UNION ALL SELECT %[2]s, 0 FROM %[8]s SEMI JOIN %[4]s AS incoming USING (%[7]s) ANTI JOIN %[6]s AS kept USING (%[7]s)`,
			of(sights, t), all, turn, s.from, turns, kept, key, schemas.Quote(t.Name)),
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT DISTINCT %s, %s FROM %s WHERE %[3]s > 0", of(meets, t), key, turn, of(sights, t)),
	}
}

// late looks for an object that a run saw earlier than those before it.
func (s inTurns) late() string {
	key := schemas.Quote(s.table.Key...)
	return fmt.Sprintf("FROM (SELECT first_seen_at, min(first_seen_at) OVER (PARTITION BY %s ORDER BY %s RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM %s) WHERE first_seen_at < before",
		key, turn, of(sights, s.table))
}

// versions keeps those of objects. Where each new sighting tells what the one before did,
// it is the object from then on; other objects are made anew in each turn, of the
// sightings until then, by the rule: for that a turn is part of the key.
func (s inTurns) versions() []string {
	t, key := s.table, schemas.Quote(s.table.Key...)
	all := schemas.Quote(columnsOf(t)...)
	id := schemas.Quote(t.Key[0])
	rule := schemas.DuckDBRule(func(other *schemas.Table) string {
		if other == t {
			return until
		}
		return fmt.Sprintf("(FROM %s LIMIT 0)", schemas.Quote(other.Name))
	})
	content := append(slices.Clone(t.Content()), "_run_id", fetchedAt)
	before := make([]string, len(content))
	for i, name := range content {
		before[i] = fmt.Sprintf("lag(one.%s) OVER turns AS %[1]s", schemas.Quote(name))
	}
	ended := slices.Concat(content, []string{schemas.RowHash})
	return []string{
		fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[1]s AS
SELECT %[2]s FROM (
  SELECT %[2]s, _fetched_at <= max(_fetched_at) OVER (PARTITION BY %[2]s ORDER BY %[3]s RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS _older,
    count(*) OVER (PARTITION BY %[2]s, %[3]s) AS _count, %[4]s AS _digits
  FROM %[5]s
) GROUP BY %[2]s HAVING max(_count) > 1 OR bool_or(_older) OR count(DISTINCT _digits) > 1 OR count(_digits) < count(*) OR bool_or(substr(_digits, 1, 1) = '0')`,
			of(mixed, t), key, turn, schemas.ToldColumns, of(sights, t)),
		fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[7]s AS
SELECT one.* EXCLUDE (%[1]s) REPLACE (one.%[2]s || lpad(meets.%[1]s::VARCHAR, 9, '0') AS %[2]s, CASE WHEN one.%[3]s IS NULL AND one.%[1]s = 0 THEN '' ELSE one._page_id END AS _page_id)
FROM %[4]s AS one SEMI JOIN %[5]s AS mixed ON mixed.%[2]s = one.%[2]s
JOIN (SELECT %[2]s, %[1]s FROM %[6]s UNION ALL SELECT DISTINCT %[2]s, 0 FROM %[4]s WHERE %[1]s = 0) AS meets ON meets.%[2]s = one.%[2]s AND one.%[1]s <= meets.%[1]s`,
			turn, id, schemas.ToldColumns, of(sights, t), of(mixed, t), of(meets, t), until),
		fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[1]s AS
SELECT %[2]s, %[3]s FROM %[4]s AS one ANTI JOIN %[5]s USING (%[6]s)
UNION ALL BY NAME SELECT * REPLACE (left(%[7]s, -9) AS %[7]s), right(%[7]s, 9)::INTEGER AS %[3]s FROM (
%[8]s
)`, of(states, t), all, turn, of(sights, t), of(mixed, t), key, id, rule.Objects(t)),
		fmt.Sprintf(`INSERT INTO %[1]s (%[2]s, %[3]s, %[4]s)
SELECT %[2]s, coalesce(greatest(past.until, max(CASE WHEN _ends THEN _at END) OVER (PARTITION BY %[5]s ORDER BY %[6]s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)), first_seen_at, _fetched_at), _at
FROM (
  SELECT *, coalesce(_fetched_at < _at AND %[7]s <> _now, false) AS _ends FROM (
    SELECT %[8]s, lag(one._hash) OVER turns AS %[7]s, min(one.first_seen_at) OVER (PARTITION BY %[12]s) AS first_seen_at, one._fetched_at AS _at, _hash AS _now, %[6]s
    FROM (SELECT one.*, %[9]s AS _hash FROM %[10]s AS one) AS one
    WINDOW turns AS (PARTITION BY %[12]s ORDER BY one.%[6]s)
  )
) LEFT JOIN (SELECT %[5]s, max(%[4]s) AS until FROM %[1]s SEMI JOIN %[11]s USING (%[5]s) GROUP BY ALL) AS past USING (%[5]s)
QUALIFY _ends`,
			schemas.Quote(t.Ended().Name), schemas.Quote(ended...), schemas.ValidFrom, schemas.ValidTo, key, turn, schemas.RowHash,
			strings.Join(before, ", "), t.ContentHash("one"), of(states, t), of(meets, t), Prefixed("one", t.Key)),
	}
}

// comings keeps the rows of lists that left, and notes when rows came of objects that a
// run before saw.
func (s inTurns) comings() []string {
	t, owner := s.table, s.table.Owner()
	lists, key := t.ListColumns(), schemas.Quote(t.Key...)
	id, at := schemas.Quote(owner.Key[0]), schemas.Quote(s.owner())
	columns := slices.Concat(t.Key, sightingColumns)
	claimed := Claimed(t, "one")
	stored := fmt.Sprintf("SELECT %s, 0 AS %s FROM %s AS one WHERE one.%s IN (SELECT %s FROM %s)", Prefixed("one", columns), turn, schemas.Quote(t.Name), at, id, of(meets, owner))
	met := []string{fmt.Sprintf("SELECT %s, %s FROM %s", id, turn, of(meets, owner))}
	rows := stored
	if s.from != "" {
		met = append(met, fmt.Sprintf("SELECT %s, %s FROM %s JOIN %s USING (_run_id)", at, turn, s.from, turns))
		rows = fmt.Sprintf("SELECT %s, 0 AS %s FROM %s AS one WHERE one.%s IN (SELECT %s FROM %s UNION SELECT %[4]s FROM %[7]s) UNION ALL SELECT %[1]s, %[2]s FROM %[7]s AS one JOIN %[8]s USING (_run_id)",
			Prefixed("one", columns), turn, schemas.Quote(t.Name), at, id, of(meets, owner), s.from, turns)
	}
	told := []string{fmt.Sprintf("SELECT %s, %s, one.%s FROM %s AS one WHERE NOT %s", Prefixed("one", lists), sighting("one")+" AS newest", turn, of(members, t), claimed)}
	if place := s.positions(owner); place != "" {
		told = append(told, fmt.Sprintf("SELECT %s, %s, one.%s FROM (SELECT DISTINCT %s FROM %s AS one WHERE NOT %s) AS list JOIN %s AS one ON one.%s = list.%s WHERE substr(one.%s, %s, 1) = '1'",
			Prefixed("list", lists), sighting("one"), turn, schemas.Quote(lists...), of(members, t), claimed, of(sights, owner), id, at, schemas.ToldLists, place))
	}
	return []string{
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", of(members, t), rows),
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", of(meets, t), strings.Join(met, " UNION ")),
		// Of each list its newest sighting in each turn in which its object is met, and at first.
		fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[1]s AS SELECT %[2]s, meets.%[3]s, max(told.newest) AS newest FROM (%[4]s) AS told
JOIN (FROM %[5]s UNION SELECT DISTINCT %[6]s, 0 FROM %[5]s) AS meets ON meets.%[6]s = told.%[7]s AND told.%[3]s <= meets.%[3]s GROUP BY ALL`,
			of(looks, t), Prefixed("told", lists), turn, strings.Join(told, " UNION ALL "), of(meets, t), id, at),
		s.comeAndGo(claimed, key, id, at),
	}
}

// comeAndGo writes what became of the members of lists, from turn to turn.
func (s inTurns) comeAndGo(claimed, key, id, at string) string {
	t, owner := s.table, s.table.Owner()
	lists := t.ListColumns()
	seen := fmt.Sprintf("(SELECT %s, min(first_seen_at) AS at FROM %s GROUP BY ALL)", turn, of(sights, owner))
	return fmt.Sprintf(`INSERT INTO %[1]s (%[2]s, _run_id, _fetched_at, %[3]s, %[4]s, %[5]s)
WITH meets AS (
  SELECT *, lag(%[6]s, 1, 0) OVER (PARTITION BY %[7]s ORDER BY %[6]s) AS _before FROM %[8]s
), listed AS (
  SELECT %[9]s, list.%[6]s FROM %[10]s AS one JOIN %[11]s AS list ON %[12]s AND one.%[6]s <= list.%[6]s AND (list.%[6]s = 0 OR %[13]s = list.newest) WHERE NOT %[14]s GROUP BY ALL
), came AS (
  SELECT %[15]s, now.%[6]s, now._fetched_at AS _at FROM listed AS now JOIN meets ON meets.%[7]s = now.%[16]s AND meets.%[6]s = now.%[6]s
  ANTI JOIN listed AS before ON %[17]s AND before.%[6]s = meets._before
  UNION ALL
  SELECT %[18]s, one.%[6]s, max(one._fetched_at) FROM %[10]s AS one WHERE %[14]s GROUP BY %[18]s, one.%[6]s QUALIFY one.%[6]s = min(one.%[6]s) OVER (PARTITION BY %[18]s) AND one.%[6]s > 0
), changes AS (
  SELECT %[15]s, NULL AS _run_id, NULL AS _fetched_at, now._at, now.%[6]s, true AS _came FROM came AS now JOIN %[19]s AS owner ON owner.%[7]s = now.%[16]s
  LEFT JOIN %[20]s AS seen ON seen.%[6]s = now.%[6]s WHERE seen.%[6]s IS NULL OR owner.first_seen_at < seen.at
  UNION ALL
  SELECT %[21]s, before._run_id, before._fetched_at, list.newest.at, meets.%[6]s, false FROM listed AS before
  JOIN meets ON meets.%[7]s = before.%[16]s AND meets._before = before.%[6]s
  JOIN %[11]s AS list ON %[22]s AND list.%[6]s = meets.%[6]s
  ANTI JOIN listed AS now ON %[17]s AND now.%[6]s = meets.%[6]s
  WHERE before._fetched_at < list.newest.at
)
SELECT %[23]s, one._run_id, one._fetched_at,
  CASE WHEN _came THEN _at ELSE coalesce(greatest(past.until, max(_at) OVER (PARTITION BY %[23]s ORDER BY one.%[6]s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)), owner.first_seen_at, one._fetched_at) END,
  _at, CASE WHEN _came THEN false END
FROM changes AS one
LEFT JOIN (SELECT %[2]s, max(%[4]s) AS until FROM %[1]s SEMI JOIN %[10]s USING (%[2]s) GROUP BY ALL) AS past USING (%[2]s)
LEFT JOIN %[19]s AS owner ON owner.%[7]s = one.%[16]s`,
		schemas.Quote(t.Ended().Name), key, schemas.ValidFrom, schemas.ValidTo, schemas.Adopted, turn, id, of(meets, t),
		Prefixed("one", slices.Concat(t.Key, []string{"_run_id", fetchedAt})), of(members, t), of(looks, t), Equal(lists, "one", "list"), sighting("one"), claimed,
		Prefixed("now", t.Key), at, Equal(t.Key, "now", "before"), Prefixed("one", t.Key), s.owners(), seen, Prefixed("before", t.Key), Equal(lists, "before", "list"), Prefixed("one", t.Key))
}

// owners is what has the objects with these lists, and since when they are known.
func (s inTurns) owners() string {
	owner := s.table.Owner()
	id := schemas.Quote(owner.Key[0])
	return fmt.Sprintf("(SELECT %s, min(first_seen_at) AS first_seen_at FROM (SELECT %[1]s, first_seen_at FROM %s UNION ALL SELECT %[1]s, first_seen_at FROM %[3]s WHERE %[1]s IN (SELECT %[1]s FROM %[4]s)) GROUP BY ALL)",
		id, of(sights, owner), schemas.Quote(owner.Name), of(meets, s.table))
}
