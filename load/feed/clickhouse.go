package feed

import (
	"fmt"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Times of ClickHouse are from 1900 to 2299.
const (
	year1900 = -2_208_988_800_000_000
	year2300 = 10_413_792_000_000_000
)

// clickHouse has no transactions, and no column with NULL in a key.
func clickHouse() Dialect {
	name := func(name string) string { return "`" + name + "`" }
	d := Dialect{
		Name: "clickhouse", Title: "ClickHouse",
		Prefixes: []string{"s3://", "gs://", "https://", "http://"},
		session:  "SET join_use_nulls = 1, union_default_mode = 'DISTINCT', mutations_sync = 2, lightweight_deletes_sync = 2, use_hive_partitioning = 0, use_structure_from_insertion_table_in_table_functions = 0, session_timezone = 'UTC'",
		name:     name,
		text: func(text string) string {
			return inQuotes(text, func(hex string) string { return "unhex('" + hex + "')" })
		},
		types: types("String", "Int64", "Float64", "Bool", "DateTime64(6, 'UTC')"),
		column: func(name, kind string, null bool) string {
			if null {
				kind = "Nullable(" + kind + ")"
			}
			return name + " " + kind
		},
		empty:    func(table string) string { return "TRUNCATE TABLE " + table },
		delete:   keysIn(name),
		distinct: isDistinct,
		digits:   func(n int) string { return fmt.Sprintf("(SELECT number + 1 AS digit FROM numbers(%d)) AS digits", n) },
		now:      "now64(6)",
		view:     orReplaced,
		add:      allIfMissing,
		fits: func(value string) string {
			return fmt.Sprintf("(toUnixTimestamp64Micro(%s) >= %d AND toUnixTimestamp64Micro(%[1]s) < %[3]d)", value, int64(year1900), int64(year2300))
		},
		earliest: year1900, latest: year2300,
		guess:    true,
		drops:    true,
		castText: "String",
		columns:  columnsOf("(SELECT `table` AS table_name, name AS column_name FROM system.columns WHERE database = currentDatabase()) AS columns"),
	}
	for _, w := range schemas.Warehouses() {
		if w.Name == d.Name {
			d.rule = func(_ func(string) string, from func(*schemas.Table) string) schemas.Rule { return w.Rule(from) }
		}
	}
	d.create = func(t table) string {
		if t.scratch {
			return "DROP TABLE IF EXISTS " + d.name(t.name) + ";\n" + plainTable("CREATE TABLE", d.name(t.name), d.definitions(t), "\nENGINE = MergeTree ORDER BY tuple()")
		}
		return plainTable("CREATE TABLE IF NOT EXISTS", d.name(t.name), d.definitions(t), "\nENGINE = MergeTree ORDER BY ("+d.names("", t.key)+")")
	}
	d.read = func(place string) (string, error) { return clickHouseFile(place, d.text) }
	d.check = func(table, feeding string, rows int64, message string) string {
		return fmt.Sprintf("SELECT throwIf(count() <> %d AND (SELECT count() FROM %s) > 0, %s) FROM %s FORMAT Null", rows, feeding, d.text(message), table)
	}
	return d
}

// clickHouseFile is what selects from a Parquet file.
func clickHouseFile(place string, text func(string) string) (string, error) {
	if strings.ContainsAny(place, "*?{}") {
		return "", fmt.Errorf("%s: ClickHouse takes *, ?, { and } for a pattern: move the store", place)
	}
	function := "file"
	if strings.Contains(place, "://") {
		function = "s3"
	}
	return fmt.Sprintf("%s(%s, 'Parquet')", function, text(place)), nil
}
