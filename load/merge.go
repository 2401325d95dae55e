package load

import (
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
	table *schemas.Table
	from  string // the new rows
}

const fetchedAt = "_fetched_at"

func newMerge(t *schemas.Table, files []string) merge {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = schemas.QuoteText(f)
	}
	return merge{table: t, from: fmt.Sprintf("read_parquet([%s], hive_partitioning = false)", strings.Join(names, ", "))}
}

func (m merge) statements() []string {
	if len(m.lists()) == 0 {
		return []string{m.upsert(m.from)}
	}
	return []string{m.remove(), m.upsert(m.current())}
}

// upsert inserts new rows and updates those whose key is stored. A table that
// keeps the newest value of each column keeps those that are now missing.
func (m merge) upsert(from string) string {
	var sets, columns, values []string
	for _, c := range m.table.Columns {
		name := schemas.Quote(c.Name)
		columns = append(columns, name)
		values = append(values, "incoming."+name)
		switch {
		case m.table.IsKey(c.Name):
		case m.table.Mode == schemas.Coalesce:
			sets = append(sets, fmt.Sprintf("%s = coalesce(incoming.%[1]s, stored.%[1]s)", name))
		default:
			sets = append(sets, fmt.Sprintf("%s = incoming.%[1]s", name))
		}
	}
	return fmt.Sprintf(`MERGE INTO %s AS stored USING %s AS incoming ON %s
WHEN MATCHED AND incoming.%s >= stored.%[4]s THEN UPDATE SET %s
WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)`,
		schemas.Quote(m.table.Name), from, equal(m.table.Key, "stored", "incoming"), fetchedAt,
		strings.Join(sets, ", "), strings.Join(columns, ", "), strings.Join(values, ", "))
}

// remove deletes what is no longer on a list.
func (m merge) remove() string {
	lists := m.lists()
	return fmt.Sprintf(`DELETE FROM %s AS stored USING (SELECT %s, max(%s) AS %[3]s FROM %[4]s GROUP BY ALL) AS list
WHERE %[5]s AND stored.%[3]s <= list.%[3]s AND NOT (%[6]s)
AND NOT EXISTS (FROM %[4]s AS incoming WHERE %[7]s)`,
		schemas.Quote(m.table.Name), schemas.Quote(lists...), fetchedAt, m.from,
		equal(lists, "stored", "list"), m.claimed("stored"), equal(m.table.Key, "stored", "incoming"))
}

// current selects the new rows without those of lists that are stored newer.
func (m merge) current() string {
	return fmt.Sprintf(`(FROM %s AS seen WHERE (%s) OR NOT EXISTS (
FROM %s AS newer WHERE %s AND newer.%s > seen.%[5]s))`,
		m.from, m.claimed("seen"), schemas.Quote(m.table.Name), equal(m.lists(), "newer", "seen"), fetchedAt)
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

// equal compares columns of two aliases; they are never null.
func equal(columns []string, a, b string) string {
	terms := make([]string, len(columns))
	for i, c := range columns {
		terms[i] = fmt.Sprintf("%s.%s = %s.%[2]s", a, schemas.Quote(c), b)
	}
	return strings.Join(terms, " AND ")
}
