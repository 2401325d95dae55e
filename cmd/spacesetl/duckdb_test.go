package main

import (
	"database/sql"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spacesetl/spacesetl/schemas"
)

// openDuckDB opens a database without a file that has those of the script
// attached by name, and finds other files beside the script.
func openDuckDB(ts *testscript.TestScript, files map[string]string) *sql.DB {
	db, err := sql.Open("duckdb", "")
	ts.Check(err)
	db.SetMaxOpenConns(1)
	statements := []string{"SET file_search_path = " + schemas.QuoteText(ts.MkAbs("."))}
	for name, file := range files {
		statements = append(statements, fmt.Sprintf("ATTACH %s AS %s (READ_ONLY)", schemas.QuoteText(ts.MkAbs(file)), name))
	}
	for _, s := range statements {
		_, err := db.Exec(s)
		ts.Check(err)
	}
	return db
}

// duckDB runs a query and prints its rows, with tabs: duckdb FILE|- SQL. A
// FILE that ends in .sql is executed first, else it is the database.
func duckDB(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: duckdb FILE|- SQL")
	}
	files := map[string]string{}
	if strings.HasSuffix(args[0], ".duckdb") {
		files["db"] = args[0]
	}
	db := openDuckDB(ts, files)
	defer db.Close()
	switch {
	case len(files) > 0:
		_, err := db.Exec("USE db")
		ts.Check(err)
	case args[0] != "-":
		_, err := db.Exec(ts.ReadFile(args[0]))
		ts.Check(err)
	}
	rows, err := db.Query(args[1])
	ts.Check(err)
	defer rows.Close()
	names, err := rows.Columns()
	ts.Check(err)
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		ts.Check(rows.Scan(into...))
		fmt.Fprintln(ts.Stdout(), strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintln(values...), " ", "\t"), "\n"))
	}
	ts.Check(rows.Err())
}

// sameTables checks that two databases have the same rows in every table.
func sameTables(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sametables A.duckdb B.duckdb")
	}
	db := openDuckDB(ts, map[string]string{"a": args[0], "b": args[1]})
	defer db.Close()
	total := 0
	for _, t := range schemas.Tables() {
		for _, order := range []string{"a.%[1]s EXCEPT FROM b.%[1]s", "b.%[1]s EXCEPT FROM a.%[1]s"} {
			var differ, all int
			ts.Check(db.QueryRow(fmt.Sprintf("SELECT count(*), (SELECT count(*) FROM a.%[1]s) FROM (FROM "+order+")", t.Name)).Scan(&differ, &all))
			if differ > 0 {
				ts.Fatalf("table %s: %d rows of one are not in the other: FROM "+order, t.Name, differ, t.Name)
			}
			total += all
		}
	}
	if total == 0 {
		ts.Fatalf("both databases are empty")
	}
}
