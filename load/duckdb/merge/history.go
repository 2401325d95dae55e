package merge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// history writes the SQL that keeps the versions of a table's rows that end. The
// current version is the row itself, and is valid since the one before it ended.
//
// Only rows that the run touched are compared, so the cost follows the run and not the
// history. What an older run, or the same one merged again, changes in a row is no
// version: one ends when a newer sighting says otherwise.
type history struct{ merge }

// Temporary tables: the rows that the merge may change, as they were, and the objects that
// the run saw earlier than any run merged before it.
const (
	contentBefore = "_before"
	seenEarlier   = "_earlier"
)

// before notes the stored rows that meet new ones with other content. They are found by
// key first: a hash within that join is computed of every row there is.
func (h history) before() []string {
	return append(h.late(), fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %s AS SELECT met.* FROM (
  SELECT %s, %s AS %s, _run_id, _fetched_at FROM %s AS stored SEMI JOIN %s AS incoming ON %s
) AS met SEMI JOIN %[6]s AS incoming ON %[8]s AND met.%[4]s <> %[9]s`,
		contentBefore, Prefixed("stored", h.table.Content()), h.table.ContentHash("stored"), schemas.RowHash, h.met(),
		h.from, Equal(h.table.Key, "stored", "incoming"), Equal(h.table.Key, "met", "incoming"), h.table.ContentHash("incoming")))
}

// late marks since when rows are as they are of objects that the run saw earlier than
// any run merged before it, and saw otherwise, or without them. There are none, as a rule.
func (h history) late() []string {
	key := schemas.Quote(h.table.Key[0])
	statements := []string{fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT %s, owner.first_seen_at AS since_at FROM %s AS owner JOIN (SELECT %s, min(first_seen_at) AS first_seen_at FROM %s GROUP BY ALL) AS late ON late.%[4]s = owner.%[4]s AND late.first_seen_at < owner.first_seen_at",
		seenEarlier, Prefixed("owner", h.table.Key[:1]), h.met(), key, h.from)}
	for _, t := range schemas.Tables() {
		if !t.Versioned || t.Owner() != h.table {
			continue
		}
		from, same := schemas.Quote(t.Name), ""
		if t == h.table {
			from, same = h.met(), " AND "+t.ContentHash("one")+" = "+t.ContentHash("incoming")
		}
		late := fmt.Sprintf("SELECT %s, owner.since_at FROM %s AS owner JOIN %s AS one ON one.%s = owner.%s ANTI JOIN %s AS past ON %s",
			Prefixed("one", t.Key), seenEarlier, from, schemas.Quote(t.OwnerColumn()), key, schemas.Quote(t.Ended().Name), Equal(t.Key, "past", "one"))
		if rows := h.rows[t.Name]; rows != "" {
			late += fmt.Sprintf(" ANTI JOIN %s AS incoming ON %s%s", rows, Equal(t.Key, "incoming", "one"), same)
		}
		statements = append(statements, history{merge{table: t}}.mark(late, false))
	}
	return append(statements[:1], ifAny(seenEarlier, statements[1:]...)...)
}

// after keeps those of them that ended. A newer sighting that tells all is what the row is
// now, so the table is looked at only where it takes several.
func (h history) after() []string {
	ended := func(rows, join string) string {
		now := fmt.Sprintf("SELECT %s, %s AS %s, one._fetched_at FROM %s AS one %s JOIN %s USING (%s)",
			Prefixed("one", h.table.Key), h.table.ContentHash("one"), schemas.RowHash, rows, join, several, schemas.Quote(h.table.Key...))
		return h.end(schemas.RowHash, fmt.Sprintf("JOIN (%s) AS now ON %s", now, Equal(h.table.Key, "now", "before")),
			"now._fetched_at", fmt.Sprintf("before.%s <> now.%[1]s", schemas.RowHash))
	}
	return ifAny(contentBefore, append(ifAny(several, ended(schemas.Quote(h.table.Name), "SEMI")), ended(h.from, "ANTI"))...)
}

// end inserts the versions before the merge that ended at a time, on a condition.
func (h history) end(hash, join, at, condition string) string {
	columns := append(h.table.Content(), "_run_id", "_fetched_at")
	if hash != "" {
		columns = append(columns, hash)
	}
	return fmt.Sprintf("INSERT INTO %s (%s, %s, %s) SELECT %s, %s, %s FROM %s AS before %s %s WHERE before._fetched_at < %[7]s AND %[11]s",
		schemas.Quote(h.table.Ended().Name), schemas.Quote(columns...), schemas.ValidFrom, schemas.ValidTo,
		Prefixed("before", columns), h.table.Since("before", "owner"), at, contentBefore, join, h.since("before", contentBefore), condition)
}

// since joins what schemas.Table.Since reads of the rows of an alias, of those in from.
func (h history) since(alias, from string) string {
	owner := h.table.Owner()
	owners := schemas.Quote(owner.Name)
	if h.few && owner == h.table {
		owners = h.now([]string{owner.Key[0], "first_seen_at"})
	}
	return fmt.Sprintf("LEFT JOIN (SELECT %s, max(%s) AS until FROM %s SEMI JOIN %s USING (%[1]s) GROUP BY ALL) AS past ON %[5]s LEFT JOIN %[6]s AS owner ON owner.%[7]s = %[8]s.%[9]s",
		schemas.Quote(h.table.Key...), schemas.ValidTo, schemas.Quote(h.table.Ended().Name), from, Equal(h.table.Key, "past", alias),
		owners, schemas.Quote(owner.Key[0]), alias, schemas.Quote(h.table.OwnerColumn()))
}

// now is what has the rows that the run can have changed, as they are now.
func (h history) now(columns []string) string {
	if !h.few {
		return schemas.Quote(h.table.Name)
	}
	return fmt.Sprintf("(SELECT %s FROM %s UNION SELECT %[1]s FROM %[3]s)", Prefixed("one", columns), there(h.table), inserted(h.table))
}

// mark notes since when rows are as they are, where no version before tells: from
// selects their key, and the time as since_at.
func (h history) mark(from string, adopted bool) string {
	key := schemas.Quote(h.table.Key...)
	return fmt.Sprintf("INSERT INTO %s (%s, %s, %s, %s) SELECT %[2]s, since_at, since_at, %[6]t FROM (%[7]s)",
		schemas.Quote(h.table.Ended().Name), key, schemas.ValidFrom, schemas.ValidTo, schemas.Adopted, adopted, from)
}

// adopt gives a database of an earlier version the versions that are over. Columns are
// those of the table of all versions that it may have; without one, nothing is known
// from before its rows were last seen.
func (h history) adopt(columns map[string]string) string {
	from, at, open := schemas.Quote(h.table.Name), "stored._fetched_at", "true"
	var script string
	if columns != nil {
		var kept []string
		for _, c := range h.table.Ended().Columns {
			if _, ok := columns[c.Name]; ok {
				kept = append(kept, schemas.Quote(c.Name))
			}
		}
		from, at, open = schemas.Quote(h.table.History()), "stored."+schemas.ValidFrom, fmt.Sprintf("stored.%s IS NULL AND past.until IS NULL", schemas.ValidTo)
		script = fmt.Sprintf("INSERT INTO %s (%s, %s) SELECT %[2]s, true FROM %[4]s WHERE %[5]s IS NOT NULL;\n",
			schemas.Quote(h.table.Ended().Name), strings.Join(kept, ", "), schemas.Adopted, from, schemas.ValidTo)
	}
	script += h.mark(fmt.Sprintf("SELECT %s, %s AS since_at FROM %s AS stored %s WHERE %s AND %[2]s > owner.first_seen_at",
		Prefixed("stored", h.table.Key), at, from, h.since("stored", from), open), true) + ";\n"
	if columns != nil {
		script += fmt.Sprintf("DROP TABLE %s;\n", from)
	}
	return script
}

// listed notes the rows in the lists of which the run tells, and the new rows of paged
// collections that are stored.
func (h history) listed() string {
	columns := append(h.table.Content(), "_run_id", "_fetched_at")
	rows := fmt.Sprintf("SELECT %s FROM %s AS one ", Prefixed("one", columns), metRows) + h.ofLists()
	if h.from != "" {
		stored := schemas.Quote(h.table.Name)
		if h.few {
			stored = metRows
		}
		rows += fmt.Sprintf(" UNION ALL SELECT %s FROM %s AS one ", Prefixed("one", columns), stored) + h.ofCollections()
	}
	return fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", contentBefore, rows)
}

func (h history) ofLists() string {
	return fmt.Sprintf("SEMI JOIN %s AS list ON %s WHERE NOT %s", newestLists, Equal(h.table.ListColumns(), "one", "list"), Claimed(h.table, "one"))
}

func (h history) ofCollections() string {
	return fmt.Sprintf("SEMI JOIN %s AS incoming ON %s WHERE %s", h.from, Equal(h.table.Key, "one", "incoming"), Claimed(h.table, "one"))
}

// leftAndCame keeps the rows of lists that are not there any more, and those that are
// now, of objects that an earlier run saw.
func (h history) leftAndCame() []string {
	lists := h.table.ListColumns()
	stored := fmt.Sprintf("SELECT %s, one._fetched_at FROM %s AS one ", Prefixed("one", h.table.Key), h.now(append(slices.Clone(h.table.Key), fetchedAt)))
	rows := stored + h.ofLists()
	if h.from != "" {
		rows += " UNION ALL " + stored + h.ofCollections()
	}
	now := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS %s", metRows, rows)
	left := h.end("", fmt.Sprintf("JOIN %s AS list ON %s", newestLists, Equal(lists, "before", "list")), "list.newest.at",
		fmt.Sprintf("NOT EXISTS (FROM %s AS now WHERE %s)", metRows, Equal(h.table.Key, "now", "before")))
	if h.from == "" {
		return []string{now, left}
	}
	known := "true"
	if owners := h.rows[h.table.Owner().Name]; owners != "" {
		known = "owner.first_seen_at < (SELECT min(first_seen_at) FROM " + owners + ")"
	}
	came := h.mark(fmt.Sprintf("SELECT %s, now._fetched_at AS since_at FROM %s AS now ANTI JOIN %s AS before ON %s JOIN %s AS owner ON owner.%s = now.%s WHERE %s",
		Prefixed("now", h.table.Key), metRows, contentBefore, Equal(h.table.Key, "now", "before"),
		schemas.Quote(h.table.Owner().Name), schemas.Quote(h.table.Owner().Key[0]), schemas.Quote(h.table.OwnerColumn()), known), false)
	return []string{now, left, came}
}
