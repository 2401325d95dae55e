package jobs_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// truthStore is a destination that can be read.
type truthStore struct {
	db   *sql.DB
	from func(table string) string // what to select from
}

// stores opens both destinations: the tables of the database file, and the
// Parquet files, which DuckDB reads as well.
func (r *truthRun) stores(t *testing.T) (inDuckDB, inParquet truthStore) {
	db, err := sql.Open("duckdb", r.result.DuckDB+"?access_mode=read_only&threads=1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rule := schemas.DuckDBRule(func(t *schemas.Table) string {
		files := filepath.Join(r.result.Parquet, t.Name, "*", "*.parquet")
		return fmt.Sprintf("read_parquet(%s, hive_partitioning = false)", schemas.QuoteText(files))
	})
	parquet := func(table string) string { return "(" + rule.Rows(schemas.Lookup(table)) + ")" }
	return truthStore{db, func(table string) string { return schemas.Quote(table) }}, truthStore{db, parquet}
}

// read returns the columns and rows of a table.
func (s truthStore) read(t *testing.T, table *schemas.Table) ([]string, truthRows) {
	t.Helper()
	rows, err := s.db.Query("SELECT * FROM " + s.from(table.Name))
	if err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	all := truthRows{}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := truthRow{}
		for i, c := range columns {
			row[c] = cellText(values[i])
		}
		key := row.key(table)
		if all[key] != nil {
			t.Errorf("%s: two rows have the key %s", table.Name, key)
		}
		all[key] = row
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
	return columns, all
}

// same compares the destinations with each other, in SQL.
func same(t *testing.T, a, b truthStore) {
	for _, table := range schemas.Tables() {
		var onlyA, onlyB int
		query := fmt.Sprintf(`SELECT (SELECT count(*) FROM (FROM %[1]s EXCEPT FROM %[2]s)), (SELECT count(*) FROM (FROM %[2]s EXCEPT FROM %[1]s))`,
			a.from(table.Name), b.from(table.Name))
		if err := a.db.QueryRow(query).Scan(&onlyA, &onlyB); err != nil {
			t.Fatalf("%s: %v", table.Name, err)
		}
		if onlyA+onlyB > 0 {
			t.Errorf("%s: %d rows in the database only, %d in the Parquet files only", table.Name, onlyA, onlyB)
		}
	}
}
