package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// fill writes the SQL that takes the rows of a run into a table without any:
// what merging them would come to, at a third of the time.
func (m merge) fill() []string {
	if m.from == "" {
		return nil
	}
	m.from = m.share.From(m.from, ClaimedBy(m.table))
	columns := schemas.Quote(columnsOf(m.table)...)
	insert := func(rows string) string {
		return fmt.Sprintf("INSERT INTO %s (%s) SELECT %[2]s FROM %[3]s", schemas.Quote(m.table.Name), columns, rows)
	}
	statements := []string{insert(m.from)}
	if m.isPartial() {
		statements = m.fillPartial(insert)
	}
	return statements
}

// isPartial reports whether some rows, or the objects that hold the lists, are
// completed by others.
func (m merge) isPartial() bool {
	if m.table.IsEntity() {
		return m.partial[m.table.Name]
	}
	return slices.ContainsFunc(schemas.Tables(), func(parent *schemas.Table) bool {
		return m.partial[parent.Name] && m.positions(parent) != ""
	})
}

// fillPartial does so where objects have several rows: they and their lists follow
// the rule, which takes longer.
func (m merge) fillPartial(insert func(rows string) string) []string {
	key := schemas.Quote(m.table.Key...)
	if m.table.IsEntity() {
		return append([]string{
			m.table.Sightings().DuckDB(),
			fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT DISTINCT %s FROM %s WHERE %s", several, key, m.from, completing),
			insert(fmt.Sprintf("%s ANTI JOIN %s USING (%s)", m.from, several, key)),
		}, m.compose(m.collect(schemas.Quote(m.table.Name))...)...)
	}
	var found []string
	for _, parent := range schemas.Tables() {
		if m.partial[parent.Name] && m.positions(parent) != "" {
			found = append(found, fmt.Sprintf("SELECT %s FROM %s WHERE %s", schemas.Quote(parent.Key[0]), m.rows[parent.Name], completing))
		}
	}
	owners := "(" + strings.Join(found, " UNION ALL ") + ")"
	rule := schemas.DuckDBRule(func(t *schemas.Table) string {
		if t == m.table {
			return fmt.Sprintf("(FROM %s WHERE %s IN %s)", m.from, schemas.Quote(m.owner()), owners)
		}
		if m.rows[t.Name] == "" {
			return schemas.Quote(t.Name) // no rows as yet
		}
		return fmt.Sprintf("(FROM %s WHERE %s IN %s)", m.rows[t.Name], schemas.Quote(t.Key[0]), owners)
	})
	return []string{
		insert(fmt.Sprintf("%s WHERE %s NOT IN %s", m.from, schemas.Quote(m.owner()), owners)),
		insert("(" + rule.Rows(m.table) + ")"),
	}
}
