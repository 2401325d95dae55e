// Package merging writes the SQL that takes a run into tables that have the rows of all
// runs, in whatever order these come, as the DuckDB database has them: those that count by
// schemas.Rule, with the sightings that they are made of and the versions that ended. What
// it looks at are the rows of the run and those stored that they meet, so that its cost
// follows the run and not the tables.
//
// The rows of the run are staged first, see Staged. All of it belongs in one transaction.
package merging

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Dialect is what databases differ in.
type Dialect struct {
	// Identifier makes a name an identifier.
	Identifier func(string) string
	// Rule is the rule in this dialect.
	Rule func(from func(*schemas.Table) string) schemas.Rule
	// Temporary is the statement that makes a temporary table of a query's rows.
	Temporary func(table, query string) string
	// Digits is what to select the column digit from, with the numbers from 1 to n.
	Digits func(n int) string

	// Plain says everything in SQL that nearly every database knows: no subquery depends
	// on the row outside of it, and rows are exchanged for new ones. What follows is for
	// those that need it, too, and nil for others.
	Plain bool
	// Table makes the name of a table an identifier, where that is not Identifier.
	Table func(string) string
	// Delete deletes the rows of a table with the keys that a query selects.
	Delete func(table string, key []string, query string) string
	// Text makes a text a literal.
	Text func(string) string
	// Whole says that an INSERT has to name all columns.
	Whole bool
	// Distinct is the condition that two values differ, NULL being one.
	Distinct func(a, b string) string
}

// Postgres is PostgreSQL's dialect, from version 15.
func Postgres() Dialect {
	all := schemas.Warehouses()
	w := all[slices.IndexFunc(all, func(w schemas.Warehouse) bool { return w.Name == "postgres" })]
	return Dialect{
		Identifier: w.Identifier,
		Rule:       w.Rule,
		Temporary: func(table, query string) string {
			return fmt.Sprintf("CREATE TEMP TABLE %s ON COMMIT DROP AS\n%s", table, query)
		},
		Digits: func(n int) string { return fmt.Sprintf("generate_series(1, %d) AS digits(digit)", n) },
	}
}

// Statement is one of a merge, which come in their order.
type Statement struct {
	SQL string
	// Makes is the temporary table that it makes, unquoted; empty for none.
	Makes string
	// Columns are those of that table.
	Columns []schemas.Column
	// Key are columns of that table by which others are found: who has statistics of
	// them plans better.
	Key []string
	// IfAny is a temporary table without whose rows it does nothing. Who knows that
	// there are none, or that it was not made for that reason, saves it.
	IfAny string
}

// Run is what is merged.
type Run struct {
	ID string
	// Staged are the tables of which it has rows.
	Staged map[string]bool
	// Again says that it was merged before, maybe with other rows.
	Again bool
	// Only is a condition on which Again holds; empty for always.
	Only string
}

// Staged names the temporary table that has the run's rows of a table, unquoted, with the
// table's columns.
func Staged(t *schemas.Table) string { return "_new_" + t.Name }

// Statements are those that merge a run.
func (d Dialect) Statements(r Run) []Statement {
	all := d.due(r)
	for _, t := range schemas.Tables() {
		all = append(all, merge{Dialect: d, run: r, table: t}.statements()...)
	}
	return append(all, d.unavailable()...)
}

// merge writes what takes the rows of one table in.
type merge struct {
	Dialect
	run   Run
	table *schemas.Table
}

func (m merge) statements() []Statement {
	switch {
	case len(m.table.ListColumns()) > 0:
		return lists{m}.statements()
	case m.table.IsEntity():
		return objects{m}.statements()
	}
	return append(m.stale(), m.newest("true")...)
}

// met is a temporary table: the stored rows that the run meets.
func (m merge) met() string { return "_met_" + m.table.Name }

// claimed is the condition that a row of a child table comes from a paged collection and so
// is claimed by its key.
func (m merge) claimed(alias string) string {
	return "(" + cmp.Or(m.Rule(nil).Claimed(m.table, alias), "1 = 0") + ")"
}

// ofRun is the condition that a row is of the run, as it was merged before.
func (m merge) ofRun(alias string) string {
	return fmt.Sprintf("%s.%s = %s", alias, m.name("_run_id"), m.text(m.run.ID))
}

// newest takes rows, of an alias incoming that meet a condition, in by their key: the
// newest of each stays.
func (m merge) newest(where string) []Statement {
	if !m.run.Staged[m.table.Name] {
		return nil
	}
	t, incoming, same := m.of(m.table.Name), m.staged(m.table), m.equal(m.table.Key, "incoming", "stored")
	return []Statement{
		// By the key alone: else the planner has to look at each stored row.
		m.remove("", m.table.Key, t, "one", fmt.Sprintf("%s AS incoming JOIN %s AS stored ON %s", incoming, t, same), "stored", m.isNewer("incoming", "stored")+" AND "+where),
		{SQL: fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s FROM %s AS incoming WHERE %s AND NOT %s",
			t, m.names("", columns(m.table)), m.names("incoming", columns(m.table)), incoming, where, m.hasAs("stored", t, "incoming", m.table.Key))},
	}
}

// stale deletes what the run logged before: its pages may have been read by another version
// of the program.
func (m merge) stale() []Statement {
	if !m.run.Again || !isLog(m.table) {
		return nil
	}
	t, run := m.of(m.table.Name), []string{"_run_id"}
	if m.Plain {
		return []Statement{{SQL: m.Delete(t, run, fmt.Sprintf("SELECT one.%s FROM %s AS one WHERE %s", m.name(run[0]), t, m.again(m.run)))}}
	}
	return []Statement{{SQL: fmt.Sprintf("DELETE FROM %s WHERE %s", t, m.again(m.run))}}
}

// isLog reports whether a table logs what each run saw, so that its rows belong to their
// run for good.
func isLog(t *schemas.Table) bool {
	found := func(s schemas.Source) bool { return !s.Missing }
	return t.Mode == schemas.Every || len(t.Sources) > 0 && !slices.ContainsFunc(t.Sources, found)
}

// OfRuns are the tables of which the rows of a run are looked for that was merged before.
func OfRuns() (all []*schemas.Table) {
	for _, t := range schemas.Tables() {
		if isLog(t) {
			all = append(all, t)
		}
	}
	return all
}

// Tables and columns of which Spaces are gone, and since when.
const (
	spaces   = "spaces"
	absences = "space_absences"
	dueTable = "_due"
)

// due finds the Spaces of which it may change since when they are gone: those that the run
// saw, and those that it did not find, now or when it was merged before.
func (d Dialect) due(r Run) []Statement {
	id := d.name("space_id")
	var from []string
	for _, name := range []string{spaces, absences} {
		if r.Staged[name] {
			from = append(from, fmt.Sprintf("SELECT %s FROM %s", id, d.staged(schemas.Lookup(name))))
		}
	}
	if r.Again {
		from = append(from, fmt.Sprintf("SELECT %s FROM %s WHERE %s", id, d.of(absences), d.again(r)))
	}
	if from == nil {
		return nil
	}
	return []Statement{d.temporary(dueTable, schemas.Lookup(spaces), []string{"space_id"}, []string{"space_id"}, "", strings.Join(from, "\nUNION "))}
}

// unavailable sets since when they are gone: the first absence after the last time the
// Space was seen, NULL when there is none.
func (d Dialect) unavailable() []Statement {
	if d.Plain {
		return d.exchanged()
	}
	id, at := d.name("space_id"), d.name("unavailable_at")
	return []Statement{{IfAny: dueTable, SQL: fmt.Sprintf(`UPDATE %[1]s AS stored SET %[2]s = gone.since_at FROM (
  SELECT one.%[3]s, min(missed.%[4]s) AS since_at FROM %[1]s AS one JOIN %[5]s AS due ON due.%[3]s = one.%[3]s
  LEFT JOIN %[6]s AS missed ON missed.%[3]s = one.%[3]s AND missed.%[4]s > coalesce(one.%[7]s, one.%[8]s)
  GROUP BY one.%[3]s
) AS gone WHERE stored.%[3]s = gone.%[3]s AND stored.%[2]s IS DISTINCT FROM gone.since_at`,
		d.of(spaces), at, id, d.name("observed_at"), d.name(dueTable), d.of(absences), d.name("last_seen_at"), d.name("_fetched_at"))}}
}

// goneTable is a temporary table: the Spaces of which it changes since when they are gone.
const goneTable = "_gone"

// exchanged is unavailable without an UPDATE.
func (d Dialect) exchanged() []Statement {
	t := schemas.Lookup(spaces)
	id, all := d.name("space_id"), columns(t)
	values := strings.Split(d.names("stored", all), ", ")
	values[t.Column("unavailable_at")] = "gone.since_at"
	from := fmt.Sprintf(`%[1]s AS stored JOIN (
  SELECT one.%[2]s AS %[2]s, min(CASE WHEN missed.%[3]s > coalesce(one.%[4]s, one.%[5]s) THEN missed.%[3]s END) AS since_at FROM %[1]s AS one
  JOIN %[6]s AS due ON due.%[2]s = one.%[2]s LEFT JOIN %[7]s AS missed ON missed.%[2]s = one.%[2]s GROUP BY one.%[2]s
) AS gone ON gone.%[2]s = stored.%[2]s`, d.of(spaces), id, d.name("observed_at"), d.name("last_seen_at"), d.name("_fetched_at"), d.name(dueTable), d.of(absences))
	return []Statement{
		d.temporary(goneTable, t, all, t.Key, dueTable, fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(values, ", "), from, d.distinct("stored."+d.name("unavailable_at"), "gone.since_at"))),
		d.remove(goneTable, t.Key, d.of(spaces), "stored", d.name(goneTable)+" AS gone", "gone", ""),
		{IfAny: goneTable, SQL: fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s FROM %s AS gone", d.of(spaces), d.names("", all), d.names("gone", all), d.name(goneTable))},
	}
}
