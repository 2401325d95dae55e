package merge

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// Job is the statements that take the rows of one table in.
type Job struct {
	Table      string
	Bytes      int64 // of its files
	Statements []string
	Thrifty    bool // what it changes is to be written before the next one
}

// TransactionBytes is the size of the files that are taken in by one
// transaction, about. A transaction costs a few milliseconds and keeps what it
// changes in memory; the copy is private, so it may end anywhere.
const TransactionBytes = 4 << 20

// most is how much is taken in by the transaction that a job is done in.
func (j Job) most() int64 {
	if j.Thrifty {
		return TransactionBytes / 4
	}
	return TransactionBytes
}

// Weight is about how long a job takes: its files are read for each statement.
func (j Job) Weight() int64 { return j.Bytes * int64(len(j.Statements)) }

// Transactions puts jobs that are next to each other into transactions.
func Transactions(jobs []Job) (transactions [][]Job) {
	var bytes int64
	for i, j := range jobs {
		if i == 0 || bytes+j.Bytes > j.most() {
			transactions = append(transactions, nil)
			bytes = 0
		}
		bytes += j.Bytes
		last := len(transactions) - 1
		transactions[last] = append(transactions[last], j)
	}
	return transactions
}

// Do does jobs one after the other.
func Do(ctx context.Context, tx *sql.Tx, jobs []Job) error {
	known := made{}
	for _, j := range jobs {
		for _, statement := range j.Statements {
			if err := known.execute(ctx, tx, statement); err != nil {
				return fmt.Errorf("%s: %w", j.Table, err)
			}
		}
	}
	return nil
}

// condition begins a statement that ifAny made, before the name of a table.
const condition = "-- if any in "

// makes begins a statement that makes a temporary table, before its name. Nothing else
// changes the rows of one.
const makes = "CREATE OR REPLACE TEMP TABLE "

// once begins one that makes it only where no job before did.
const once = "-- once\n"

// made are the temporary tables that jobs made, and whether they have rows: nil where
// nobody asked.
type made map[string]*bool

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
	names, err := Texts(ctx, tx, query)
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

func (m made) execute(ctx context.Context, tx *sql.Tx, statement string) error {
	for strings.HasPrefix(statement, condition) {
		table, rest, _ := strings.Cut(strings.TrimPrefix(statement, condition), "\n")
		if m[table] == nil {
			m[table] = new(bool)
			if err := tx.QueryRowContext(ctx, "SELECT EXISTS (FROM "+table+")").Scan(m[table]); err != nil {
				return err
			}
		}
		if !*m[table] {
			return nil
		}
		statement = rest
	}
	statement, isOnce := strings.CutPrefix(statement, once)
	if rest, ok := strings.CutPrefix(statement, makes); ok {
		table, _, _ := strings.Cut(rest, " ")
		if _, before := m[table]; before && isOnce {
			return nil
		}
		m[table] = nil
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

// newRows is the temporary table that new rows are taken out of their files into.
func newRows(table string) string { return schemas.Quote("_new_" + table) }

// takeOut takes the few new rows of each table out of their files: a statement that
// reads Parquet is planned twice, with the file opened each time.
func takeOut(ctx context.Context, tx *sql.Tx, rows map[string]string) error {
	for table, from := range rows {
		if from == "" {
			continue
		}
		rows[table] = newRows(table)
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS FROM %s", rows[table], from)); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

// completed lists the tables of objects of which the run has rows that complete
// others.
func completed(ctx context.Context, tx *sql.Tx, rows map[string]string) (map[string]bool, error) {
	tables := map[string]bool{}
	for _, t := range schemas.Tables() {
		if !t.IsEntity() || rows[t.Name] == "" {
			continue
		}
		var any bool
		if err := tx.QueryRowContext(ctx, fmt.Sprintf("SELECT EXISTS (FROM %s WHERE %s)", rows[t.Name], completing)).Scan(&any); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		tables[t.Name] = any
	}
	return tables, nil
}
