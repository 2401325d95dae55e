package load

import (
	"fmt"
	"maps"
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
	columns := append(slices.Clone(lists), "_fetched_at", "_run_id", "_page_id")
	var seen []string
	if m.from != "" {
		seen = append(seen, fmt.Sprintf("SELECT %s FROM %s AS one WHERE NOT (%s)", prefixed("one", columns), m.from, m.claimed("one")))
	}
	if touched := m.touched(); touched != "" {
		seen = append(seen, fmt.Sprintf("SELECT %s FROM %s AS one WHERE %s IN (%s) AND NOT (%s)",
			prefixed("one", columns), schemas.Quote(m.table.Name), prefixed("one", []string{m.owner()}), touched, m.claimed("one")))
	}
	if len(seen) == 0 {
		return nil
	}
	all := []string{fmt.Sprintf("SELECT %s, %s AS newest FROM %s AS one", prefixed("one", lists), sighting("one"), listed)}
	for _, parent := range schemas.Tables() {
		if at := m.positions(parent); at != "" {
			for _, t := range []*schemas.Table{parent, parent.Sightings()} {
				all = append(all, fmt.Sprintf("SELECT %s, %s FROM (SELECT DISTINCT %s FROM %s) AS list JOIN %s AS one ON one.%s = list.%s WHERE substr(one.%s, %s, 1) = '1'",
					prefixed("list", lists), sighting("one"), schemas.Quote(lists...), listed, schemas.Quote(t.Name),
					schemas.Quote(parent.Key[0]), schemas.Quote(m.owner()), schemas.ToldLists, at))
			}
		}
	}
	current := equal(lists, "one", "list") + " AND " + sighting("one") + " = list.newest"
	// A sighting that the run has is as the run has it.
	again := "false"
	if len(m.runs) > 0 {
		again = "one._run_id IN (" + strings.Join(m.runs, ", ") + ")"
	}
	gone := fmt.Sprintf("DELETE FROM %s AS one USING %s AS list WHERE %s AND NOT (%s) AND (%s <> list.newest OR %s)",
		schemas.Quote(m.table.Name), newestLists, equal(lists, "one", "list"), m.claimed("one"), sighting("one"), again)
	statements := []string{
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", listed, m.share.from("("+strings.Join(seen, " UNION ")+")", lists)),
		fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT %s, max(newest) AS newest FROM (%s) GROUP BY ALL", newestLists, schemas.Quote(lists...), strings.Join(all, " UNION ALL ")),
	}
	var left []string
	if m.table.Versioned {
		statements, left = append(statements, history{m}.listed()), history{m}.leftAndCame()
	}
	if m.from == "" {
		return append(append(statements, gone), left...)
	}
	rows := fmt.Sprintf("(SELECT one.* FROM %s AS one JOIN %s AS list ON %s UNION ALL FROM %[1]s AS one WHERE %[4]s)", m.from, newestLists, current, m.claimed("one"))
	gone += fmt.Sprintf(" AND NOT EXISTS (FROM %s AS incoming WHERE %s)", rows, equal(m.table.Key, "one", "incoming"))
	return slices.Concat(statements, []string{gone}, m.upsert(rows), left)
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

// positions is the place of a list's digit among those of an object of parent, 0 of
// a list of other objects; empty where the table has none of parent's.
func (m merge) positions(parent *schemas.Table) string {
	cases := ""
	for i, l := range parent.Lists() {
		if l.Table != m.table {
			continue
		}
		same := "true"
		for _, column := range slices.Sorted(maps.Keys(l.Set)) {
			same += fmt.Sprintf(" AND list.%s = %s", schemas.Quote(column), schemas.QuoteText(l.Set[column]))
		}
		cases += fmt.Sprintf(" WHEN %s THEN %d", same, i+1)
	}
	if cases == "" {
		return ""
	}
	return "CASE" + cases + " ELSE 0 END"
}
