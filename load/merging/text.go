package merging

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

func (d Dialect) name(name string) string { return d.Identifier(name) }

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

func (d Dialect) staged(t *schemas.Table) string { return d.name(Staged(t)) }

// temporary makes a temporary table.
func (d Dialect) temporary(table string, key []string, ifAny, query string) Statement {
	return Statement{SQL: d.Temporary(d.name(table), query), Makes: table, Key: key, IfAny: ifAny}
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
		terms[i] = fmt.Sprintf("%s.%s IS DISTINCT FROM %s.%[2]s", a, d.name(name), b)
	}
	return "(" + strings.Join(terms, " OR ") + ")"
}

// has is the condition that a table has a row with the same columns as that of an alias.
func (d Dialect) has(table, alias string, names []string) string {
	return fmt.Sprintf("EXISTS (SELECT 1 FROM %s AS met WHERE %s)", table, d.equal(names, "met", alias))
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
