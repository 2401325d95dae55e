package merging

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// lists merges the rows of lists inside objects. The lists looked at are those that have new
// rows, and those stored of objects that the run saw.
type lists struct{ merge }

// newestOf is a temporary table: of each of these lists the newest sighting, which may have
// no rows.
func newestOf(t *schemas.Table) string { return "_newest_" + t.Name }

func (l lists) statements() []Statement {
	touched := l.touched()
	if touched == "" {
		return nil
	}
	t, list := l.table, l.table.ListColumns()
	stored, met, newest := l.of(t.Name), l.name(l.met()), l.name(newestOf(l.table))
	look := slices.Compact(slices.Sorted(slices.Values(slices.Concat(t.Key, list, sighting))))
	statements := []Statement{
		l.temporary(l.met(), t, look, t.Key, "", fmt.Sprintf("SELECT %s FROM %s AS one WHERE one.%s IN (%s) AND NOT %s",
			l.names("one", look), stored, l.name(Owner(t)), touched, l.claimed("one"))),
		l.temporary(newestOf(l.table), t, slices.Concat(list, sighting), list, "", l.findNewest()),
	}
	if t.Versioned {
		statements = append(statements, history(l).listed())
	}
	statements = append(statements, l.remove(l.met(), t.Key, stored, "stored", fmt.Sprintf("%s AS one LEFT JOIN %s AS list ON %s", met, newest, l.equal(list, "list", "one")),
		"one", fmt.Sprintf("(%s OR NOT (%s))", l.ofRun("one"), l.equal(sighting, "list", "one"))))
	if l.run.Staged[t.Name] {
		statements = append(statements, Statement{SQL: fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s FROM %s AS one JOIN %s AS list ON %s WHERE NOT %s",
			stored, l.names("", columns(t)), l.names("one", columns(t)), l.staged(t), newest, l.equal(slices.Concat(list, sighting), "list", "one"), l.claimed("one"))})
		if claimed := l.claimed("incoming"); claimed != "(1 = 0)" {
			// So that the planner does not look for all stored rows that are claimed.
			statements = append(statements, l.newest("CASE WHEN "+claimed+" THEN 1 ELSE 0 END = 1")...)
		}
	}
	if t.Versioned {
		statements = append(statements, history(l).leftAndCame()...)
	}
	return statements
}

// findNewest finds the newest sighting of each list: of its rows, or of the object that
// holds it. What was of the run before does not count.
func (l lists) findNewest() string {
	list := l.table.ListColumns()
	both := slices.Concat(list, sighting)
	all := []string{fmt.Sprintf("SELECT %s FROM %s AS one WHERE NOT %s", l.names("one", both), l.name(l.met()), l.ofRun("one"))}
	listed := []string{fmt.Sprintf("SELECT %s FROM %s AS one", l.names("one", list), l.name(l.met()))}
	if l.run.Staged[l.table.Name] {
		from := fmt.Sprintf("FROM %s AS one WHERE NOT %s", l.staged(l.table), l.claimed("one"))
		all = append(all, fmt.Sprintf("SELECT %s %s", l.names("one", both), from))
		listed = append(listed, fmt.Sprintf("SELECT %s %s", l.names("one", list), from))
	}
	for _, parent := range schemas.Tables() {
		at := l.positions(parent)
		if at == "" {
			continue
		}
		for _, of := range []string{parent.Name, parent.Sightings().Name} {
			all = append(all, fmt.Sprintf("SELECT %s, %s FROM (%s) AS list JOIN %s AS one ON one.%s = list.%s WHERE substr(one.%s, %s, 1) = '1'",
				l.names("list", list), l.names("one", sighting), strings.Join(listed, " UNION "), l.of(of),
				l.name(parent.Key[0]), l.name(Owner(l.table)), l.name(schemas.ToldLists), at))
		}
	}
	return fmt.Sprintf("SELECT %s FROM (\n  SELECT told.*, row_number() OVER (PARTITION BY %s ORDER BY %s) AS _place FROM (\n%s\n  ) AS told\n) AS list WHERE list._place = 1",
		l.names("list", both), l.names("told", list), l.newestFirst("told"), strings.Join(all, "\nUNION ALL "))
}

// Owner is the column with the key of the object that holds the list.
func Owner(t *schemas.Table) string {
	i := slices.IndexFunc(t.Columns, func(c schemas.Column) bool { return c.From == schemas.ParentKey })
	return t.Columns[i].Name
}

// touched selects the keys of the objects with such lists that the run saw.
func (l lists) touched() string {
	var keys []string
	if l.run.Staged[l.table.Name] {
		keys = append(keys, fmt.Sprintf("SELECT %s FROM %s", l.name(Owner(l.table)), l.staged(l.table)))
	}
	for _, parent := range schemas.Tables() {
		if l.run.Staged[parent.Name] && l.positions(parent) != "" {
			keys = append(keys, fmt.Sprintf("SELECT %s FROM %s", l.name(parent.Key[0]), l.staged(parent)))
		}
	}
	return strings.Join(keys, " UNION ")
}

// positions is ListPlace of parent's objects.
func (l lists) positions(parent *schemas.Table) string {
	return schemas.ListPlace(parent, l.table, func(name string) string { return l.name(name) })
}
