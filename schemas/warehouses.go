package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Warehouse is a database other than DuckDB that the Parquet files can be
// loaded into.
type Warehouse struct {
	Name  string // as in --format
	Title string
	// loads is a remark on how the files get in; empty where there is no way of
	// the database's own.
	loads string
	// column is the rest of a column's line, after its name.
	column func(t *Table, c Column) string
	// end is the rest of a statement, after the columns, its key included, with
	// what else is said of the table.
	end func(t *Table) string
	// name makes an identifier.
	name func(string) string
	// pick and nullable are those of Rule.
	pick     func(value, told string) string
	nullable func(value string) string
}

// Warehouses lists those whose DDL is derived. JSON stays text everywhere: it
// is kept as received, and some of these would refuse a file for it. Columns
// stand in the order of the files.
func Warehouses() []Warehouse {
	return []Warehouse{bigQuery(), clickHouse(), postgres(), snowflake()}
}

// rowKey is the key of the rows of all runs: a sighting's own.
func rowKey(t *Table) []string {
	if t.IsKey("_run_id") {
		return t.Key
	}
	return append(slices.Clone(t.Key), "_run_id", "_page_id")
}

// latest begins the names of the views of what counts.
const latest = "latest_"

// DDL is the script that creates every table, for the rows of all runs, and for
// each table a view of those that count by Rule.
func (w Warehouse) DDL() string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- Tables of spacesetl for %s: they take the files of all runs, one after the other in any order.\n"+
		"-- Read the views %s…: they have the rows that count, as the database of spacesetl has them.\n", w.Title, latest)
	if w.loads != "" {
		fmt.Fprintf(&b, "-- %s\n", w.loads)
	}
	for _, t := range tables {
		b.WriteString("\n" + w.table(t))
	}
	rule := w.Rule(func(t *Table) string { return w.name(t.Name) })
	for _, t := range tables {
		fmt.Fprintf(&b, "\nCREATE OR REPLACE VIEW %s AS\n%s;\n", w.name(latest+t.Name), rule.Rows(t))
	}
	return b.String()
}

// Rule is the rule in the warehouse's dialect.
func (w Warehouse) Rule(from func(*Table) string) Rule {
	return Rule{From: from, quote: w.name, pick: w.pick, nullable: w.nullable}
}

// Identifier makes a name an identifier, whatever keyword or sign it is.
func (w Warehouse) Identifier(name string) string { return w.name(name) }

func (w Warehouse) table(t *Table) string {
	lines := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		lines[i] = "    " + w.name(c.Name) + " " + w.column(t, c)
	}
	return fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (\n%s%s", w.name(t.Name), strings.Join(lines, ",\n"), w.end(t))
}

// names makes identifiers, in a comma list.
func (w Warehouse) names(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = w.name(name)
	}
	return strings.Join(quoted, ", ")
}

func bigQuery() Warehouse {
	types := [...]string{Text: "STRING", ID: "STRING", Int: "INT64", Float: "FLOAT64", Bool: "BOOL", Time: "TIMESTAMP", JSON: "STRING", Suffix: "STRING"}
	w := Warehouse{
		Name: "bigquery", Title: "BigQuery",
		loads: "bq load --source_format=PARQUET DATASET.spaces 'gs://BUCKET/parquet/spaces/*'",
		name:  func(name string) string { return "`" + name + "`" },
		pick: func(value, told string) string {
			return fmt.Sprintf("ARRAY_AGG(IF(%s, STRUCT(%s AS v), NULL) IGNORE NULLS ORDER BY one.%s DESC LIMIT 1)[SAFE_OFFSET(0)].v", told, value, place)
		},
		column: func(t *Table, c Column) string {
			return types[c.Type] + notNull(t, c) + " OPTIONS(description=" + backslashed(c.Doc) + ")"
		},
	}
	w.end = func(t *Table) string {
		return fmt.Sprintf(",\n    PRIMARY KEY (%s) NOT ENFORCED\n)\nCLUSTER BY %s\nOPTIONS(description=%s);\n",
			w.names(rowKey(t)), w.names(t.Key[:min(len(t.Key), 4)]), backslashed(t.Doc))
	}
	return w
}

// clickHouse merges rows with one key by itself, in the background: a run that is
// loaded again.
func clickHouse() Warehouse {
	types := [...]string{Text: "String", ID: "String", Int: "Int64", Float: "Float64", Bool: "Bool", Time: "DateTime64(6, 'UTC')", JSON: "String", Suffix: "String"}
	w := Warehouse{
		Name: "clickhouse", Title: "ClickHouse",
		loads: "INSERT INTO spaces SELECT * FROM file('parquet/spaces/*/*.parquet', Parquet) SETTINGS use_hive_partitioning = 0",
		name:  func(name string) string { return "`" + name + "`" },
		pick: func(value, told string) string {
			return fmt.Sprintf("tupleElement(argMaxIf(tuple(%s), one.%s, ifNull(%s, false)), 1)", value, place, told)
		},
		nullable: func(value string) string { return "toNullable(" + value + ")" },
		column: func(t *Table, c Column) string {
			kind := types[c.Type]
			if !slices.Contains(rowKey(t), c.Name) && c.Name != "_fetched_at" {
				kind = "Nullable(" + kind + ")"
			}
			if c.Enum && types[c.Type] == "String" {
				kind = "LowCardinality(" + kind + ")"
			}
			return kind + " COMMENT " + backslashed(c.Doc)
		},
	}
	w.end = func(t *Table) string {
		return fmt.Sprintf("\n)\nENGINE = ReplacingMergeTree(_fetched_at)\nORDER BY (%s)\nCOMMENT %s;\n", w.names(rowKey(t)), backslashed(t.Doc))
	}
	return w
}

func postgres() Warehouse {
	types := [...]string{Text: "text", ID: "text", Int: "bigint", Float: "double precision", Bool: "boolean", Time: "timestamptz", JSON: "text", Suffix: "text"}
	w := Warehouse{
		Name: "postgres", Title: "PostgreSQL",
		name:   func(name string) string { return Quote(name) },
		column: func(t *Table, c Column) string { return types[c.Type] + notNull(t, c) },
		pick: func(value, told string) string {
			return fmt.Sprintf("(array_agg(%s ORDER BY one.%s DESC) FILTER (WHERE %s))[1]", value, place, told)
		},
	}
	w.end = func(t *Table) string {
		var b strings.Builder
		fmt.Fprintf(&b, ",\n    PRIMARY KEY (%s)\n);\nCOMMENT ON TABLE %s IS %s;\n", w.names(rowKey(t)), w.name(t.Name), QuoteText(t.Doc))
		for _, c := range t.Columns {
			fmt.Fprintf(&b, "COMMENT ON COLUMN %s.%s IS %s;\n", w.name(t.Name), w.name(c.Name), QuoteText(c.Doc))
		}
		return b.String()
	}
	return w
}

// snowflake has names in capitals, which is what it makes of names without
// quotes.
func snowflake() Warehouse {
	types := [...]string{Text: "VARCHAR", ID: "VARCHAR", Int: "NUMBER(38, 0)", Float: "FLOAT", Bool: "BOOLEAN", Time: "TIMESTAMP_TZ", JSON: "VARCHAR", Suffix: "VARCHAR"}
	w := Warehouse{
		Name: "snowflake", Title: "Snowflake",
		loads: "COPY INTO spaces FROM @STAGE/parquet/spaces FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE;",
		name:  func(name string) string { return Quote(strings.ToUpper(name)) },
		pick: func(value, told string) string {
			return fmt.Sprintf("MAX_BY(%s, IFF(%s, one.%s, NULL))", value, told, place)
		},
		column: func(t *Table, c Column) string {
			return types[c.Type] + notNull(t, c) + " COMMENT " + backslashed(c.Doc)
		},
	}
	w.end = func(t *Table) string {
		return fmt.Sprintf(",\n    PRIMARY KEY (%s)\n)\nCOMMENT = %s;\n", w.names(rowKey(t)), backslashed(t.Doc))
	}
	return w
}

func notNull(t *Table, c Column) string {
	if slices.Contains(rowKey(t), c.Name) {
		return " NOT NULL"
	}
	return ""
}

// backslashed makes a text literal where backslashes escape.
func backslashed(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
