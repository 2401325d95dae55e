package feed

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// redshift loads files of S3 by the cluster's default role, into tables with the columns of
// each: COPY knows them by their order alone.
func redshift() Dialect {
	d := Dialect{
		Name: "redshift", Title: "Redshift",
		Prefixes: []string{"s3://"},
		remote:   true,
		client:   "\\set ON_ERROR_STOP on\n",
		session:  "SET timezone TO 'UTC'",
		name:     quoted,
		text: func(text string) string { // of a type: where it selects one without, some queries fail
			return "CAST(" + inQuotes(text, func(hex string) string { return "FROM_VARBYTE(FROM_HEX('" + hex + "'), 'utf8')" }) + " AS VARCHAR(65535))"
		},
		types:  types("VARCHAR(65535)", "BIGINT", "DOUBLE PRECISION", "BOOLEAN", "TIMESTAMPTZ"),
		typed:  "TIMESTAMPTZ '%s+00'",
		column: plainColumn,
		begin:  "BEGIN", commit: "COMMIT",
		empty:  func(table string) string { return "DELETE FROM " + table },
		delete: keysIn(quoted),
		distinct: func(a, b string) string {
			return fmt.Sprintf("CASE WHEN %[1]s = %[2]s OR %[1]s IS NULL AND %[2]s IS NULL THEN false ELSE true END", a, b)
		},
		rule:   schemas.PlainRule,
		digits: counted,
		now:    "getdate()",
		view: func(name, query string) string {
			return "DROP VIEW IF EXISTS " + name + ";\nCREATE VIEW " + name + " AS\n" + query
		},
		add: func(table string, definitions []string) string {
			return "ALTER TABLE " + table + " ADD COLUMN " + strings.Join(definitions, ";\nALTER TABLE "+table+" ADD COLUMN ")
		},
		earliest: year1, latest: year10000,
		mostText: 65535,
		castText: "VARCHAR",
		columns:  columnsOf("(SELECT c.table_name AS table_name, c.column_name AS column_name FROM svv_columns AS c WHERE c.table_schema = current_schema()) AS found"),
	}
	d.check = castFails("BIGINT", d.text)
	scratch := func(d Dialect, t table) string {
		return "DROP TABLE IF EXISTS " + d.name(t.name) + ";\n" + plainTable("CREATE TEMP TABLE", d.name(t.name), d.definitions(t), "")
	}
	d.create = func(t table) string {
		if t.scratch {
			return scratch(d, t)
		}
		return plainTable("CREATE TABLE IF NOT EXISTS", d.name(t.name), d.definitions(t), "")
	}
	d.land = func(columns []schemas.Column, place string) string {
		file := d
		file.types[schemas.Time] = "TIMESTAMP" // of Parquet COPY takes none with a zone
		return scratch(file, table{name: landed, columns: columns}) + ";\n" +
			fmt.Sprintf("COPY %s FROM %s IAM_ROLE default FORMAT AS PARQUET", d.name(landed), schemas.QuoteText(place))
	}
	return d
}
