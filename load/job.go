package load

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
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

// differing begins a statement that sets columns, one a line: of those only the ones
// that a query lists are set. The query ends where no file name can go on.
const (
	differing    = "-- what differs of "
	differingEnd = "\x00"
)

// onlyDiffering removes the others' lines.
func onlyDiffering(ctx context.Context, tx *sql.Tx, query, statement string) (string, error) {
	names, err := texts(ctx, tx, query)
	if err != nil {
		return "", err
	}
	lines := strings.Split(statement, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool {
		name, _, _ := strings.Cut(line, " = ")
		name, isSet := strings.CutPrefix(name, "\t")
		return isSet && !slices.Contains(names, name)
	}), "\n"), nil
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
	if rest, ok := strings.CutPrefix(statement, differing); ok {
		query, rest, _ := strings.Cut(rest, differingEnd)
		var err error
		if statement, err = onlyDiffering(ctx, tx, query, rest); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, statement)
	return err
}
