package merging

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// history keeps the versions of rows that end. What an older run, or the same one merged
// again, changes in a row is no version: one ends when a newer sighting says otherwise. The
// current version is the row itself, and is valid since the one before it ended.
type history struct{ merge }

// Temporary tables: the objects that the run saw earlier than any run merged before it, the
// rows of lists before the merge, and the objects that an earlier run saw.
func (h history) earlier() string { return "_earlier_" + h.table.Name }
func (h history) before() string  { return "_before_" + h.table.Name }
func (h history) known() string   { return "_known_" + h.table.Name }

const firstSeen = "first_seen_at"

// late marks since when rows are as they are of objects that the run saw earlier than any
// run merged before it, and saw otherwise, or without them. There are none, as a rule.
func (h history) late() []Statement {
	key, first := h.name(h.table.Key[0]), h.name(firstSeen)
	statements := []Statement{h.temporary(h.earlier(), h.table, []string{h.table.Key[0], sinceAt}, h.table.Key[:1], h.met(), fmt.Sprintf(
		"SELECT stored.%[1]s, stored.%[2]s AS since_at FROM %[3]s AS stored JOIN (SELECT one.%[1]s, min(one.%[2]s) AS %[2]s FROM %[4]s AS one GROUP BY one.%[1]s) AS late ON late.%[1]s = stored.%[1]s AND late.%[2]s < stored.%[2]s",
		key, first, h.name(h.met()), h.staged(h.table)))}
	for _, t := range schemas.Tables() {
		if !t.Versioned || t.Owner() != h.table {
			continue
		}
		from, same := h.of(t.Name), ""
		if t == h.table {
			from, same = h.name(h.met()), " AND NOT "+h.differs(t.Content(), "one", "incoming")
		}
		where := "NOT " + h.has(h.of(t.Ended().Name), "one", t.Key)
		switch {
		case !h.run.Staged[t.Name]:
		case h.Plain && same != "":
			where += " AND NOT " + h.in("one", t.Key, fmt.Sprintf("SELECT %s FROM %s AS incoming JOIN %s AS one ON %s WHERE %s",
				h.names("incoming", t.Key), h.staged(t), from, h.equal(t.Key, "incoming", "one"), strings.TrimPrefix(same, " AND ")))
		case h.Plain:
			where += " AND NOT " + h.hasAs("incoming", h.staged(t), "one", t.Key)
		default:
			where += fmt.Sprintf(" AND NOT EXISTS (SELECT 1 FROM %s AS incoming WHERE %s%s)", h.staged(t), h.equal(t.Key, "incoming", "one"), same)
		}
		statements = append(statements, h.mark(t, h.earlier(), fmt.Sprintf("owner.since_at, owner.since_at, false FROM %s AS owner JOIN %s AS one ON one.%s = owner.%s WHERE %s",
			h.name(h.earlier()), from, h.name(t.OwnerColumn()), key, where)))
	}
	return statements
}

// mark notes since when rows are as they are, where no version before tells: rows selects
// that twice of an alias one, and false.
func (h history) mark(t *schemas.Table, ifAny, rows string) Statement {
	return Statement{IfAny: ifAny, SQL: h.into(t, append(slices.Clone(t.Key), schemas.ValidFrom, schemas.ValidTo, schemas.Adopted)) + h.names("one", t.Key) + ", " + rows}
}

// into begins an INSERT of versions that goes on with the values of some columns.
func (h history) into(t *schemas.Table, names []string) string {
	var others []string
	for _, c := range Ended(t).Columns {
		if h.Whole && !slices.Contains(names, c.Name) {
			others = append(others, c.Name)
		}
	}
	return fmt.Sprintf("INSERT INTO %s (%s)\nSELECT %s", h.of(t.Ended().Name), h.names("", append(others, names...)), strings.Repeat("NULL, ", len(others)))
}

// changed keeps the versions of objects that ended.
func (h history) changed() Statement {
	return h.end(h.met(), h.name(h.met()), fmt.Sprintf("JOIN %s AS now ON %s", h.of(h.table.Name), h.equal(h.table.Key, "now", "one")),
		"now."+h.name("_fetched_at"), h.differs(h.table.Content(), "one", "now"))
}

// end keeps the versions of an alias one, as rows were before the merge, that ended at a
// time, on a condition.
func (h history) end(ifAny, before, join, at, condition string) Statement {
	t, owner := h.table, h.table.Owner()
	ended := h.of(t.Ended().Name)
	columns := append(t.Content(), "_run_id", "_fetched_at")
	past := fmt.Sprintf("LEFT JOIN (SELECT %s, max(past.%s) AS until FROM %s AS past WHERE %s GROUP BY %[1]s) AS past ON %[5]s",
		h.names("past", t.Key), h.name(schemas.ValidTo), ended, h.has(before, "past", t.Key), h.equal(t.Key, "past", "one"))
	into := h.into(t, append(slices.Clone(columns), schemas.ValidFrom, schemas.ValidTo))
	return Statement{IfAny: ifAny, SQL: into + fmt.Sprintf("%s, coalesce(past.until, owner.%s, one.%s), %s\nFROM %s AS one %s\n%s\nLEFT JOIN %s AS owner ON owner.%s = one.%s\nWHERE one.%[3]s < %[4]s AND %[11]s",
		h.names("one", columns), h.name(firstSeen), h.name("_fetched_at"), at,
		before, join, past, h.of(owner.Name), h.name(owner.Key[0]), h.name(t.OwnerColumn()), condition)}
}

// listed notes the rows in the lists of which the run tells, and the new rows of paged
// collections that are stored.
func (h history) listed() Statement {
	columns := append(slices.Clone(h.table.Content()), "_run_id", "_fetched_at")
	look := h.names("one", columns)
	rows := fmt.Sprintf("SELECT %s FROM %s AS one WHERE %s", look, h.name(h.met()), h.has(h.name(newestOf(h.table)), "one", h.table.ListColumns()))
	if h.run.Staged[h.table.Name] {
		rows += fmt.Sprintf("\nUNION ALL SELECT %s FROM %s AS one WHERE %s AND %s", look, h.of(h.table.Name), h.claimed("one"), h.has(h.staged(h.table), "one", h.table.Key))
	}
	return h.temporary(h.before(), h.table, columns, h.table.Key, "", rows)
}

// leftAndCame keeps the rows of lists that are not there any more, and notes since when
// those are there that came to objects that an earlier run saw.
func (h history) leftAndCame() []Statement {
	t, owner := h.table, h.table.Owner()
	stored := h.of(t.Name)
	statements := []Statement{h.end(h.before(), h.name(h.before()), fmt.Sprintf("JOIN %s AS list ON %s", h.name(newestOf(h.table)), h.equal(t.ListColumns(), "list", "one")),
		"list."+h.name("_fetched_at"), "NOT "+h.has(stored, "one", t.Key))}
	if !h.run.Staged[t.Name] {
		return statements
	}
	seen := "1 = 1"
	if h.run.Staged[owner.Name] {
		seen = fmt.Sprintf("owner.%s < (SELECT min(first.%[1]s) FROM %s AS first)", h.name(firstSeen), h.staged(owner))
	}
	key := h.name(owner.Key[0])
	return append(statements,
		h.temporary(h.known(), owner, owner.Key[:1], owner.Key[:1], "", fmt.Sprintf("SELECT owner.%s FROM %s AS owner WHERE %s AND owner.%[1]s IN (SELECT %[4]s FROM %[5]s)", key, h.of(owner.Name), seen, h.name(t.OwnerColumn()), h.staged(t))),
		h.mark(t, h.known(), fmt.Sprintf("one.%[1]s, one.%[1]s, false FROM %[2]s AS one JOIN %[3]s AS owner ON owner.%[4]s = one.%[5]s WHERE %[6]s AND NOT %[7]s",
			h.name("_fetched_at"), stored, h.name(h.known()), key, h.name(t.OwnerColumn()), h.has(h.staged(t), "one", t.Key), h.has(h.name(h.before()), "one", t.Key))))
}
