package merge

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// told is what a sighting tells, as one row of bits: its columns, then its lists.
// A row of before there were digits tells what it has values of, and of no list.
func told(t *schemas.Table, alias string) string {
	var values []string
	for _, c := range t.Columns {
		digit := "'1'"
		if c.From == schemas.Value || c.From == schemas.Extras {
			digit = fmt.Sprintf("CASE WHEN %s.%s IS NULL THEN '0' ELSE '1' END", alias, schemas.Quote(c.Name))
		}
		values = append(values, digit)
	}
	return fmt.Sprintf("(rpad(coalesce(%[1]s.%[2]s, concat(%[3]s)), %[4]d, '0') || rpad(coalesce(%[1]s.%[5]s, ''), %[6]d, '0'))::BIT",
		alias, schemas.ToldColumns, strings.Join(values, ", "), len(t.Columns), schemas.ToldLists, max(len(t.Lists()), 1))
}

// sighting is what orders the sightings of an object.
func sighting(alias string) string {
	return fmt.Sprintf("{'at': %s._fetched_at, 'run': %[1]s._run_id, 'page': %[1]s._page_id}", alias)
}

// sightingColumns are those of it.
var sightingColumns = []string{fetchedAt, "_run_id", "_page_id"}

// Temporary tables: the stored rows of the objects that the run saw, the keys of objects
// of which one sighting does not tell all, their sightings, and what these come to.
const (
	metRows = "_met"
	several = "_several"
	pieces  = "_pieces"
	objects = "_objects"
)

// completing is the condition that a row completes a newer one of its run.
const completing = "substr(" + schemas.ToldColumns + ", 1, 1) = '0'"

func columnsOf(t *schemas.Table) []string {
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	return names
}

// Prefixed writes columns of an alias, in a comma list.
func Prefixed(alias string, columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = alias + "." + schemas.Quote(c)
	}
	return strings.Join(quoted, ", ")
}

// Equal compares columns of two aliases; they are never null.
func Equal(columns []string, a, b string) string {
	terms := make([]string, len(columns))
	for i, c := range columns {
		terms[i] = fmt.Sprintf("%s.%s = %s.%[2]s", a, schemas.Quote(c), b)
	}
	return strings.Join(terms, " AND ")
}
