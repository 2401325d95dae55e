package main

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// sameDatabases says the first difference between two databases, table by
// table and row by row, or nothing.
func sameDatabases(t *testing.T, want, got string) string {
	t.Helper()
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for alias, file := range map[string]string{"a": want, "b": got} {
		if _, err := db.Exec(fmt.Sprintf("ATTACH %s AS %s (READ_ONLY)", schemas.QuoteText(file), alias)); err != nil {
			return err.Error()
		}
	}
	for _, table := range schemas.Tables() {
		var missing, extra int
		query := fmt.Sprintf(`SELECT (SELECT count(*) FROM (FROM a.%[1]s EXCEPT ALL FROM b.%[1]s)), (SELECT count(*) FROM (FROM b.%[1]s EXCEPT ALL FROM a.%[1]s))`, table.Name)
		if err := db.QueryRow(query).Scan(&missing, &extra); err != nil {
			return err.Error()
		}
		if missing+extra > 0 {
			return fmt.Sprintf("table %s: %d rows are missing, %d are too many", table.Name, missing, extra)
		}
	}
	return ""
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}
