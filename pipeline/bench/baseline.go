package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/schemas"
)

//go:embed baseline.sql
var baselineSQL string

// baseline is the SQL to run: from the folder of plain lines in to out, which
// is a folder of Parquet files or a database file.
type baseline struct {
	In    string      `json:"in"`
	Out   string      `json:"out"`
	To    destination `json:"to"`
	Tuned bool        `json:"tuned"`
}

// database is the file to open; empty for one in memory.
func (b baseline) database() string {
	if b.To == toDuckDB {
		return b.Out
	}
	return ""
}

// prepare makes the folder of Parquet files; a database makes its own file.
func (b baseline) prepare() error {
	if b.To == toDuckDB {
		return nil
	}
	return os.MkdirAll(b.Out, 0o755)
}

// statements are those of baseline.sql, with the output of each table.
func (b baseline) statements() []string {
	leaveOut := "-- tuned:\n"
	if b.Tuned {
		leaveOut = "-- plain:\n"
	}
	var statements []string
	var statement strings.Builder
	skip := false
	for line := range strings.Lines(baselineSQL) {
		if strings.HasPrefix(line, "--") {
			skip = skip || line == leaveOut
			continue
		}
		statement.WriteString(line)
		if !strings.HasSuffix(line, ";\n") {
			continue
		}
		if !skip {
			statements = append(statements, b.output(strings.Trim(statement.String(), "; \n"))...)
		}
		statement.Reset()
		skip = false
	}
	for i, text := range statements {
		statements[i] = strings.ReplaceAll(text, "@IN@", strings.ReplaceAll(b.In, "'", "''"))
	}
	return statements
}

// output adds what writes the Parquet file of an output table. Tuned, the file
// is written straight from the query.
func (b baseline) output(statement string) []string {
	rest, ok := strings.CutPrefix(statement, "CREATE TABLE ")
	if !ok || b.To != toParquet {
		return []string{statement}
	}
	table, query, _ := strings.Cut(rest, " AS\n")
	into := file(b.Out, table)
	if b.Tuned {
		return []string{"COPY (\n" + query + "\n)" + into}
	}
	return []string{statement, "COPY " + table + into, "DROP TABLE " + table}
}

// file is where the Parquet file of a table goes to, in SQL.
func file(dir, table string) string {
	return " TO " + schemas.QuoteText(filepath.Join(dir, table+".parquet")) + " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
}

// copies are statements that copy the tables of its database to Parquet files in a folder.
func (b baseline) copies(dir string) (statements []string) {
	for _, statement := range b.statements() {
		if rest, ok := strings.CutPrefix(statement, "CREATE TABLE "); ok {
			table, _, _ := strings.Cut(rest, " AS\n")
			statements = append(statements, "COPY "+table+file(dir, table))
		}
	}
	return statements
}

// run makes the tables with the DuckDB that is linked in.
func (b baseline) run(ctx context.Context) (err error) {
	db, err := openDuckDB(b.database())
	if err != nil {
		return err
	}
	defer func() {
		if closed := db.Close(); err == nil { // writes the database's last blocks
			err = closed
		}
	}()
	for _, statement := range b.statements() {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("baseline.sql: %w, in:\n%s", err, statement)
		}
	}
	return nil
}

// openDuckDB opens a database of one connection, whose settings and temporary
// tables every statement sees.
func openDuckDB(path string) (*sql.DB, error) {
	db, err := duckdb.OpenSQL(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// duckDBVersion is the version of the DuckDB that is linked in.
func duckDBVersion(ctx context.Context) (string, error) {
	version, err := duckdb.LibraryVersion(ctx)
	return strings.TrimPrefix(version, "v"), err
}
