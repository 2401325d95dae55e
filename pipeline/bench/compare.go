package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// comparison is what the tables of both sides have in common.
type comparison struct {
	Tables  int `json:"tables"`
	Columns int `json:"columns"`
	Rows    int `json:"rows"`
	// LeftOut are our tables and columns with values that the SQL does not make.
	LeftOut []string `json:"left_out"`
	// Differences are empty when every table is equal.
	Differences []string `json:"differences"`
}

// compared are the outputs of both sides, each a folder of Parquet files or a database
// file. One DuckDB has them as two databases.
type compared struct {
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`

	db *sql.DB
}

// The databases of the two sides.
const (
	ours   = "ours"
	theirs = "theirs"
)

// run compares every table the baseline made with ours: the number of rows,
// and the sums of the hashes of rows and of each column. Sums do not depend on
// the order of rows, and unlike exclusive ors two equal rows change them.
func (c compared) run(ctx context.Context) (result comparison, err error) {
	result.Differences = []string{} // a list in JSON, too
	if c.db, err = openDuckDB(""); err != nil {
		return result, err
	}
	defer c.db.Close()
	if err := c.open(ctx); err != nil {
		return result, err
	}
	made, err := c.columns(ctx, theirs)
	if err != nil {
		return result, err
	}
	have, err := c.columns(ctx, ours)
	if err != nil {
		return result, err
	}
	if len(made) == 0 {
		return result, fmt.Errorf("%s holds no table", c.Theirs)
	}
	for _, table := range sortedKeys(made) {
		if err := c.table(ctx, &result, table, have[table], made[table]); err != nil {
			return result, fmt.Errorf("%s: %w", table, err)
		}
	}
	result.LeftOut, err = c.leftOut(ctx, have, made)
	return result, err
}

// open makes both sides visible, table by table. Ours lie in folders of their tables.
func (c compared) open(ctx context.Context) error {
	statements := []string{"SET TimeZone = 'UTC'"}
	for _, side := range []struct{ name, path, files string }{{ours, c.Ours, "*/*/*.parquet"}, {theirs, c.Theirs, "*.parquet"}} {
		info, err := os.Stat(side.path)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			statements = append(statements, fmt.Sprintf("ATTACH %s AS %s (READ_ONLY)", schemas.QuoteText(side.path), side.name))
			continue
		}
		files, err := filepath.Glob(filepath.Join(side.path, filepath.FromSlash(side.files)))
		if err != nil {
			return err
		}
		globs := map[string]string{} // by table
		for _, file := range files {
			under, _ := filepath.Rel(side.path, file) // which a glob's names are
			table, _, ok := strings.Cut(filepath.ToSlash(under), "/")
			if !ok {
				globs[strings.TrimSuffix(table, ".parquet")] = file
			} else {
				globs[table] = filepath.Join(side.path, table, "*", "*.parquet")
			}
		}
		statements = append(statements, "ATTACH ':memory:' AS "+side.name)
		for _, table := range sortedKeys(globs) {
			statements = append(statements, fmt.Sprintf("CREATE VIEW %s.%s AS FROM read_parquet(%s, hive_partitioning = false)",
				side.name, schemas.Quote(table), schemas.QuoteText(globs[table])))
		}
	}
	for _, statement := range statements {
		if _, err := c.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// columns lists the columns of each table of a side.
func (c compared) columns(ctx context.Context, side string) (map[string][]string, error) {
	rows, err := c.db.QueryContext(ctx, `SELECT table_name, column_name FROM duckdb_columns()
		WHERE database_name = ? AND NOT internal AND table_name NOT LIKE 'v\_%' ESCAPE '\' ORDER BY table_name, column_index`, side)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		columns[table] = append(columns[table], column)
	}
	return columns, rows.Err()
}

// table compares one table in the columns the baseline made of it.
func (c compared) table(ctx context.Context, result *comparison, name string, have, made []string) error {
	declared := schemas.Lookup(name)
	if declared == nil || have == nil {
		result.Differences = append(result.Differences, name+": we have no such table")
		return nil
	}
	for _, column := range made {
		if !slices.Contains(have, column) || declared.Column(column) < 0 {
			result.Differences = append(result.Differences, name+"."+column+": we have no such column")
			return nil
		}
	}
	query := fingerprint(declared, made)
	a, err := c.texts(ctx, fmt.Sprintf(query, ours, schemas.Quote(name)), len(made)+2)
	if err != nil {
		return err
	}
	b, err := c.texts(ctx, fmt.Sprintf(query, theirs, schemas.Quote(name)), len(made)+2)
	if err != nil {
		return err
	}
	var rows int
	if _, err := fmt.Sscan(a[0], &rows); err != nil {
		return err
	}
	result.Tables, result.Columns, result.Rows = result.Tables+1, result.Columns+len(made), result.Rows+rows
	result.Differences = append(result.Differences, differences(name, made, a, b)...)
	return nil
}

// fingerprint is a query of the count of rows, the sum of their hashes, and
// the sum of the hashes of each column. Types are made ours first: the same
// value has other hashes as another type.
func fingerprint(t *schemas.Table, columns []string) string {
	var values, sums []string
	for _, name := range columns {
		kind := t.Columns[t.Column(name)].Type
		value := fmt.Sprintf("CAST(%s AS %s)", schemas.Quote(name), kind.DuckDB())
		if kind == schemas.Time {
			value = "epoch_us(" + value + ")"
		}
		values = append(values, value)
		sums = append(sums, fmt.Sprintf("coalesce(sum(hash(%s)), 0)::VARCHAR", value))
	}
	return fmt.Sprintf("SELECT count(*)::VARCHAR, coalesce(sum(hash(%s)), 0)::VARCHAR, %s FROM %%s.%%s",
		strings.Join(values, ", "), strings.Join(sums, ", "))
}

// differences says in words what two fingerprints say.
func differences(table string, columns, a, b []string) []string {
	if a[0] != b[0] {
		return []string{fmt.Sprintf("%s: we have %s rows, the SQL %s", table, a[0], b[0])}
	}
	var different []string
	for i, column := range columns {
		if a[i+2] != b[i+2] {
			different = append(different, table+"."+column+": other values")
		}
	}
	if a[1] != b[1] && len(different) == 0 {
		different = append(different, table+": the same values in other rows")
	}
	return different
}

// leftOut lists our tables with rows, and our columns with values, that the
// baseline does not make.
func (c compared) leftOut(ctx context.Context, have, made map[string][]string) ([]string, error) {
	left := []string{}
	for _, table := range sortedKeys(have) {
		var counts []string
		var missing []string
		for _, column := range have[table] {
			if made[table] == nil || !slices.Contains(made[table], column) {
				missing = append(missing, column)
				counts = append(counts, fmt.Sprintf("count(%s)::VARCHAR", schemas.Quote(column)))
			}
		}
		if len(missing) == 0 {
			continue
		}
		values, err := c.texts(ctx, fmt.Sprintf("SELECT %s FROM %s.%s", strings.Join(counts, ", "), ours, schemas.Quote(table)), len(missing))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
		for i, n := range values {
			switch {
			case n == "0":
			case made[table] == nil:
				left = append(left, table)
			default:
				left = append(left, table+"."+missing[i])
			}
		}
	}
	return slices.Compact(left), nil
}

// texts returns the one row of a query of n text columns.
func (c compared) texts(ctx context.Context, query string, n int) ([]string, error) {
	values := make([]string, n)
	into := make([]any, n)
	for i := range values {
		into[i] = &values[i]
	}
	return values, c.db.QueryRowContext(ctx, query).Scan(into...)
}
