package feed

import (
	"fmt"

	"github.com/spacesetl/spacesetl/schemas"
)

// trino is Trino's dialect with a catalogue whose tables have row-level changes and times in
// microseconds, as Iceberg's have. It reads files as tables alone, and all of a folder: the
// script has the rows. Each statement is a transaction.
func trino() Dialect {
	d := Dialect{
		Name: "trino", Title: "Trino",
		name: quoted,
		text: func(text string) string {
			return inQuotes(text, func(hex string) string { return "from_utf8(from_hex('" + hex + "'))" })
		},
		types:    types("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP(6) WITH TIME ZONE"),
		typed:    "TIMESTAMP '%s UTC'",
		column:   plainColumn,
		empty:    func(table string) string { return "DELETE FROM " + table },
		delete:   keysIn(quoted),
		distinct: isDistinct,
		rule:     schemas.PlainRule,
		digits: func(n int) string {
			return fmt.Sprintf("(SELECT counted.digit FROM UNNEST(sequence(1, %d)) AS counted (digit)) AS digits", n)
		},
		now:      "current_timestamp",
		view:     orReplaced,
		add:      eachIfMissing,
		guess:    true,
		drops:    true,
		earliest: year1, latest: year10000,
		infinite: "infinity()",
		castText: "VARCHAR",
		columns:  columnsOf("information_schema.columns WHERE table_schema = current_schema"),
	}
	d.create = func(t table) string {
		if t.scratch {
			return "DROP TABLE IF EXISTS " + d.name(t.name) + ";\n" + plainTable("CREATE TABLE", d.name(t.name), d.definitions(t), "")
		}
		return plainTable("CREATE TABLE IF NOT EXISTS", d.name(t.name), d.definitions(t), "")
	}
	return d
}
