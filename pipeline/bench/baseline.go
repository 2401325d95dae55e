package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/marcboeker/go-duckdb/v2" // the driver "duckdb"

	"github.com/spacesetl/spacesetl/schemas"
)

//go:embed baseline.sql
var baselineSQL string

// baseline is the SQL to run: from the folder of plain lines in to out, which
// is a folder of Parquet files or a database file.
type baseline struct {
	In  string      `json:"in"`
	Out string      `json:"out"`
	To  destination `json:"to"`
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

// statements are those of baseline.sql. For Parquet each output is copied
// straight from its query: nothing is kept that is not needed.
func (b baseline) statements() []string {
	var lines []string
	for line := range strings.Lines(baselineSQL) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, line)
		}
	}
	text := strings.ReplaceAll(strings.Join(lines, ""), "@IN@", strings.ReplaceAll(b.In, "'", "''"))
	var statements []string
	for statement := range strings.SplitSeq(text, ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			statements = append(statements, b.output(statement))
		}
	}
	return statements
}

// output makes the COPY of an output table.
func (b baseline) output(statement string) string {
	rest, ok := strings.CutPrefix(statement, "CREATE TABLE ")
	if !ok || b.To != toParquet {
		return statement
	}
	table, query, _ := strings.Cut(rest, " AS\n")
	return fmt.Sprintf("COPY (\n%s\n) TO %s (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)",
		query, schemas.QuoteText(filepath.Join(b.Out, table+".parquet")))
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
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// duckDBVersion is the version of the DuckDB that is linked in.
func duckDBVersion(ctx context.Context) (version string, err error) {
	db, err := openDuckDB("")
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT version()").Scan(&version)
	return strings.TrimPrefix(version, "v"), err
}
