// Package merge writes the SQL that takes the rows of a run into a database, so that what
// is stored is what schemas.Rule makes of all runs, and does it in a transaction.
package merge

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Run is what is merged at a time: the parts of one run.
type Run struct {
	schemas.Load
	Several []schemas.Load // runs that are merged at once, oldest first, instead of Load
	Dir     string         // that Part.Path is relative to
	Limit   int64          // what DuckDB may take, in bytes; 0 for its default
	Since   time.Time      // that versions that ended are kept of; zero for all
	// Evolved: the database's tables are up to date.
	Evolved bool
}

// IsSmall reports whether it has few cells.
func (r Run) IsSmall() bool {
	var cells int64
	for _, t := range schemas.Tables() {
		cells += r.Count(t) * int64(len(t.Columns))
	}
	return cells < manyCells
}

// Jobs brings the database's tables up to date and returns what takes the run
// in, table by table: spaces and their sightings before the lists in them. In a
// new database nothing is stored that the rows could meet, so there the jobs,
// the last one apart, can be done in any order, or at the same time.
func (r Run) Jobs(ctx context.Context, tx *sql.Tx, isNew bool) ([]Job, error) {
	rows, err := r.Rows()
	if err != nil {
		return nil, err
	}
	if !r.Evolved {
		if err := r.Evolve(ctx, tx, isNew); err != nil {
			return nil, err
		}
	}
	statements, thrifty, several := merge.fill, false, len(r.Several) > 0
	if !isNew {
		updated, err := r.updated(ctx, tx)
		if err != nil {
			return nil, err
		}
		if thrifty = isThrifty(updated, r.Limit); several && updated > mostAtOnce {
			return nil, ErrInTurn // of a run alone fewer columns may differ
		}
	}
	few := r.IsSmall() && r.Size() <= TransactionBytes && !isNew && !thrifty && !several
	if few {
		if err := takeOut(ctx, tx, rows); err != nil {
			return nil, err
		}
	}
	var jobs []Job
	var take map[string]string
	if several {
		if thrifty || isNew {
			return nil, ErrInTurn
		}
		take = takenLater(rows)
		if jobs, err = atOnce(ctx, tx, r.Several, rows, take); err != nil {
			return nil, err
		}
	}
	var partial map[string]bool
	if isNew {
		partial, err = completed(ctx, tx, rows)
	} else {
		statements, err = r.merging(ctx, tx, rows)
	}
	if err != nil {
		return nil, err
	}
	for _, t := range schemas.Tables() {
		m := merge{table: t, from: rows[t.Name], rows: rows, partial: partial, thrifty: thrifty, few: few, several: several, told: several}
		shares := r.shares(m, isNew)
		for i := range shares {
			m.share = Share{i, shares}
			jobs = append(jobs, Job{t.Name, r.Bytes(t) / int64(shares), statements(m), thrifty})
		}
	}
	jobs = append(jobs, Job{Table: "spaces", Thrifty: thrifty, Statements: slices.Concat(gone(rows), r.loaded())})
	if several {
		keepShort(jobs, take)
	}
	return jobs, nil
}

// merging returns what makes the statements that merge rows into those stored.
func (r Run) merging(ctx context.Context, tx *sql.Tx, rows map[string]string) (func(merge) []string, error) {
	runs := []string{schemas.QuoteText(r.RunID)}
	if len(r.Several) > 0 {
		runs = r.ids()
	} else if r.RunID == "" {
		var err error
		if runs, err = runIDs(ctx, tx, rows); err != nil {
			return nil, err
		}
	}
	taken := map[string]bool{}
	return func(m merge) []string {
		m.runs, m.taken = runs, taken
		var stale []string
		if m.share.Part == 0 {
			stale = m.stale(runs)
		}
		m.from = m.share.From(m.from, ClaimedBy(m.table))
		return slices.Concat(stale, m.statements())
	}, nil
}

// shares is how many shares the rows of a table are merged in. In a new database
// it takes memory only to tell which lists were empty later.
func (r Run) shares(m merge, isNew bool) int {
	if isNew && !m.isPartial() || !isNew && !m.thrifty {
		return 1
	}
	limit := r.Limit
	if isNew {
		limit = Memory
	}
	return SharesOf(r.Count(m.table), r.Bytes(m.table), len(m.table.Columns), limit)
}

// updated is about what it takes to update what the run changes, in bytes.
func (r Run) updated(ctx context.Context, tx *sql.Tx) (bytes int64, err error) {
	stored, err := tx.QueryContext(ctx, "SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = current_database()")
	if err != nil {
		return 0, err
	}
	defer stored.Close()
	for stored.Next() {
		var name string
		var rows int64
		if err := stored.Scan(&name, &rows); err != nil {
			return 0, err
		}
		if t := schemas.Lookup(name); t != nil {
			bytes += updated(r.Count(t), rows, len(t.Columns))
		}
	}
	return bytes, stored.Err()
}

// loaded notes that the run is in the database.
func (r Run) loaded() []string {
	var ids, rows []string
	for _, l := range r.all() {
		if l.RunID != "" {
			id := schemas.QuoteText(l.RunID)
			ids, rows = append(ids, id), append(rows, fmt.Sprintf("(%s, %s)", id, schemas.QuoteText(l.Content)))
		}
	}
	if ids == nil {
		return nil
	}
	return []string{
		fmt.Sprintf("DELETE FROM %s WHERE run_id IN (%s)", Loads, strings.Join(ids, ", ")),
		fmt.Sprintf("INSERT INTO %s VALUES %s", Loads, strings.Join(rows, ", ")),
	}
}

// all are the runs.
func (r Run) all() []schemas.Load {
	if len(r.Several) > 0 {
		return r.Several
	}
	return []schemas.Load{r.Load}
}

// ids are those of the runs, as SQL.
func (r Run) ids() (ids []string) {
	for _, l := range r.all() {
		ids = append(ids, schemas.QuoteText(l.RunID))
	}
	return ids
}

// gone sets since when Spaces are gone, if the run tells anything of it.
func gone(rows map[string]string) []string {
	_, sighted := rows["spaces"]
	_, missed := rows[absences]
	if !sighted && !missed {
		return nil
	}
	return []string{unavailable(rows["spaces"])}
}

// Merge does all of it in one transaction.
func (r Run) Merge(ctx context.Context, tx *sql.Tx) error {
	jobs, err := r.Jobs(ctx, tx, false)
	if err != nil {
		return err
	}
	return Do(ctx, tx, jobs)
}

// Size is that of all its files.
func (r Run) Size() int64 {
	return r.sum(func(p schemas.Part) int64 { return p.Bytes })
}

// Bytes is the size of the files of a table.
func (r Run) Bytes(t *schemas.Table) int64 {
	return r.sum(func(p schemas.Part) int64 { return onlyOf(t, p, p.Bytes) })
}

// Count is the number of new rows of a table.
func (r Run) Count(t *schemas.Table) int64 {
	return r.sum(func(p schemas.Part) int64 { return onlyOf(t, p, p.Rows) })
}

func (r Run) sum(of func(schemas.Part) int64) (sum int64) {
	for _, l := range r.all() {
		for _, p := range l.Parts {
			sum += of(p)
		}
	}
	return sum
}

func onlyOf(t *schemas.Table, p schemas.Part, n int64) int64 {
	if p.Table != t.Name {
		return 0
	}
	return n
}

// Rows returns what to select the new rows of each table from: "" for a table
// of which the run has none.
func (r Run) Rows() (map[string]string, error) {
	rows := map[string]string{}
	for _, t := range schemas.Tables() {
		rows[t.Name] = ""
	}
	files, runs := map[string][]string{}, map[string][]string{} // by table and run, by file
	for _, l := range r.all() {
		for _, p := range l.Parts {
			if schemas.Lookup(p.Table) == nil {
				return nil, fmt.Errorf("%s is no table", p.Table)
			}
			if p.Rows == 0 {
				continue
			}
			file := schemas.QuoteText(filepath.Join(r.Dir, filepath.FromSlash(p.Path)))
			if !slices.Contains(files[p.Table], file) {
				files[p.Table] = append(files[p.Table], file)
			}
			if l.Only {
				runs[file] = append(runs[file], schemas.QuoteText(l.RunID))
			}
		}
	}
	for table, files := range files {
		of := map[string][]string{} // files whose rows are those of the same runs, or all
		for _, file := range files {
			ids := strings.Join(slices.Compact(runs[file]), ", ")
			of[ids] = append(of[ids], file)
		}
		var selects []string
		for _, ids := range slices.Sorted(maps.Keys(of)) {
			from := fmt.Sprintf("read_parquet([%s], hive_partitioning = false)", strings.Join(of[ids], ", "))
			if ids != "" {
				from = fmt.Sprintf("(FROM %s WHERE _run_id IN (%s))", from, ids)
			}
			selects = append(selects, from)
		}
		if rows[table] = selects[0]; len(selects) > 1 {
			rows[table] = "(FROM " + strings.Join(selects, " UNION ALL BY NAME FROM ") + ")"
		}
	}
	return rows, nil
}
