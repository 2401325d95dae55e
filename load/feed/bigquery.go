package feed

import (
	"fmt"
	"regexp"

	"github.com/spacesetl/spacesetl/schemas"
)

// bigQuery loads files before the transaction, which takes no LOAD DATA.
func bigQuery() Dialect {
	d := Dialect{
		Name: "bigquery", Title: "BigQuery",
		Prefixes: []string{"gs://"},
		remote:   true,
		each:     true, // a query may have a megabyte
		name:     func(name string) string { return "`" + name + "`" },
		text:     escaped,
		types:    types("STRING", "INT64", "FLOAT64", "BOOL", "TIMESTAMP"),
		typed:    "TIMESTAMP '%s+00'",
		column:   plainColumn,
		begin:    "BEGIN TRANSACTION", commit: "COMMIT TRANSACTION",
		empty:    func(table string) string { return "DELETE FROM " + table + " WHERE true" },
		distinct: isDistinct,
		digits: func(n int) string {
			return fmt.Sprintf("(SELECT digit FROM UNNEST(GENERATE_ARRAY(1, %d)) AS digit) AS digits", n)
		},
		now:      "CURRENT_TIMESTAMP()",
		view:     orReplaced,
		add:      allIfMissing,
		guess:    true,
		rewrite:  inBigQuery,
		earliest: year1, latest: year10000,
		castText: "STRING",
		// Of a dataset there is no name for the one that is the session's.
		columns: `EXECUTE IMMEDIATE FORMAT("""` + columnsOf("`%s`.INFORMATION_SCHEMA.COLUMNS") + `""", @@dataset_id)`,
	}
	d.delete = keysIn(d.name)
	for _, w := range schemas.Warehouses() {
		if w.Name == d.Name {
			d.rule = func(_ func(string) string, from func(*schemas.Table) string) schemas.Rule { return w.Rule(from) }
		}
	}
	d.create = func(t table) string {
		begin := "CREATE TABLE IF NOT EXISTS"
		if t.scratch {
			begin = "CREATE OR REPLACE TEMP TABLE"
		}
		return plainTable(begin, d.name(t.name), d.definitions(t), "")
	}
	d.land = func(columns []schemas.Column, place string) string {
		return d.create(table{name: landed, columns: columns, scratch: true}) + ";\n" +
			fmt.Sprintf("LOAD DATA INTO TEMP TABLE %s FROM FILES (format = 'PARQUET', uris = [%s])", d.name(landed), d.text(place))
	}
	d.check = func(table, feeding string, rows int64, message string) string {
		return fmt.Sprintf("SELECT ERROR(%s) FROM (SELECT count(*) AS n FROM %s) AS staged CROSS JOIN %s AS now WHERE staged.n <> %d", d.text(message), table, feeding, rows)
	}
	return d
}

var (
	union = regexp.MustCompile(`\bUNION( ALL)?\b`)
	pairs = regexp.MustCompile(`(\([^()']*, [^()']*\)) ((?:NOT )?)IN \(SELECT `)
)

// inBigQuery says which UNION is meant, and makes rows that are looked for in a query structs.
func inBigQuery(statement string) string {
	statement = union.ReplaceAllStringFunc(statement, func(found string) string {
		if found == "UNION" {
			return "UNION DISTINCT"
		}
		return found
	})
	return pairs.ReplaceAllString(statement, "$1 ${2}IN (SELECT AS STRUCT ")
}
