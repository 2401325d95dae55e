package feed

import (
	"fmt"
	"path"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// snowflake loads files of a stage, into tables that are made before the transaction: what
// makes one ends it. Names are in capitals, as Snowflake has those without quotes.
func snowflake() Dialect {
	d := Dialect{
		Name: "snowflake", Title: "Snowflake",
		Prefixes: []string{"@"},
		remote:   true,
		session:  "ALTER SESSION SET TIMEZONE = 'UTC'",
		name:     func(name string) string { return quoted(strings.ToUpper(name)) },
		text:     escaped,
		types:    types("VARCHAR", "NUMBER(38, 0)", "FLOAT", "BOOLEAN", "TIMESTAMP_TZ"),
		typed:    "'%s +00:00'",
		column:   plainColumn,
		begin:    "BEGIN TRANSACTION", commit: "COMMIT",
		empty:    func(table string) string { return "DELETE FROM " + table },
		distinct: isDistinct,
		rule:     schemas.PlainRule,
		digits:   counted,
		now:      "CURRENT_TIMESTAMP()",
		view:     orReplaced,
		add:      eachIfMissing,
		guess:    true,
		earliest: year1, latest: year10000,
		castText: "VARCHAR",
		columns:  columnsOf("(SELECT LOWER(c.table_name) AS table_name, LOWER(c.column_name) AS column_name FROM information_schema.columns AS c WHERE c.table_schema = CURRENT_SCHEMA()) AS found"),
		check:    castFails("INTEGER", escaped),
	}
	d.delete = keysIn(d.name)
	d.create = func(t table) string {
		begin := "CREATE TABLE IF NOT EXISTS"
		if t.scratch {
			begin = "CREATE OR REPLACE TEMPORARY TABLE"
		}
		return plainTable(begin, d.name(t.name), d.definitions(t), "")
	}
	d.land = func(columns []schemas.Column, place string) string {
		return d.create(table{name: landed, columns: columns, scratch: true}) + ";\n" +
			fmt.Sprintf("COPY INTO %s FROM %s FILES = (%s) FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE FORCE = TRUE",
				d.name(landed), d.text(path.Dir(place)+"/"), d.text(path.Base(place)))
	}
	return d
}

// castFails is a check where nothing else in a query ends a script: the message is no number.
func castFails(integer string, text func(string) string) func(table, feeding string, rows int64, message string) string {
	return func(table, feeding string, rows int64, message string) string {
		return fmt.Sprintf("SELECT CAST(CASE WHEN staged.n <> %d THEN %s ELSE '0' END AS %s) FROM (SELECT count(*) AS n FROM %s) AS staged CROSS JOIN %s AS now", rows, text(message), integer, table, feeding)
	}
}
