package merging

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Ended is the table of the versions of rows of t that ended, as it is merged here: without
// the hash, which is DuckDB's.
func Ended(t *schemas.Table) *schemas.Table {
	ended := *t.Ended()
	ended.Columns = nil
	for _, c := range t.Ended().Columns {
		if c.Name != schemas.RowHash {
			ended.Columns = append(ended.Columns, c)
		}
	}
	return &ended
}

// History is the view of every version of the rows of t, that of schemas without the hash.
func (d Dialect) History(t *schemas.Table) schemas.View {
	var v schemas.View
	for _, v = range schemas.Views() {
		if v.Name == t.History() {
			break
		}
	}
	object, owner := "stored", ""
	if !t.IsEntity() {
		object = "owner"
		owner = fmt.Sprintf("\nLEFT JOIN %s AS owner ON owner.%s = stored.%s", d.name(t.Owner().Name), d.name(t.Owner().Key[0]), d.name(t.OwnerColumn()))
	}
	docs := map[string]string{}
	for _, c := range v.Columns {
		docs[c.Name] = c.Doc
	}
	v.Columns = nil
	var now, then []string
	for _, c := range Ended(t).Columns {
		if c.Name == schemas.Adopted {
			continue
		}
		name := d.name(c.Name)
		value := "stored." + name
		switch c.Name {
		case schemas.ValidFrom:
			value = fmt.Sprintf("coalesce(past.until, %s.%s, stored.%s) AS %s", object, d.name(firstSeen), d.name("_fetched_at"), name)
		case schemas.ValidTo:
			value = "NULL AS " + name
		}
		v.Columns = append(v.Columns, schemas.ViewColumn{Name: c.Name, Doc: docs[c.Name]})
		now, then = append(now, value), append(then, name)
	}
	past := d.name(t.Ended().Name)
	from, to := d.name(schemas.ValidFrom), d.name(schemas.ValidTo)
	v.SQL = fmt.Sprintf(`SELECT %s FROM %s WHERE %s < %s
UNION ALL
SELECT %s
FROM %s AS stored
LEFT JOIN (SELECT %s, max(%[4]s) AS until FROM %[2]s GROUP BY %[7]s) AS past ON %[8]s%[9]s`,
		strings.Join(then, ", "), past, from, to, strings.Join(now, ", "), d.name(t.Name), d.names("", t.Key), d.equal(t.Key, "past", "stored"), owner)
	return v
}
