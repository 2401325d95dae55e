package load

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// sightings is the table that tells which lists of a Space were empty: the API
// leaves an empty list out, so it has no rows of its own.
const sightings = "space_snapshots"

// remove deletes what is no longer on a list that was seen, or seen empty.
func (m merge) remove() []string {
	lists := schemas.Quote(m.lists()...)
	var seen []string
	if m.from != "" {
		seen = append(seen, fmt.Sprintf("SELECT %s, %s FROM %s", lists, fetchedAt, m.from))
	}
	if m.sightings != "" {
		seen = append(seen, m.empty(m.sightings)...)
	}
	if len(seen) == 0 {
		return nil
	}
	statement := fmt.Sprintf(`DELETE FROM %s AS stored USING (SELECT %s, max(%s) AS %[3]s FROM %[4]s GROUP BY ALL) AS list
WHERE %[5]s AND stored.%[3]s <= list.%[3]s AND NOT (%[6]s)`,
		schemas.Quote(m.table.Name), lists, fetchedAt, m.share.from("("+strings.Join(seen, " UNION ALL ")+")", m.lists()),
		equal(m.lists(), "stored", "list"), m.claimed("stored"))
	if m.from != "" {
		statement += fmt.Sprintf(" AND NOT EXISTS (FROM %s AS incoming WHERE %s)", m.from, equal(m.table.Key, "stored", "incoming"))
	}
	return []string{statement}
}

// current selects the new rows without those of lists that are stored newer, or
// were empty later.
func (m merge) current() string {
	newer := []string{fmt.Sprintf("SELECT %s, %s FROM %s", schemas.Quote(m.lists()...), fetchedAt, schemas.Quote(m.table.Name))}
	return m.without(append(newer, m.empty(schemas.Quote(sightings))...))
}

// without selects the new rows of lists that are not among the newer ones.
func (m merge) without(newer []string) string {
	var conditions []string
	for _, n := range newer {
		conditions = append(conditions, fmt.Sprintf("NOT EXISTS (FROM (%s) AS newer WHERE %s AND newer.%s > seen.%[3]s)",
			n, equal(m.lists(), "newer", "seen"), fetchedAt))
	}
	return fmt.Sprintf("(FROM %s AS seen WHERE (%s) OR %s)", m.from, m.claimed("seen"), strings.Join(conditions, " AND "))
}

// empty selects the lists that were empty, and when, from sightings: a SELECT
// for each source whose absence says so.
func (m merge) empty(from string) []string {
	table := schemas.Lookup(sightings)
	var selects []string
	for _, s := range m.table.Sources {
		if !s.AbsentIsEmpty || s.Object != table.Object {
			continue
		}
		for _, c := range table.Columns {
			if c.From != schemas.Count || c.Path != s.Path {
				continue
			}
			selects = append(selects, fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s = 0", m.emptyList(s, table), fetchedAt, from, schemas.Quote(c.Name)))
		}
	}
	return selects
}

// emptyList gives the columns of lists for one source of a sighting's object.
func (m merge) emptyList(s schemas.Source, sighting *schemas.Table) string {
	var values []string
	for _, name := range m.lists() {
		value := schemas.Quote(sighting.Key[0])
		if set, ok := s.Set[name]; ok {
			value = schemas.QuoteText(set)
		}
		values = append(values, value+" AS "+schemas.Quote(name))
	}
	return strings.Join(values, ", ")
}
