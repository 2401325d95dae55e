package merging

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// objects merges sightings of objects. As a rule an object has one in the run, which tells
// of the same columns and lists as the stored one: then the newer one is the object's row.
// Others are made anew of the sightings that count, which are kept for that.
type objects struct{ merge }

// Temporary tables: the keys of objects that it takes several sightings to make, and these
// sightings.
func (o objects) several() string { return "_several_" + o.table.Name }
func (o objects) pieces() string  { return "_pieces_" + o.table.Name }

func (o objects) statements() []Statement {
	if !o.run.Staged[o.table.Name] {
		return nil
	}
	t, key := o.table, o.table.Key
	stored, kept, incoming, met := o.of(t.Name), o.of(t.Sightings().Name), o.staged(t), o.name(o.met())
	alone := fmt.Sprintf("NOT %s", o.has(o.name(o.several()), "incoming", key))
	all := o.names("", columns(t))
	statements := []Statement{
		o.temporary(o.met(), t, columns(t), key, "", fmt.Sprintf("SELECT %s FROM %s AS stored WHERE %s", o.names("stored", columns(t)), stored, o.has(incoming, "stored", key))),
		o.temporary(o.several(), t, key, key, "", o.findSeveral()),
		o.temporary(o.pieces(), t, columns(t), key, o.several(), o.collect()),
	}
	if t.Versioned {
		statements = append(statements, history(o).late()...)
	}
	statements = append(statements,
		o.remove(o.several(), key, kept, "kept", o.name(o.several())+" AS met", "met", ""),
		o.remove(o.met(), key, stored, "stored", met+" AS met", "met", ""),
		Statement{SQL: fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s FROM %s AS incoming WHERE %s AND NOT %s", stored, all, o.names("incoming", columns(t)), incoming, alone, o.has(met, "incoming", key))},
		Statement{IfAny: o.met(), SQL: fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s\nFROM %s AS incoming JOIN %s AS stored ON %s WHERE %s",
			stored, all, strings.Join(o.values(o.newer), ", "), incoming, met, o.equal(key, "stored", "incoming"), alone)},
		Statement{IfAny: o.several(), SQL: fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s FROM (\n%s\n) AS incoming LEFT JOIN %s AS stored ON %s",
			stored, all, strings.Join(o.values(o.made), ", "), o.rule(), met, o.equal(key, "stored", "incoming"))},
		Statement{IfAny: o.several(), SQL: o.keep()})
	if t.Versioned {
		statements = append(statements, history(o).changed())
	}
	return statements
}

// findSeveral finds the objects of which the run has several rows, of which several
// sightings are kept, and of which the stored one tells other columns or lists.
func (o objects) findSeveral() string {
	told, lists := o.name(schemas.ToldColumns), o.name(schemas.ToldLists)
	return fmt.Sprintf(`SELECT %s FROM %s AS incoming WHERE substr(incoming.%s, 1, 1) = '0'
UNION SELECT %[1]s FROM %[2]s AS incoming JOIN %[4]s AS stored ON %[5]s
WHERE NOT coalesce(incoming.%[3]s = stored.%[3]s AND coalesce(incoming.%[6]s, '') = coalesce(stored.%[6]s, ''), false) OR %[7]s OR %[8]s`,
		o.names("incoming", o.table.Key), o.staged(o.table), told, o.name(o.met()), o.equal(o.table.Key, "stored", "incoming"),
		lists, o.ofRun("stored"), o.has(o.of(o.table.Sightings().Name), "incoming", o.table.Key))
}

// collect gathers the sightings of these: those of the run, and those kept, or else the
// stored row, without what was of the run before. A row of before there were digits is
// older than all of its run.
func (o objects) collect() string {
	kept := o.of(o.table.Sightings().Name)
	old := slices.Clone(columns(o.table))
	values := strings.Split(o.names("one", old), ", ")
	page := o.table.Column("_page_id")
	before := fmt.Sprintf("one.%s IS NULL", o.name(schemas.ToldColumns))
	values[page] = fmt.Sprintf("CASE WHEN %s THEN '' ELSE %s END AS %s", before, values[page], o.name("_page_id"))
	others := fmt.Sprintf("(%s OR NOT %s)", before, o.ofRun("one"))
	chosen := o.has(o.name(o.several()), "one", o.table.Key)
	return fmt.Sprintf("SELECT %s FROM %s AS one WHERE %s\nUNION ALL SELECT %s FROM %s AS one WHERE %[3]s AND %[6]s\nUNION ALL SELECT %[4]s FROM %[7]s AS one WHERE %[3]s AND %[6]s AND NOT %[8]s",
		o.names("one", old), o.staged(o.table), chosen, strings.Join(values, ", "), kept, others, o.name(o.met()), o.has(kept, "one", o.table.Key))
}

// rule makes objects of their sightings. Since when they are gone comes last, for all.
func (o objects) rule() string {
	return o.Rule(func(t *schemas.Table) string {
		if t == o.table {
			return o.name(o.pieces())
		}
		return fmt.Sprintf("(SELECT none.* FROM %s AS none WHERE 1 = 0)", o.of(t.Name))
	}).Objects(o.table)
}

// values are those of the merged row: of most columns by a function.
func (o objects) values(value func(name string) string) []string {
	values := make([]string, len(o.table.Columns))
	for i, c := range o.table.Columns {
		name := o.name(c.Name)
		switch {
		case c.Merge == schemas.Least:
			values[i] = o.extreme(name, "<")
		case c.Merge == schemas.Greatest:
			values[i] = o.extreme(name, ">")
		case c.From == schemas.Nowhere:
			values[i] = "stored." + name
		case o.table.IsKey(c.Name):
			values[i] = "incoming." + name
		default:
			values[i] = value(name)
		}
	}
	return values
}

func (o objects) made(name string) string { return "incoming." + name }

// newer is the value of the newer row.
func (o objects) newer(name string) string {
	return fmt.Sprintf("CASE WHEN %s THEN incoming.%s ELSE stored.%[2]s END", o.isNewer("incoming", "stored"), name)
}

// extreme is the smaller or the larger of two values; NULL is neither.
func (o objects) extreme(name, than string) string {
	return fmt.Sprintf("CASE WHEN stored.%[1]s %[2]s incoming.%[1]s THEN stored.%[1]s ELSE coalesce(incoming.%[1]s, stored.%[1]s) END", name, than)
}

// keep keeps the sightings that tell what no newer one does, where there are several.
func (o objects) keep() string {
	t := o.table
	all, key, place := columns(t), t.Key, o.name("_place")
	numbered := fmt.Sprintf("SELECT one.*, %s AS _told, row_number() OVER (PARTITION BY %s ORDER BY %s) AS %s FROM %s AS one",
		o.told("one"), o.names("one", key), o.newestFirst("one"), place, o.name(o.pieces()))
	told := " JOIN %[8]s ON substr(one._told, digits.digit, 1) = '1'"
	if o.Plain {
		told = " CROSS JOIN %[8]s WHERE substr(one._told, digits.digit, 1) = '1'"
	}
	return fmt.Sprintf(`INSERT INTO %[1]s (%[2]s)
SELECT %[3]s FROM (
  %[4]s
) AS one JOIN (
  SELECT chosen.*, count(*) OVER (PARTITION BY %[5]s) AS _count FROM (
    SELECT %[6]s, min(one.%[7]s) AS %[7]s FROM (%[4]s) AS one`+told+` GROUP BY %[6]s, digits.digit
    UNION SELECT %[6]s, 1 FROM %[9]s AS one
  ) AS chosen
) AS chosen ON %[10]s AND chosen.%[7]s = one.%[7]s AND chosen._count > 1`,
		o.of(t.Sightings().Name), o.names("", all), o.names("one", all), numbered, o.names("chosen", key),
		o.names("one", key), place, o.Digits(len(t.Columns)+max(len(t.Lists()), 1)), o.name(o.pieces()), o.equal(key, "chosen", "one"))
}

// told is what a sighting tells, a digit for each column, then for each list. A row of
// before there were digits tells what it has values of, and of no list.
func (o objects) told(alias string) string {
	var values []string
	for _, c := range o.table.Columns {
		digit := "'1'"
		if c.From == schemas.Value || c.From == schemas.Extras {
			digit = fmt.Sprintf("CASE WHEN %s.%s IS NULL THEN '0' ELSE '1' END", alias, o.name(c.Name))
		}
		values = append(values, digit)
	}
	if o.Plain {
		own, lists := len(o.table.Columns), max(len(o.table.Lists()), 1)
		return fmt.Sprintf("(substr(coalesce(%[1]s.%[2]s, %[3]s) || '%[4]s', 1, %[5]d) || substr(coalesce(%[1]s.%[6]s, '') || '%[7]s', 1, %[8]d))",
			alias, o.name(schemas.ToldColumns), strings.Join(values, " || "), strings.Repeat("0", own), own, o.name(schemas.ToldLists), strings.Repeat("0", lists), lists)
	}
	return fmt.Sprintf("(rpad(coalesce(%[1]s.%[2]s, concat(%[3]s)), %[4]d, '0') || rpad(coalesce(%[1]s.%[5]s, ''), %[6]d, '0'))",
		alias, o.name(schemas.ToldColumns), strings.Join(values, ", "), len(o.table.Columns), o.name(schemas.ToldLists), max(len(o.table.Lists()), 1))
}
