package feed

import (
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Times as texts with all digits are in their order from the year 0 to 9999.
const (
	year0     = -62_167_219_200_000_000
	year1     = -62_135_596_800_000_000
	year1000  = -30_610_224_000_000_000
	year10000 = 253_402_300_800_000_000
)

// sqlite stores times as texts, in UTC.
func sqlite() Dialect {
	d := Dialect{
		Name: "sqlite", Title: "SQLite",
		client: ".bail on\n.mode list\n.timeout 600000\n",
		name:   quoted,
		text: func(text string) string {
			return inQuotes(text, func(hex string) string { return "CAST(x'" + hex + "' AS TEXT)" })
		},
		types:  types("TEXT", "INTEGER", "REAL", "BOOLEAN", "TEXT"),
		column: plainColumn,
		begin:  "BEGIN IMMEDIATE", commit: "COMMIT",
		empty:    func(table string) string { return "DELETE FROM " + table },
		delete:   keysIn(quoted),
		distinct: isDistinct,
		rule:     schemas.PlainRule,
		digits:   counted,
		now:      "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
		view: func(name, query string) string {
			return "DROP VIEW IF EXISTS " + name + ";\nCREATE VIEW " + name + " AS\n" + query
		},
		add: func(table string, definitions []string) string {
			return "ALTER TABLE " + table + " ADD COLUMN " + strings.Join(definitions, ";\nALTER TABLE "+table+" ADD COLUMN ")
		},
		earliest: year0, latest: year10000,
		infinite: "9e999",
		castText: "TEXT",
		columns:  columnsOf("(SELECT m.name AS table_name, p.name AS column_name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table') AS columns"),
	}
	d.create = func(t table) string {
		name := d.name(t.name)
		index := "CREATE INDEX IF NOT EXISTS " + d.name(t.name+"_key") + " ON " + name + " (" + d.names("", t.key) + ")"
		if t.scratch {
			index = "CREATE INDEX temp." + d.name(t.name+"_key") + " ON " + name + " (" + d.names("", t.key) + ")"
			return "DROP TABLE IF EXISTS temp." + name + ";\n" + plainTable("CREATE TEMP TABLE", name, d.definitions(t), "") + ";\n" + index
		}
		return plainTable("CREATE TABLE IF NOT EXISTS", name, d.definitions(t), "") + ";\n" + index + logIndex(t)
	}
	return d
}

// logIndex is one by which the rows of a run are found that was merged before.
func logIndex(t table) string {
	of := schemas.Lookup(t.name)
	if of == nil || len(of.ListColumns()) > 0 || of.IsEntity() || t.key[0] == "_run_id" {
		return ""
	}
	return ";\nCREATE INDEX IF NOT EXISTS " + quoted(t.name+"_run") + " ON " + quoted(t.name) + " (" + quoted("_run_id") + ")"
}
