package feed

import (
	"fmt"
	"path"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// spark makes tables of the format that is the session's: one with row-level changes, as
// Delta and Iceberg are. Each statement is a transaction, and only a MERGE deletes by what a
// query selects.
func spark() Dialect {
	d := Dialect{
		Name: "spark", Title: "Spark",
		Prefixes: []string{"s3a://", "s3://", "gs://", azure + "://", "hdfs://"},
		session:  "SET TIME ZONE 'UTC';\nSET spark.sql.legacy.createHiveTableByDefault = false;\nSET spark.sql.parquet.datetimeRebaseModeInRead = CORRECTED",
		name:     func(name string) string { return "`" + name + "`" },
		text:     escaped,
		types:    types("STRING", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMP"),
		column:   plainColumn,
		empty:    func(table string) string { return "DELETE FROM " + table },
		strict:   true,
		distinct: isDistinct,
		rule:     schemas.PlainRule,
		digits: func(n int) string {
			return fmt.Sprintf("(SELECT explode(sequence(1, %d)) AS digit) AS digits", n)
		},
		now:  "current_timestamp()",
		view: orReplaced,
		add: func(table string, definitions []string) string {
			return "ALTER TABLE " + table + " ADD COLUMNS (" + strings.Join(definitions, ", ") + ")"
		},
		fits: func(value string) string {
			return fmt.Sprintf("(unix_micros(%s) >= %d AND unix_micros(%[1]s) < %[3]d)", value, int64(year1), int64(year10000))
		},
		earliest: year1, latest: year10000,
		drops:    true,
		castText: "STRING",
	}
	d.delete = func(table string, key []string, query string) string {
		same := make([]string, len(key))
		for i, k := range key {
			same[i] = fmt.Sprintf("stored.%s = gone.%[1]s", d.name(k))
		}
		return fmt.Sprintf("MERGE INTO %s AS stored USING (SELECT DISTINCT rows_gone.* FROM (%s) AS rows_gone (%s)) AS gone ON %s WHEN MATCHED THEN DELETE",
			table, query, d.names("", key), strings.Join(same, " AND "))
	}
	d.create = func(t table) string {
		if t.scratch {
			return "DROP TABLE IF EXISTS " + d.name(t.name) + ";\n" + plainTable("CREATE TABLE", d.name(t.name), d.definitions(t), "")
		}
		return plainTable("CREATE TABLE IF NOT EXISTS", d.name(t.name), d.definitions(t), "")
	}
	d.read = func(place string) (string, error) {
		if strings.ContainsAny(place, "*?{}[]`$;%#") || !isPlain(place) {
			return "", fmt.Errorf("%s: Spark takes *, ?, {, }, [, ], `, $, ;, %% and # for something else: move the store", path.Dir(place))
		}
		return "parquet.`" + place + "`", nil
	}
	d.check = func(table, feeding string, rows int64, message string) string {
		return fmt.Sprintf("SELECT CAST(raise_error(%s) AS STRING) FROM (SELECT count(*) AS n FROM %s) AS staged CROSS JOIN %s AS now WHERE staged.n <> %d", d.text(message), table, feeding, rows)
	}
	return d
}

// databricks is Spark's dialect in a SQL warehouse, which takes few settings, reads no files
// of this machine, and has the columns of tables to be queried.
func databricks() Dialect {
	d := spark()
	d.Name, d.Title = "databricks", "Databricks"
	d.Prefixes, d.remote = []string{"s3://", "gs://", azure + "://", "/Volumes/", "dbfs:/Volumes/"}, true
	d.session = "SET TIME ZONE 'UTC'"
	d.read = func(place string) (string, error) {
		return "read_files(" + d.text(place) + ", format => 'parquet', datetimeRebaseMode => 'CORRECTED')", nil
	}
	d.columns = columnsOf("information_schema.columns WHERE table_schema = current_schema()")
	return d
}
