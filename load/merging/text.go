package merging

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

func (d Dialect) name(name string) string { return d.Identifier(name) }

func (d Dialect) text(text string) string {
	if d.Text != nil {
		return d.Text(text)
	}
	return schemas.QuoteText(text)
}

// names makes identifiers of an alias, "" for none, in a comma list.
func (d Dialect) names(alias string, names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = d.Identifier(name)
		if alias != "" {
			quoted[i] = alias + "." + quoted[i]
		}
	}
	return strings.Join(quoted, ", ")
}

// of names a table that has the rows of all runs.
func (d Dialect) of(table string) string {
	if d.Table != nil {
		return d.Table(table)
	}
	return d.name(table)
}

func (d Dialect) staged(t *schemas.Table) string { return d.name(Staged(t)) }

const sinceAt = "since_at"

// temporary makes a temporary table with columns of a table, or the time since_at.
func (d Dialect) temporary(table string, of *schemas.Table, columns, key []string, ifAny, query string) Statement {
	s := Statement{SQL: d.Temporary(d.name(table), query), Makes: table, Key: key, IfAny: ifAny}
	for _, name := range columns {
		c := schemas.Column{Name: name, Type: schemas.Time}
		if name != sinceAt {
			c = of.Columns[of.Column(name)]
		}
		s.Columns = append(s.Columns, c)
	}
	return s
}

// remove deletes the rows of a table, of an alias, with the key of a row of another alias
// in from that meets a condition, if any.
func (d Dialect) remove(ifAny string, key []string, table, alias, from, other, where string) Statement {
	if d.Plain {
		if where != "" {
			from += " WHERE " + where
		}
		return Statement{IfAny: ifAny, SQL: d.Delete(table, key, fmt.Sprintf("SELECT %s FROM %s", d.names(other, key), from))}
	}
	if where != "" {
		where += " AND "
	}
	return Statement{IfAny: ifAny, SQL: fmt.Sprintf("DELETE FROM %s AS %s WHERE EXISTS (SELECT 1 FROM %s WHERE %s%s)", table, alias, from, where, d.equal(key, other, alias))}
}

// again is the condition that a row is of the run as it was merged before.
func (d Dialect) again(r Run) string {
	condition := fmt.Sprintf("%s = %s", d.name("_run_id"), d.text(r.ID))
	if r.Only != "" {
		condition += " AND " + r.Only
	}
	return condition
}

func (d Dialect) distinct(a, b string) string {
	if d.Distinct != nil {
		return d.Distinct(a, b)
	}
	return a + " IS DISTINCT FROM " + b
}

// equal compares columns of two aliases; they are never null.
func (d Dialect) equal(names []string, a, b string) string {
	terms := make([]string, len(names))
	for i, name := range names {
		terms[i] = fmt.Sprintf("%s.%s = %s.%[2]s", a, d.name(name), b)
	}
	return strings.Join(terms, " AND ")
}

// differs is the condition that some of the columns differ.
func (d Dialect) differs(names []string, a, b string) string {
	terms := make([]string, len(names))
	for i, name := range names {
		terms[i] = d.distinct(a+"."+d.name(name), b+"."+d.name(name))
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

// has is the condition that a table has a row with the same columns as that of an alias.
func (d Dialect) has(table, alias string, names []string) string {
	return d.hasAs("met", table, alias, names)
}

// hasAs does so by another alias of the table.
func (d Dialect) hasAs(other, table, alias string, names []string) string {
	if d.Plain {
		return d.in(alias, names, fmt.Sprintf("SELECT %s FROM %s AS %s", d.names(other, names), table, other))
	}
	return fmt.Sprintf("EXISTS (SELECT 1 FROM %s AS %s WHERE %s)", table, other, d.equal(names, other, alias))
}

// in is the condition that the columns of an alias are among what a query selects.
func (d Dialect) in(alias string, names []string, query string) string {
	some := d.names(alias, names)
	if len(names) > 1 {
		some = "(" + some + ")"
	}
	return fmt.Sprintf("(%s IN (%s))", some, query)
}

// sighting are the columns that order sightings.
var sighting = []string{"_fetched_at", "_run_id", "_page_id"}

// isNewer is the condition that a row is not of an older sighting than another.
func (d Dialect) isNewer(a, b string) string {
	at, run, page := d.name("_fetched_at"), d.name("_run_id"), d.name("_page_id")
	return fmt.Sprintf("(%[1]s.%[3]s > %[2]s.%[3]s OR %[1]s.%[3]s = %[2]s.%[3]s AND (%[1]s.%[4]s > %[2]s.%[4]s OR %[1]s.%[4]s = %[2]s.%[4]s AND coalesce(%[1]s.%[5]s, '') >= coalesce(%[2]s.%[5]s, '')))",
		a, b, at, run, page)
}

// newestFirst orders the sightings of an alias.
func (d Dialect) newestFirst(alias string) string {
	return strings.ReplaceAll(d.names(alias, sighting), ",", " DESC,") + " DESC"
}

func columns(t *schemas.Table) []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}
