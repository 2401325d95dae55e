package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// history writes the SQL that adds versions to the history of a table.
//
// A version is added for each row whose content is not what it was before the
// merge. Only rows that the run touched are compared, and the current version
// is not looked up for that, so the cost follows the run and not the history.
// A row that is older than the stored one changes no content and so adds no
// version. Where the same run is merged again with other content, its version
// is replaced.
type history struct{ table *schemas.Table }

// Temporary tables: the hashes before the merge, and what it has changed.
const (
	contentBefore  = "_before"
	contentChanged = "_changed"
)

// before notes the content of the rows that the new ones will meet.
func (h history) before(from string) []string {
	return []string{fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT %s, %s AS %s FROM %s",
		contentBefore, h.key(), h.hash(), schemas.RowHash, h.touched(from))}
}

// after closes the versions that ended and adds those that began.
func (h history) after(from string) []string {
	versions := schemas.Quote(h.table.Versions().Name)
	same := equal(h.table.Key, "version", "changed")
	return []string{
		fmt.Sprintf(`CREATE OR REPLACE TEMP TABLE %s AS
SELECT now.* FROM (SELECT %s, %s, %s AS %s FROM %s) AS now LEFT JOIN %s AS before USING (%[2]s)
WHERE now.%[5]s IS DISTINCT FROM before.%[5]s`,
			contentChanged, h.key(), fetchedAt, h.hash(), schemas.RowHash, h.touched(from), contentBefore),
		fmt.Sprintf("DELETE FROM %s AS version USING %s AS changed WHERE %s AND version.%s IS NULL AND version.%s >= changed.%s",
			versions, contentChanged, same, schemas.ValidTo, schemas.ValidFrom, fetchedAt),
		fmt.Sprintf("UPDATE %s AS version SET %s = changed.%s FROM %s AS changed WHERE %s AND version.%[2]s IS NULL",
			versions, schemas.ValidTo, fetchedAt, contentChanged, same),
		h.insert(fmt.Sprintf("%s JOIN %s AS changed USING (%s)", schemas.Quote(h.table.Name), contentChanged, h.key()), "changed."+schemas.RowHash),
	}
}

// seed gives a database that has no history the stored rows as first versions.
func (h history) seed() string {
	return h.insert(schemas.Quote(h.table.Name), h.hash()) + ";\n"
}

func (h history) insert(from, hash string) string {
	name := schemas.Quote(h.table.Name)
	var columns, values []string
	for _, c := range h.table.Versions().Columns {
		column := schemas.Quote(c.Name)
		columns = append(columns, column)
		switch c.Name {
		case schemas.ValidFrom:
			values = append(values, name+"."+fetchedAt)
		case schemas.ValidTo:
			values = append(values, "NULL")
		case schemas.RowHash:
			values = append(values, hash)
		default:
			values = append(values, name+"."+column)
		}
	}
	return fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s",
		schemas.Quote(h.table.Versions().Name), strings.Join(columns, ", "), strings.Join(values, ", "), from)
}

func (h history) key() string { return schemas.Quote(h.table.Key...) }

// touched is the stored rows that have a new one.
func (h history) touched(from string) string {
	return fmt.Sprintf("%s SEMI JOIN (SELECT %s FROM %s) AS incoming USING (%[2]s)", schemas.Quote(h.table.Name), h.key(), from)
}

// hash is the content as a number. It must stay what it is: stored hashes are
// compared with new ones. So columns that came later count only where they have a
// value. 63 bits of an MD5, so that it fits a signed integer.
func (h history) hash() string {
	var texts []string
	later := ""
	for _, name := range h.table.Content() {
		c := h.table.Columns[h.table.Column(name)]
		text := schemas.Quote(name)
		if c.Type == schemas.Time {
			text = "epoch_us(" + text + ")" // as text it would follow the session's time zone
		}
		if slices.ContainsFunc(h.table.Later, func(l schemas.Column) bool { return l.Name == name }) {
			later += fmt.Sprintf(" || coalesce(chr(31) || %s || %s::VARCHAR, '')", schemas.QuoteText(name), text)
			continue
		}
		texts = append(texts, fmt.Sprintf("coalesce(%s::VARCHAR, chr(30))", text))
	}
	return fmt.Sprintf("(md5_number_lower(concat_ws(chr(31), %s)%s) >> 1)::BIGINT", strings.Join(texts, ", "), later)
}
