package feed

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// mySQL is MariaDB's dialect, from version 10.6, and MySQL's, from 8.0.19. What only one of
// them knows stands in comments that the other passes over. Texts are compared byte by byte.
func mySQL() Dialect {
	const (
		collate = "CHARACTER SET utf8mb4 COLLATE /*!80000 utf8mb4_0900_bin */ /*M! utf8mb4_nopad_bin */"
		mostKey = 191 // so that three of them are a key of an index
	)
	d := Dialect{
		Name: "mysql", Title: "MySQL and MariaDB",
		session: "SET NAMES utf8mb4;\n" +
			"SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES', time_zone = '+00:00';\n" +
			"SELECT CASE WHEN get_lock('spacesetl feed', 3600) = 1 THEN 'spacesetl feeds' ELSE (SELECT 1 UNION SELECT 2) END AS feeding",
		name: quoted,
		text: func(text string) string {
			return inQuotes(text, func(hex string) string { return "CONVERT(x'" + hex + "' USING utf8mb4)" })
		},
		types:   types("LONGTEXT", "BIGINT", "DOUBLE", "BOOLEAN", "DATETIME(6)"),
		textKey: fmt.Sprintf("VARCHAR(%d)", mostKey),
		column:  plainColumn,
		begin:   "START TRANSACTION", commit: "COMMIT",
		empty:    func(table string) string { return "DELETE FROM " + table },
		distinct: func(a, b string) string { return "NOT (" + a + " <=> " + b + ")" },
		rule:     schemas.PlainRule,
		digits:   counted,
		now:      "utc_timestamp(6)",
		view:     orReplaced,
		earliest: year1000, latest: year10000,
		mostKey:  mostKey,
		guess:    true,
		drops:    true,
		castText: "CHAR",
		columns:  columnsOf("(SELECT c.table_name AS table_name, c.column_name AS column_name FROM information_schema.columns AS c WHERE c.table_schema = database()) AS columns"),
	}
	d.delete = func(table string, key []string, query string) string {
		same := make([]string, len(key))
		for i, k := range key {
			same[i] = fmt.Sprintf("%s.%s = gone.%[2]s", table, d.name(k))
		}
		return fmt.Sprintf("DELETE %s FROM %[1]s JOIN (SELECT DISTINCT rows_gone.* FROM (%s) AS rows_gone) AS gone ON %s", table, query, strings.Join(same, " AND "))
	}
	d.create = func(t table) string {
		name, lines := d.name(t.name), d.definitions(t)
		keys := make([]string, len(t.key))
		for i, k := range t.key {
			keys[i] = d.name(k)
		}
		lines = append(lines, "INDEX ("+strings.Join(keys, ", ")+")")
		if of := schemas.Lookup(t.name); of != nil && !of.IsEntity() && len(of.ListColumns()) == 0 && t.key[0] != "_run_id" {
			lines = append(lines, "INDEX ("+d.name("_run_id")+")")
		}
		if t.scratch {
			// Of a temporary table MySQL reads one at a time.
			return "DROP TABLE IF EXISTS " + name + ";\n" + plainTable("CREATE /*M! TEMPORARY */ TABLE", name, lines, " "+collate)
		}
		return plainTable("CREATE TABLE IF NOT EXISTS", name, lines, " "+collate)
	}
	d.add = func(table string, definitions []string) string { return mySQLColumns(table, definitions, d.text) }
	return d
}

// mySQLColumns adds columns that are not there: of the two MariaDB alone has ADD COLUMN IF
// NOT EXISTS.
func mySQLColumns(table string, definitions []string, text func(string) string) string {
	var b strings.Builder
	for _, definition := range definitions {
		name, _, _ := strings.Cut(definition, " ")
		fmt.Fprintf(&b, "SET @lacks = (SELECT CASE WHEN count(*) = 0 THEN %s ELSE 'DO 0' END FROM information_schema.columns WHERE table_schema = database() AND table_name = %s AND column_name = %s);\nPREPARE lacks FROM @lacks;\nEXECUTE lacks;\nDEALLOCATE PREPARE lacks;\n",
			text("ALTER TABLE "+table+" ADD COLUMN "+definition), text(strings.Trim(table, `"`)), text(strings.Trim(name, `"`)))
	}
	return b.String()
}
