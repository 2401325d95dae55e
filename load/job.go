package load

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// job is the statements that take the rows of one table in.
type job struct {
	table      string
	bytes      int64 // of its files
	statements []string
	thrifty    bool // what it changes is to be written before the next one
}

func (j job) run(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range j.statements {
		if err := execute(ctx, tx, statement); err != nil {
			return fmt.Errorf("%s: %w", j.table, err)
		}
	}
	return nil
}

// condition begins a statement that ifAny made, before the name of a table.
const condition = "-- if any in "

// ifAny makes statements that run only where a temporary table has rows by then: a
// statement that finds nothing to do takes DuckDB milliseconds to plan.
func ifAny(table string, statements ...string) []string {
	some := make([]string, len(statements))
	for i, statement := range statements {
		some[i] = condition + table + "\n" + statement
	}
	return some
}

func execute(ctx context.Context, tx *sql.Tx, statement string) error {
	for strings.HasPrefix(statement, condition) {
		table, rest, _ := strings.Cut(strings.TrimPrefix(statement, condition), "\n")
		var any bool
		if err := tx.QueryRowContext(ctx, "SELECT EXISTS (FROM "+table+")").Scan(&any); err != nil || !any {
			return err
		}
		statement = rest
	}
	_, err := tx.ExecContext(ctx, statement)
	return err
}
