package merge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// merge writes the SQL that takes new rows into a table, so that the rows stored
// are those of schemas.Rule, in whatever order runs are merged.
//
// A row that stays is updated in place. Deleting and inserting it again takes two
// to four times as long, and the file grows.
type merge struct {
	table   *schemas.Table
	from    string            // the new rows; "" for none
	rows    map[string]string // of all tables of the run
	runs    []string          // that the new rows are of, as SQL
	partial map[string]bool   // tables in which rows complete others
	share   Share
	thrifty bool // to take less memory, and more time where little is stored
	// few rows: it pays to look where the stored ones stand, and which columns differ. They
	// are merged in one transaction, in which a row stays where it is.
	few bool
	// several runs have these rows, one key more than one.
	several bool
	told    bool // the versions that end are told otherwise
	// taken are the parents of which sightings are taken out, see ofParent.
	taken map[string]bool
}

// ClaimedBy are the columns of a table whose rows belong together: they are in one share.
func ClaimedBy(t *schemas.Table) []string {
	if lists := t.ListColumns(); len(lists) > 0 {
		return lists
	}
	return t.Key
}

const fetchedAt = "_fetched_at"

func (m merge) statements() []string {
	switch {
	case len(m.table.ListColumns()) > 0:
		return m.members()
	case m.from == "":
		return nil
	case m.table.Versioned && !m.told:
		h := history{m}
		return slices.Concat(m.meet(), h.before(), m.objects(), h.after())
	case m.table.IsEntity():
		var first []string
		if m.several {
			first, m.from = newestAlone(m.table, m.from)
		}
		return slices.Concat(first, m.meet(), m.objects())
	}
	from := m.from
	if m.several {
		from = fmt.Sprintf("(SELECT one.* FROM %s AS one%s)", from, onlyNewest(m.table))
	}
	return m.upsert(from, Equal(m.table.Key, "stored", "incoming"))
}

// objects merges sightings of objects. As a rule the newest tells all that an older
// one does, and its row simply is the object's; other objects are made anew of the
// sightings that count, which are kept for that.
func (m merge) objects() []string {
	key := schemas.Quote(m.table.Key...)
	kept := schemas.Quote(m.table.Sightings().Name)
	same := Equal(m.table.Key, "stored", "incoming")
	find := fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[1]s AS
SELECT %[2]s FROM %[3]s WHERE %[4]s
UNION SELECT %[2]s FROM %[5]s SEMI JOIN %[3]s AS incoming USING (%[2]s)
UNION SELECT %[6]s FROM %[3]s AS incoming JOIN %[7]s AS stored ON %[8]s
WHERE coalesce(stored.%[9]s <> incoming.%[9]s OR stored.%[10]s <> incoming.%[10]s, true)
  AND CASE WHEN stored.%[9]s IS NOT NULL AND %[11]s = %[12]s THEN false
           WHEN %[11]s >= %[12]s THEN bit_count(%[14]s & ~%[13]s) > 0
           ELSE bit_count(%[13]s & ~%[14]s) > 0 END`,
		several, key, m.from, completing, kept, Prefixed("incoming", m.table.Key), m.met(), same,
		schemas.ToldColumns, schemas.ToldLists, sighting("incoming"), sighting("stored"), told(m.table, "incoming"), told(m.table, "stored"))
	if m.several {
		find += fmt.Sprintf("\nUNION SELECT %s FROM %s GROUP BY %[1]s HAVING count(*) > 1", key, m.from)
	}
	simple := fmt.Sprintf("(FROM %s AS incoming ANTI JOIN %s USING (%s))", m.from, several, key)
	return slices.Concat([]string{find}, setDiffering(m, m.from, m.upsert(m.meeting(simple))), ifAny(several, m.compose(m.collect(m.met())...)...))
}

// met is what has the stored rows of the objects that the run saw, as they were before
// it. Of a wide table each look takes long, so they are taken out once; with little
// memory it is the table itself.
func (m merge) met() string {
	if m.thrifty {
		return schemas.Quote(m.table.Name)
	}
	return metRows
}

// meet takes them out.
func (m merge) meet() []string {
	if m.thrifty {
		return nil
	}
	if m.few {
		return m.meetAt(fmt.Sprintf("SEMI JOIN %s AS incoming ON %s", m.from, Equal(m.table.Key, "one", "incoming")))
	}
	return []string{fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT stored.* FROM %s AS stored SEMI JOIN %s AS incoming ON %s",
		metRows, schemas.Quote(m.table.Name), m.from, Equal(m.table.Key, "stored", "incoming"))}
}

// meetAt takes out the few stored rows, by the alias one, that a condition is true of.
// First it looks where they stand, for which the columns of the condition are read alone.
// The others are read only around these places, whatever is stored beside.
func (m merge) meetAt(condition string) []string {
	return []string{
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT one.rowid AS %s FROM %s AS one %s", places(m.table), place, schemas.Quote(m.table.Name), condition),
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT one.*, one.rowid AS %s FROM %s", metRows, place, there(m.table)),
	}
}

// meeting are new rows, of which those that meet a stored one say where it stands, and
// the condition to find it.
func (m merge) meeting(from string) (rows, on string) {
	if !m.few {
		return from, Equal(m.table.Key, "stored", "incoming")
	}
	return fmt.Sprintf("(SELECT new.*, met.%s FROM %s AS new LEFT JOIN %s AS met ON %s)", place, from, metRows, Equal(m.table.Key, "new", "met")),
		"stored.rowid = incoming." + place
}

// collect gathers the sightings of the objects of which it takes several: those of
// the run, and those kept without what was of the run before. A row of before
// there were digits is older than all of its run.
func (m merge) collect(stored string) []string {
	var columns, old []string
	for _, c := range m.table.Columns {
		name := schemas.Quote(c.Name)
		columns = append(columns, name)
		if c.Name == "_page_id" {
			name = "CASE WHEN " + schemas.ToldColumns + " IS NULL THEN '' ELSE " + name + " END AS " + name
		}
		old = append(old, name)
	}
	others := "true"
	if len(m.runs) > 0 {
		others = "(" + schemas.ToldColumns + " IS NULL OR _run_id NOT IN (" + strings.Join(m.runs, ", ") + "))"
	}
	key, kept := schemas.Quote(m.table.Key...), schemas.Quote(m.table.Sightings().Name)
	return []string{fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %[1]s AS
SELECT %[2]s FROM %[3]s SEMI JOIN %[4]s USING (%[5]s)
UNION ALL SELECT %[2]s FROM %[6]s SEMI JOIN %[4]s USING (%[5]s) WHERE %[7]s
UNION ALL SELECT %[8]s FROM %[9]s SEMI JOIN %[4]s USING (%[5]s) ANTI JOIN %[6]s USING (%[5]s) WHERE %[7]s`,
		pieces, strings.Join(columns, ", "), m.from, several, key, kept, others, strings.Join(old, ", "), stored)}
}

// compose makes objects of their sightings and keeps those that count: the ones
// that tell what no newer one does, where there are several.
func (m merge) compose(collect ...string) []string {
	key, kept := schemas.Quote(m.table.Key...), schemas.Quote(m.table.Sightings().Name)
	all := schemas.Quote(columnsOf(m.table)...)
	rule := schemas.DuckDBRule(func(t *schemas.Table) string {
		if t == m.table {
			return pieces
		}
		return schemas.Quote(t.Name)
	})
	from := "(" + rule.Objects(m.table) + ")"
	if m.few {
		collect, from = append(collect, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", objects, from)), objects
	}
	rows, on := m.meeting(from)
	return setDiffering(m, from, append(collect,
		fmt.Sprintf("DELETE FROM %s AS kept USING %s AS gone WHERE %s", kept, several, Equal(m.table.Key, "kept", "gone")),
		fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) SELECT %[2]s FROM (
  SELECT *, count(*) OVER (PARTITION BY %[3]s) AS _count FROM (
    SELECT *, bit_or(_told) OVER (PARTITION BY %[3]s ORDER BY _fetched_at DESC, _run_id DESC, _page_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS _newer
    FROM (SELECT one.*, %[4]s AS _told FROM %[5]s AS one)
  ) WHERE _newer IS NULL OR bit_count(_told & ~_newer) > 0
) WHERE _count > 1`, kept, all, key, told(m.table, "one"), pieces),
		fmt.Sprintf("MERGE INTO %s AS stored USING %s AS incoming ON %s\nWHEN MATCHED THEN UPDATE SET\n%s\nWHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)",
			schemas.Quote(m.table.Name), rows, on, setLines(m.newer()), all, Prefixed("incoming", columnsOf(m.table)))))
}

// upsert inserts new rows and updates those that are stored, which a condition finds.
func (m merge) upsert(from, on string) []string {
	if m.thrifty {
		return m.replace(from)
	}
	var columns, values []string
	for _, c := range m.table.Columns {
		columns = append(columns, schemas.Quote(c.Name))
		values = append(values, "incoming."+schemas.Quote(c.Name))
	}
	older := ""
	if sets, differs := m.older(); sets != nil {
		older = fmt.Sprintf("\nWHEN MATCHED AND (%s) THEN UPDATE SET %s", strings.Join(differs, " OR "), strings.Join(sets, ", "))
	}
	return []string{fmt.Sprintf(`MERGE INTO %s AS stored USING %s AS incoming ON %s
WHEN MATCHED AND %s THEN UPDATE SET
%s%s
WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)`,
		schemas.Quote(m.table.Name), from, on, isNewer,
		setLines(m.newer()), older, strings.Join(columns, ", "), strings.Join(values, ", "))}
}

// isNewer is the condition that a row is not older than the stored one.
var isNewer = fmt.Sprintf("(incoming.%s > stored.%[1]s OR incoming.%[1]s = stored.%[1]s AND %[2]s >= %[3]s)", fetchedAt, sighting("incoming"), sighting("stored"))

// replaced is a temporary table: where the rows stand that are inserted anew.
const replaced = "_replaced"

// replace does the same with memory for the new rows only, wherever those stored
// are: it inserts them as they will be and deletes them as they were. All columns
// of a temporary table would take a block each.
func (m merge) replace(from string) []string {
	sets, _ := m.older()
	newer, older := assigned(m.newer()), assigned(sets)
	var columns, all []string
	for _, c := range m.table.Columns {
		name := schemas.Quote(c.Name)
		columns = append(columns, name)
		all = append(all, fmt.Sprintf("CASE WHEN stored.rowid IS NULL THEN incoming.%s WHEN %s THEN %s ELSE %s END AS %[1]s",
			name, isNewer, cmp.Or(newer[name], "stored."+name), cmp.Or(older[name], "stored."+name)))
	}
	table, key := schemas.Quote(m.table.Name), Equal(m.table.Key, "stored", "incoming")
	return []string{
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT stored.rowid AS place FROM %s AS stored SEMI JOIN %s AS incoming ON %s", replaced, table, from, key),
		fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s AS incoming LEFT JOIN %[1]s AS stored ON %[5]s",
			table, strings.Join(columns, ", "), strings.Join(all, ", "), from, key),
		fmt.Sprintf("DELETE FROM %s WHERE rowid IN (SELECT place FROM %s)", table, replaced),
	}
}

// newer sets the columns of a stored row from one that is not older.
func (m merge) newer() []string {
	var sets []string
	for _, c := range m.table.Columns {
		name := schemas.Quote(c.Name)
		switch {
		case m.table.IsKey(c.Name):
		case c.Merge != schemas.Newest:
			sets = append(sets, name+" = "+extreme(c))
		case c.From == schemas.Nowhere:
		default:
			sets = append(sets, fmt.Sprintf("%s = incoming.%[1]s", name))
		}
	}
	return sets
}

// older is the clause for a row older than the stored one. That one stays; it
// gains only what an older sighting can tell: since when the object is known.
func (m merge) older() (sets, differs []string) {
	for _, c := range m.table.Columns {
		if c.Merge == schemas.Newest {
			continue
		}
		name, value := schemas.Quote(c.Name), extreme(c)
		sets = append(sets, name+" = "+value)
		differs = append(differs, fmt.Sprintf("stored.%s IS DISTINCT FROM %s", name, value))
	}
	return sets, differs
}

// extreme keeps the smaller or the larger of two values; NULL is neither.
func extreme(c schemas.Column) string {
	function := "greatest"
	if c.Merge == schemas.Least {
		function = "least"
	}
	return fmt.Sprintf("%s(stored.%s, incoming.%[2]s)", function, schemas.Quote(c.Name))
}

// stale deletes what these runs logged before and do not log any more, when
// their pages were read by another version of the program.
func (m merge) stale(runs []string) []string {
	if !isLog(m.table) || len(runs) == 0 {
		return nil
	}
	statement := fmt.Sprintf("DELETE FROM %s AS stored WHERE _run_id IN (%s)", schemas.Quote(m.table.Name), strings.Join(runs, ", "))
	if m.from != "" {
		statement += fmt.Sprintf(" AND NOT EXISTS (FROM %s AS incoming WHERE %s)", m.from, Equal(m.table.Key, "stored", "incoming"))
	}
	return []string{statement}
}

// Claimed is the condition that a row of a child table comes from a paged
// collection and so is claimed by key.
func Claimed(t *schemas.Table, alias string) string {
	return "(" + cmp.Or(schemas.DuckDBRule(nil).Claimed(t, alias), "false") + ")"
}
