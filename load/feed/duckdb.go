package feed

import (
	"fmt"

	"github.com/spacesetl/spacesetl/schemas"
)

func duckDB() Dialect {
	d := Dialect{
		Name: "duckdb", Title: "DuckDB",
		Prefixes: []string{"s3://", "gs://", "gcs://", "r2://", "az://", "azure://", "http://", "https://"},
		client:   ".bail on\n.mode list\n",
		session:  "SET TimeZone = 'UTC'",
		name:     quoted,
		text: func(text string) string {
			return inQuotes(text, func(hex string) string { return "decode(unhex('" + hex + "'))" })
		},
		types:  types("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ"),
		column: plainColumn,
		begin:  "BEGIN", commit: "COMMIT",
		empty:    func(table string) string { return "DELETE FROM " + table },
		delete:   keysIn(quoted),
		distinct: isDistinct,
		rule: func(_ func(string) string, from func(*schemas.Table) string) schemas.Rule {
			return schemas.DuckDBRule(from)
		},
		digits:   func(n int) string { return fmt.Sprintf("(SELECT unnest(range(1, %d)) AS digit) AS digits", n+1) },
		now:      "now()",
		view:     orReplaced,
		add:      eachIfMissing,
		guess:    true,
		castText: "VARCHAR",
		columns:  columnsOf("duckdb_columns() WHERE database_name = current_database() AND schema_name = current_schema() AND NOT internal"),
	}
	d.create = func(t table) string {
		begin := "CREATE TABLE IF NOT EXISTS"
		if t.scratch {
			begin = "CREATE OR REPLACE TEMP TABLE"
		}
		return plainTable(begin, d.name(t.name), d.definitions(t), "")
	}
	d.read = func(place string) (string, error) {
		return fmt.Sprintf("read_parquet(%s, hive_partitioning = false)", d.text(place)), nil
	}
	d.check = func(table, feeding string, rows int64, message string) string {
		return fmt.Sprintf("SELECT error(%s) FROM (SELECT count(*) AS n FROM %s) AS staged, %s WHERE n <> %d", d.text(message), table, feeding, rows)
	}
	return d
}
