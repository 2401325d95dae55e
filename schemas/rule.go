package schemas

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule is what makes the rows that count of the rows of all runs, in SQL. What
// comes out is a function of the set of runs, whatever their order:
//
//   - Rows of a key stand in the order of their sightings: _fetched_at, then
//     _run_id, then _page_id.
//   - Of an object each column is that of the newest sighting that tells of it: one
//     with a value, or whose digit in _columns is 1. A NULL of a column that was not
//     asked for never counts.
//   - Of a list the rows count that come from the newest sighting that tells of it:
//     one with rows, or whose object has the list's digit in _lists at 1. An empty
//     list has a sighting and no rows.
//   - Of everything else the newest row of each key counts.
type Rule struct {
	// From names what to select the rows of all runs from.
	From func(*Table) string
	// quote makes an identifier.
	quote func(string) string
	// pick is the value of the last row in the order of a column place, of those for
	// which told is true, in an aggregate; NULL is a value. It is nil where the database
	// has no such aggregate.
	pick func(value, told string) string
	// nullable is a value of a type that has NULL; nil where every type has.
	nullable func(value string) string
}

// DuckDBRule is the rule in DuckDB's dialect.
func DuckDBRule(from func(*Table) string) Rule {
	return Rule{From: from, quote: func(name string) string { return Quote(name) }, pick: func(value, told string) string {
		return fmt.Sprintf("(max_by({'v': %s}, one.%s) FILTER (%s)).v", value, place, told)
	}}
}

// PlainRule is the rule in SQL that every database with window functions knows.
func PlainRule(quote func(string) string, from func(*Table) string) Rule {
	return Rule{From: from, quote: quote}
}

// place numbers the rows of a key, oldest first.
const place = "_place"

// sightingColumns are those that order sightings.
var sightingColumns = []string{"_fetched_at", "_run_id", "_page_id"}

// Rows is a SELECT of the rows of t that count, in the columns' order.
func (r Rule) Rows(t *Table) string {
	switch {
	case t.IsEntity():
		return r.Objects(t)
	case len(t.ListColumns()) > 0:
		rows := r.members(t)
		if claimed := r.Claimed(t, "one"); claimed != "" {
			rows += "\nUNION ALL\n" + r.newest(t, claimed)
		}
		return rows
	}
	return r.newest(t, "")
}

// names makes identifiers of an alias, in a comma list.
func (r Rule) names(alias string, columns []string, suffix string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = r.quote(c) + suffix
		if alias != "" {
			quoted[i] = alias + "." + quoted[i]
		}
	}
	return strings.Join(quoted, ", ")
}

func columnNames(columns []Column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return names
}

// newest selects the newest row of each key, of those of an alias one that meet a
// condition.
func (r Rule) newest(t *Table, where string) string {
	if where != "" {
		where = " WHERE " + where
	}
	return fmt.Sprintf("SELECT %s FROM (\n  SELECT one.*, row_number() OVER (PARTITION BY %s ORDER BY %s) AS %s FROM %s AS one%s\n) AS ranked WHERE %[4]s = 1",
		r.names("", columnNames(t.Columns), ""), r.names("one", t.Key, ""), r.names("one", sightingColumns, " DESC"), place, r.From(t), where)
}

// Objects is Rows for a table of objects, of whatever sightings From names.
func (r Rule) Objects(t *Table) string {
	var values, places []string
	pick := func(i int, name, told string) string {
		if r.pick != nil {
			return r.pick("one."+name, told) + " AS " + name
		}
		places = append(places, fmt.Sprintf("max(CASE WHEN %s THEN one.%s END) OVER (PARTITION BY %s) AS _place_%d", told, place, r.names("one", t.Key, ""), i))
		return fmt.Sprintf("max(CASE WHEN one.%s = one._place_%d THEN one.%s END) AS %[3]s", place, i, name)
	}
	gone := ""
	for i, c := range t.Columns {
		name := r.quote(c.Name)
		switch {
		case t.IsKey(c.Name):
			values = append(values, "one."+name)
		case c.Merge == Least:
			values = append(values, fmt.Sprintf("min(one.%s) AS %[1]s", name))
		case c.Merge == Greatest:
			values = append(values, fmt.Sprintf("max(one.%s) AS %[1]s", name))
		case c.From == Nowhere:
			gone = c.Name
			values = append(values, fmt.Sprintf("min(gone.since_at) AS %s", name))
		case c.From == Value || c.From == Extras:
			values = append(values, pick(i, name, r.told(i, "one."+name)))
		default:
			values = append(values, pick(i, name, "one."+place+" > 0"))
		}
	}
	from := fmt.Sprintf("(\n  SELECT one.*, row_number() OVER (PARTITION BY %s ORDER BY %s) AS %s FROM %s AS one\n) AS one",
		r.names("one", t.Key, ""), r.names("one", sightingColumns, ""), place, r.From(t))
	if places != nil {
		from = fmt.Sprintf("(\n  SELECT one.*,\n  %s\n  FROM %s\n) AS one", strings.Join(places, ",\n  "), from)
	}
	if gone != "" {
		from += "\nLEFT JOIN (\n" + r.gone(t) + "\n) AS gone ON " + r.equal(t.Key, "gone", "one")
	}
	return fmt.Sprintf("SELECT %s\nFROM %s\nGROUP BY %s", strings.Join(values, ",\n  "), from, r.names("one", t.Key, ""))
}

// told is the condition that a row tells of its column at an index.
func (r Rule) told(index int, value string) string {
	return fmt.Sprintf("(%s IS NOT NULL OR substr(one.%s, %d, 1) = '1')", value, r.quote(ToldColumns), index+1)
}

// gone selects since when Spaces are gone: the first absence after the last
// sighting.
func (r Rule) gone(t *Table) string {
	key, at := r.quote(t.Key[0]), r.quote("observed_at")
	since := "min(missed." + at + ")"
	if r.nullable != nil {
		since = r.nullable(since)
	}
	return fmt.Sprintf("  SELECT missed.%[1]s, %[7]s AS since_at FROM %[3]s AS missed\n"+
		"  JOIN (SELECT one.%[1]s, coalesce(max(one.%[4]s), max(one.%[5]s)) AS seen_at FROM %[6]s AS one GROUP BY one.%[1]s) AS last ON last.%[1]s = missed.%[1]s\n"+
		"  WHERE missed.%[2]s > last.seen_at GROUP BY missed.%[1]s",
		key, at, r.From(Lookup("space_absences")), r.quote("last_seen_at"), r.quote("_fetched_at"), r.From(t), since)
}

func (r Rule) equal(columns []string, a, b string) string {
	terms := make([]string, len(columns))
	for i, c := range columns {
		terms[i] = fmt.Sprintf("%s.%s = %s.%[2]s", a, r.quote(c), b)
	}
	return strings.Join(terms, " AND ")
}

// members selects the rows of lists that come from the newest sighting of theirs.
func (r Rule) members(t *Table) string {
	list := slices.Concat(t.ListColumns(), sightingColumns)
	return fmt.Sprintf("SELECT %s FROM %s AS one\nJOIN (\n  SELECT told.*, row_number() OVER (PARTITION BY %s ORDER BY %s) AS %s FROM (\n%s\n  ) AS told\n) AS list ON %s AND list.%[5]s = 1",
		r.names("one", columnNames(t.Columns), ""), r.From(t), r.names("told", t.ListColumns(), ""), r.names("told", sightingColumns, " DESC"), place,
		strings.Join(r.listSightings(t), "\n    UNION ALL\n"), r.equal(list, "one", "list"))
}

// listSightings are SELECTs of the sightings that tell of lists in a child table:
// the columns that tell lists apart, then those that order sightings.
func (r Rule) listSightings(t *Table) []string {
	own := fmt.Sprintf("    SELECT %s FROM %s AS one", r.names("one", slices.Concat(t.ListColumns(), sightingColumns), ""), r.From(t))
	if claimed := r.Claimed(t, "one"); claimed != "" {
		own += " WHERE NOT (" + claimed + ")"
	}
	selects := []string{own}
	for _, parent := range tables {
		for i, l := range parent.lists {
			if l.Table != t {
				continue
			}
			var values []string
			for _, name := range t.ListColumns() {
				value := "one." + r.quote(parent.Key[0])
				if set, ok := l.Set[name]; ok {
					value = QuoteText(set)
				}
				values = append(values, value+" AS "+r.quote(name))
			}
			selects = append(selects, fmt.Sprintf("    SELECT %s, %s FROM %s AS one WHERE substr(one.%s, %d, 1) = '1'",
				strings.Join(values, ", "), r.names("one", sightingColumns, ""), r.From(parent), r.quote(ToldLists), i+1))
		}
	}
	return selects
}

// Claimed is the condition that a row of a table of lists comes from a paged
// collection, whose rows are claimed one by one; empty where none does.
func (r Rule) Claimed(t *Table, alias string) string {
	var conditions []string
	for _, s := range t.Sources {
		if s.Object != PageObject {
			continue
		}
		var same []string
		for _, column := range slices.Sorted(maps.Keys(s.Set)) {
			same = append(same, fmt.Sprintf("%s.%s = %s", alias, r.quote(column), QuoteText(s.Set[column])))
		}
		conditions = append(conditions, strings.Join(same, " AND "))
	}
	return strings.Join(conditions, " OR ")
}
