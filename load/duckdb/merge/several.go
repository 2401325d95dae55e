package merge

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// ErrInTurn is that of several runs that have to be merged one after the other.
var ErrInTurn = errors.New("to be merged one after the other")

// atOnce gets ready to merge several runs as if they were one, and returns the jobs
// that keep the versions that end meanwhile: those that the runs would end one after the
// other. It returns ErrInTurn where that is not known to be the same, and has changed
// nothing then.
//
// Runs that are stored already end no version, as long as none of their rows is newer than
// what is stored. Of others no object may be seen earlier than by those before.
func atOnce(ctx context.Context, tx *sql.Tx, runs []schemas.Load, rows, take map[string]string) ([]Job, error) {
	values := make([]string, len(runs))
	for i, l := range runs {
		values[i] = fmt.Sprintf("(%s, %d)", schemas.QuoteText(l.RunID), i+1)
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s (_run_id VARCHAR, %s INTEGER); INSERT INTO %[1]s VALUES %[3]s", turns, turn, strings.Join(values, ", ")))
	if err != nil {
		return nil, err
	}
	for _, t := range schemas.Tables() {
		if statement := take[rows[t.Name]]; t.Versioned && statement != "" {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name, err)
			}
			take[rows[t.Name]] = ""
		}
	}
	stored, err := isAny(ctx, tx, fmt.Sprintf("SELECT run_id FROM %s JOIN %s ON run_id = _run_id UNION ALL SELECT _run_id FROM runs JOIN %[2]s USING (_run_id)", Loads, turns))
	if err != nil {
		return nil, err
	}
	var all []Job
	for _, t := range schemas.Tables() {
		if !t.Versioned || !t.IsEntity() {
			continue
		}
		if err := unless(ctx, tx, withoutOwner(t, rows)); err != nil {
			return nil, err
		}
		if rows[t.Name] == "" {
			continue
		}
		var some []string
		if s := (inTurns{merge{table: t, from: rows[t.Name], rows: rows}}); stored {
			err = unless(ctx, tx, s.newer())
		} else {
			some, err = s.statements(ctx, tx)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		all = append(all, Job{Table: t.Name, Statements: some})
	}
	return all, nil
}

// takenLater names the tables that new rows are taken out of their files into, and returns
// the statements that do it, by that name.
func takenLater(rows map[string]string) map[string]string {
	take := map[string]string{}
	for table, from := range rows {
		if from != "" {
			name := newRows(table)
			take[name] = fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS FROM %s", name, from)
			rows[table] = name
		}
	}
	return take
}

// temporaries are the names of temporary tables of one table's rows.
var temporaries = regexp.MustCompile(`"_[a-z_]+"`)

// keepShort has jobs make such a table where the first of them reads it, if it is not there
// yet, and drop it after the last: of all at a time each column takes memory.
func keepShort(jobs []Job, take map[string]string) {
	last := map[string]int{}
	for i := range jobs {
		var made []string
		for _, name := range temporaries.FindAllString(strings.Join(jobs[i].Statements, "\n"), -1) {
			if statement := take[name]; statement != "" {
				made = append(made, statement)
				take[name] = ""
			}
			last[name] = i
		}
		jobs[i].Statements = append(made, jobs[i].Statements...)
	}
	for _, name := range slices.Sorted(maps.Keys(last)) { // those of the database are in no temp
		jobs[last[name]].Statements = append(jobs[last[name]].Statements, "DROP TABLE IF EXISTS temp."+name)
	}
}

// unless returns ErrInTurn where a query finds any row.
func unless(ctx context.Context, tx *sql.Tx, query string) error {
	if query == "" {
		return nil
	}
	any, err := isAny(ctx, tx, query)
	if any {
		err = ErrInTurn
	}
	return err
}

// withoutOwner selects new rows of versioned lists in objects of a table, of which the runs
// do not have the objects.
func withoutOwner(owner *schemas.Table, rows map[string]string) string {
	var selects []string
	for _, t := range schemas.Tables() {
		if !t.Versioned || t == owner || t.Owner() != owner || rows[t.Name] == "" {
			continue
		}
		where := "true"
		if from := rows[owner.Name]; from != "" {
			where = fmt.Sprintf("NOT %s AND one.%s NOT IN (SELECT %s FROM %s)", Claimed(t, "one"), schemas.Quote(t.OwnerColumn()), schemas.Quote(owner.Key[0]), from)
		}
		selects = append(selects, fmt.Sprintf("SELECT 1 FROM %s AS one WHERE %s", rows[t.Name], where))
	}
	return strings.Join(selects, " UNION ALL ")
}

func isAny(ctx context.Context, tx *sql.Tx, query string) (any bool, err error) {
	err = tx.QueryRowContext(ctx, "SELECT EXISTS ("+query+")").Scan(&any)
	return any, err
}
