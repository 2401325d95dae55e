package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Temporary tables: the sightings of lists that have rows, and of each of these
// lists the newest sighting, which may have none.
const (
	listed      = "_listed"
	newestLists = "_newest"
)

// members merges the rows of lists inside objects. The lists looked at are those
// that have new rows, and those stored of objects that the run saw.
func (m merge) members() []string {
	lists := m.table.ListColumns()
	columns := slices.Concat(lists, sightingColumns)
	touched := m.touched()
	if touched == "" {
		return nil
	}
	seen := []string{fmt.Sprintf("SELECT %s FROM %s AS one WHERE NOT %s", Prefixed("one", columns), metRows, Claimed(m.table, "one"))}
	if m.from != "" {
		seen = append(seen, fmt.Sprintf("SELECT %s FROM %s AS one WHERE NOT (%s)", Prefixed("one", columns), m.from, Claimed(m.table, "one")))
	}
	all := []string{fmt.Sprintf("SELECT %s, %s AS newest FROM %s AS one", Prefixed("one", lists), sighting("one"), listed)}
	var rest []string
	for _, parent := range schemas.Tables() {
		if at := m.positions(parent); at != "" {
			take, from := m.ofParent(parent)
			rest = append(rest, take...)
			for _, sightings := range from {
				all = append(all, fmt.Sprintf("SELECT %s, %s FROM (SELECT DISTINCT %s FROM %s) AS list JOIN %s AS one ON one.%s = list.%s WHERE substr(one.%s, %s, 1) = '1'",
					Prefixed("list", lists), sighting("one"), schemas.Quote(lists...), listed, sightings,
					schemas.Quote(parent.Key[0]), schemas.Quote(m.owner()), schemas.ToldLists, at))
			}
		}
	}
	some := []string{fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT %s, max(newest) AS newest FROM (%s) GROUP BY ALL", newestLists, schemas.Quote(lists...), strings.Join(all, " UNION ALL "))}
	var left []string
	if m.table.Versioned && !m.told {
		some, left = append(some, history{m}.listed()), history{m}.leftAndCame()
	}
	rows := ""
	if m.from != "" {
		newest := ""
		if m.several {
			newest = onlyNewest(m.table)
		}
		rows = fmt.Sprintf("(SELECT one.* FROM %s AS one JOIN %s AS list ON %s AND %s = list.newest UNION ALL FROM %[1]s AS one WHERE %[5]s%[6]s)",
			m.from, newestLists, Equal(lists, "one", "list"), sighting("one"), Claimed(m.table, "one"), newest)
	}
	some = append(some, m.gone(rows))
	if rows != "" {
		upsert := m.upsert(m.meeting(rows))
		if m.onlyLists() {
			upsert = setDiffering(m, rows, upsert)
		}
		some = append(some, upsert...)
	}
	some = append(some, left...)
	if m.few {
		rest, some = nil, append(rest, some...)
	}
	if m.onlyLists() {
		some = ifAny(listed, some...)
	}
	return slices.Concat(m.meetMembers(touched), []string{
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", listed, m.share.From("("+strings.Join(seen, " UNION ")+")", lists)),
	}, rest, some)
}

// onlyLists reports whether no rows of the table are of paged collections.
func (m merge) onlyLists() bool { return Claimed(m.table, "one") == "(false)" }

// ofParent is what has the sightings of the objects that the run saw of a kind, and what
// takes them out for all their lists; with little memory it is the tables themselves.
func (m merge) ofParent(parent *schemas.Table) (take, from []string) {
	tables := []string{schemas.Quote(parent.Name), schemas.Quote(parent.Sightings().Name)}
	if m.thrifty {
		return nil, tables
	}
	name := schemas.Quote("_of_" + parent.Name)
	if m.taken[parent.Name] && !m.few {
		return nil, []string{name}
	}
	m.taken[parent.Name] = true
	key := schemas.Quote(parent.Key[0])
	var owners, selects []string
	for _, t := range schemas.Tables() {
		of := merge{table: t, from: m.rows[t.Name], rows: m.rows}
		if of.positions(parent) != "" && of.touched() != "" {
			owners = append(owners, of.touched())
		}
	}
	look := func(from, and, owners string) {
		selects = append(selects, fmt.Sprintf("SELECT one.%s, one.%s, one._fetched_at, one._run_id, one._page_id FROM %s %s one.%[1]s IN (%[5]s)", key, schemas.ToldLists, from, and, owners))
	}
	seen := strings.Join(owners, " UNION ")
	if rows := m.rows[parent.Name]; m.few && rows != "" {
		// Those that the run saw itself have been looked for.
		look(there(parent), "WHERE", seen)
		look(inserted(parent), "AND", seen)
		look(tables[0]+" AS one", "WHERE", fmt.Sprintf("(%s) EXCEPT SELECT %s FROM %s", seen, key, rows))
		tables = tables[1:]
	}
	for _, table := range tables {
		look(table+" AS one", "WHERE", seen)
	}
	statement := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", name, strings.Join(selects, " UNION ALL "))
	if m.few {
		statement = once + statement
	}
	return []string{statement}, []string{name}
}

// meetMembers takes out the stored rows of the lists of objects that the run saw: what is
// compared of them. Where they are few, those of paged collections are among them.
func (m merge) meetMembers(touched string) []string {
	if m.few {
		return m.meetAt(fmt.Sprintf("WHERE one.%s IN (%s)", schemas.Quote(m.owner()), touched))
	}
	var columns []string
	for _, c := range m.table.Columns {
		if m.table.IsKey(c.Name) || slices.Contains(sightingColumns, c.Name) || m.table.Versioned && slices.Contains(m.table.Content(), c.Name) {
			columns = append(columns, c.Name)
		}
	}
	return []string{fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT %s FROM %s AS one WHERE one.%s IN (%s) AND NOT %s",
		metRows, Prefixed("one", columns), m.share.From(schemas.Quote(m.table.Name), m.table.ListColumns()), schemas.Quote(m.owner()), touched, Claimed(m.table, "one"))}
}

// gone deletes the rows of lists that are there no more, of which newer ones tell.
func (m merge) gone(rows string) string {
	// A sighting that the run has is as the run has it.
	again := "false"
	if len(m.runs) > 0 {
		again = "one._run_id IN (" + strings.Join(m.runs, ", ") + ")"
	}
	at, same := Prefixed("one", m.table.Key), Equal(m.table.Key, "one", "gone")
	if m.few {
		at, same = "one."+place, "one.rowid = gone."+place
	}
	gone := fmt.Sprintf("SELECT %s FROM %s AS one JOIN %s AS list ON %s WHERE NOT %s AND (%s <> list.newest OR %s)",
		at, metRows, newestLists, Equal(m.table.ListColumns(), "one", "list"), Claimed(m.table, "one"), sighting("one"), again)
	if rows != "" {
		gone += fmt.Sprintf(" AND NOT EXISTS (FROM %s AS incoming WHERE %s)", rows, Equal(m.table.Key, "one", "incoming"))
	}
	return fmt.Sprintf("DELETE FROM %s AS one USING (%s) AS gone WHERE %s", schemas.Quote(m.table.Name), gone, same)
}

// owner is the column with the key of the object that holds the list.
func (m merge) owner() string {
	i := slices.IndexFunc(m.table.Columns, func(c schemas.Column) bool { return c.From == schemas.ParentKey })
	return m.table.Columns[i].Name
}

// touched selects the keys of the objects with such lists that the run saw.
func (m merge) touched() string {
	var keys []string
	if m.from != "" {
		keys = append(keys, fmt.Sprintf("SELECT %s FROM %s", schemas.Quote(m.owner()), m.from))
	}
	for _, parent := range schemas.Tables() {
		if from := m.rows[parent.Name]; from != "" && m.positions(parent) != "" {
			keys = append(keys, fmt.Sprintf("SELECT %s FROM %s", schemas.Quote(parent.Key[0]), from))
		}
	}
	return strings.Join(keys, " UNION ALL ")
}

// positions is ListPlace of parent's objects.
func (m merge) positions(parent *schemas.Table) string {
	return schemas.ListPlace(parent, m.table, func(name string) string { return schemas.Quote(name) })
}
