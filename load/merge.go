package load

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// merge writes the SQL that takes new rows into a table.
//
// Rows of objects, of sightings and of paged collections are claimed by key: a
// row replaces the one with its key unless that one is newer. The rows of a
// list inside an object belong together: where the list was seen, its rows
// replace those stored for it, and what is no longer on it goes. A list that
// was not seen stays.
//
// A row that stays on its list is updated in place. Deleting and inserting it
// again takes two to four times as long, and the file grows.
type merge struct {
	table     *schemas.Table
	from      string // the new rows; "" for none
	asked     asked
	sightings string // the run's sightings of Spaces; "" for none
	share     share
	thrifty   bool // to take less memory, and more time where little is stored
}

// share is one of several shares of a table's rows, told apart by a hash; the
// zero value is all.
type share struct{ part, of int }

// from selects the share of rows whose columns hash to it.
func (s share) from(rows string, columns []string) string {
	if s.of <= 1 || rows == "" {
		return rows
	}
	return fmt.Sprintf("(FROM %s WHERE hash(%s) %% %d = %d)", rows, schemas.Quote(columns...), s.of, s.part)
}

// claimedBy are the columns whose rows belong together: they are in one share.
func (m merge) claimedBy() []string {
	if lists := m.lists(); len(lists) > 0 {
		return lists
	}
	return m.table.Key
}

const fetchedAt = "_fetched_at"

func (m merge) statements() []string {
	var statements []string
	isList := len(m.lists()) > 0
	if isList {
		statements = append(statements, m.remove()...)
	}
	switch {
	case m.from == "":
		return statements
	case isList:
		return append(statements, m.upsert(m.current())...)
	case m.table.History:
		h := history{m.table}
		return slices.Concat(statements, h.before(m.from), m.upsert(m.asked.rows(m.from)), h.after(m.from))
	case m.isEntity():
		return append(statements, m.upsert(m.asked.rows(m.from))...)
	default:
		return append(statements, m.upsert(m.from)...)
	}
}

// isEntity reports whether the rows are objects that are seen again and again.
func (m merge) isEntity() bool { return m.table.Object != "" && m.table.Mode != schemas.Every }

// upsert inserts new rows and updates those whose key is stored.
func (m merge) upsert(from string) []string {
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
WHEN MATCHED AND incoming.%s >= stored.%[4]s THEN UPDATE SET %s%s
WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)`,
		schemas.Quote(m.table.Name), from, equal(m.table.Key, "stored", "incoming"), fetchedAt,
		strings.Join(m.newer(), ", "), older, strings.Join(columns, ", "), strings.Join(values, ", "))}
}

// replaced is a temporary table: where the rows stand that are inserted anew.
const replaced = "_replaced"

// replace does the same with memory for the new rows only, wherever those stored
// are: it inserts them as they will be and deletes them as they were. All columns
// of a temporary table would take a block each.
func (m merge) replace(from string) []string {
	newer, older := map[string]string{}, map[string]string{}
	for _, set := range m.newer() {
		name, value, _ := strings.Cut(set, " = ")
		newer[name] = value
	}
	sets, _ := m.older()
	for _, set := range sets {
		name, value, _ := strings.Cut(set, " = ")
		older[name] = value
	}
	var columns, values []string
	for _, c := range m.table.Columns {
		name := schemas.Quote(c.Name)
		columns = append(columns, name)
		values = append(values, fmt.Sprintf("CASE WHEN stored.rowid IS NULL THEN incoming.%s WHEN incoming.%s >= stored.%[2]s THEN %[3]s ELSE %[4]s END AS %[1]s",
			name, fetchedAt, cmp.Or(newer[name], "stored."+name), cmp.Or(older[name], "stored."+name)))
	}
	table, key := schemas.Quote(m.table.Name), equal(m.table.Key, "stored", "incoming")
	return []string{
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT stored.rowid AS place FROM %s AS stored SEMI JOIN %s AS incoming ON %s", replaced, table, from, key),
		fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s AS incoming LEFT JOIN %[1]s AS stored ON %[5]s",
			table, strings.Join(columns, ", "), strings.Join(values, ", "), from, key),
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
		case m.table.Mode == schemas.Coalesce && c.From != schemas.Envelope:
			sets = append(sets, fmt.Sprintf("%s = coalesce(incoming.%[1]s, stored.%[1]s)", name))
		case m.isEntity() && c.From != schemas.Envelope:
			sets = append(sets, name+" = "+m.asked.value(m.table, c))
		default:
			sets = append(sets, fmt.Sprintf("%s = incoming.%[1]s", name))
		}
	}
	return sets
}

// older is the clause for a row older than the stored one. That one stays; it
// gains only what an older sighting can tell: since when the object is known,
// and in a table that keeps every value those that are missing.
func (m merge) older() (sets, differs []string) {
	for _, c := range m.table.Columns {
		name, value := schemas.Quote(c.Name), ""
		switch {
		case c.Merge != schemas.Newest:
			value = extreme(c)
		case m.table.Mode == schemas.Coalesce && c.From != schemas.Envelope && !m.table.IsKey(c.Name):
			value = fmt.Sprintf("coalesce(stored.%s, incoming.%[1]s)", name)
		default:
			continue
		}
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
		statement += fmt.Sprintf(" AND NOT EXISTS (FROM %s AS incoming WHERE %s)", m.from, equal(m.table.Key, "stored", "incoming"))
	}
	return []string{statement}
}

// equal compares columns of two aliases; they are never null.
func equal(columns []string, a, b string) string {
	terms := make([]string, len(columns))
	for i, c := range columns {
		terms[i] = fmt.Sprintf("%s.%s = %s.%[2]s", a, schemas.Quote(c), b)
	}
	return strings.Join(terms, " AND ")
}

// lists names the columns that tell the lists of a child table apart: the
// object that holds the list, and which of its lists. It is empty for tables
// whose rows are all claimed by key.
func (m merge) lists() []string {
	if !slices.ContainsFunc(m.table.Sources, func(s schemas.Source) bool { return s.Object != schemas.PageObject }) {
		return nil
	}
	var columns []string
	for _, c := range m.table.Columns {
		if c.From == schemas.ParentKey || c.From == schemas.Const {
			columns = append(columns, c.Name)
		}
	}
	return columns
}

// claimed is the condition that a row of a child table comes from a paged
// collection and so is claimed by key.
func (m merge) claimed(alias string) string {
	condition := "false"
	for _, s := range m.table.Sources {
		if s.Object != schemas.PageObject {
			continue
		}
		same := "true"
		for _, column := range slices.Sorted(maps.Keys(s.Set)) {
			same += fmt.Sprintf(" AND %s.%s = %s", alias, schemas.Quote(column), schemas.QuoteText(s.Set[column]))
		}
		condition += " OR " + same
	}
	return condition
}
