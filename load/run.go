package load

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/schemas"
)

// run is what is merged at a time: the parts of one run.
type run struct {
	schemas.Load
	dir string // that Part.Path is relative to
}

// job is the statements that take the rows of one table in.
type job struct {
	table      string
	bytes      int64 // of its files
	statements []string
}

func (j job) run(ctx context.Context, tx *sql.Tx) error {
	for _, statement := range j.statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", j.table, err)
		}
	}
	return nil
}

// jobs brings the database's tables up to date and returns what takes the run
// in, table by table: spaces and their sightings before the lists in them. In a
// new database nothing is stored that the rows could meet, so there the jobs,
// the last one apart, can be done in any order, or at the same time.
func (r run) jobs(ctx context.Context, tx *sql.Tx, isNew bool) ([]job, error) {
	rows, err := r.rows()
	if err != nil {
		return nil, err
	}
	if err := evolve(ctx, tx); err != nil {
		return nil, err
	}
	statements := merge.fill
	if !isNew {
		if statements, err = r.merging(ctx, tx, rows); err != nil {
			return nil, err
		}
	}
	var jobs []job
	for _, t := range schemas.Tables() {
		if from, ok := rows[t.Name]; ok {
			m := merge{table: t, from: from, sightings: rows[sightings]}
			jobs = append(jobs, job{t.Name, r.bytes(t), statements(m)})
		}
	}
	return append(jobs, job{table: "spaces", statements: slices.Concat(gone(rows), r.loaded())}), nil
}

// merging returns what makes the statements that merge rows into those stored.
func (r run) merging(ctx context.Context, tx *sql.Tx, rows map[string]string) (func(merge) []string, error) {
	asked, err := askedOf(ctx, tx, rows["api_requests"])
	if err != nil {
		return nil, fmt.Errorf("api_requests: %w", err)
	}
	runs, err := runIDs(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	return func(m merge) []string {
		m.asked = asked
		return slices.Concat(m.stale(runs), m.statements())
	}, nil
}

// loads is the table of the runs that are in the database, each with the checksum
// of what it was made of. Databases of earlier versions know their runs by the
// table runs alone.
const loads = "_loads"

// createLoads makes the table.
const createLoads = "CREATE TABLE " + loads + " (run_id VARCHAR NOT NULL, content VARCHAR NOT NULL);\n" +
	"COMMENT ON TABLE " + loads + " IS 'Runs that this database has, as it says itself.';\n" +
	"COMMENT ON COLUMN " + loads + ".run_id IS 'The run, as in runs._run_id.';\n" +
	"COMMENT ON COLUMN " + loads + ".content IS 'Checksum of the pages that its rows were made of, as in its manifest.';\n"

// loaded notes that the run is in the database.
func (r run) loaded() []string {
	if r.RunID == "" {
		return nil
	}
	id := schemas.QuoteText(r.RunID)
	return []string{
		fmt.Sprintf("DELETE FROM %s WHERE run_id = %s", loads, id),
		fmt.Sprintf("INSERT INTO %s VALUES (%s, %s)", loads, id, schemas.QuoteText(r.Content)),
	}
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

// merge does all of it in one transaction.
func (r run) merge(ctx context.Context, tx *sql.Tx) error {
	jobs, err := r.jobs(ctx, tx, false)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := j.run(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// bytes is the size of the files of a table.
func (r run) bytes(t *schemas.Table) (bytes int64) {
	for _, p := range r.Parts {
		if p.Table == t.Name {
			bytes += p.Bytes
		}
	}
	return bytes
}

// rows returns what to select the new rows of each table from: "" for a table
// that is in the run and has none.
func (r run) rows() (map[string]string, error) {
	names := map[string][]string{}
	for _, p := range r.Parts {
		if schemas.Lookup(p.Table) == nil {
			return nil, fmt.Errorf("%s is no table", p.Table)
		}
		files := names[p.Table]
		if p.Rows > 0 {
			files = append(files, schemas.QuoteText(filepath.Join(r.dir, filepath.FromSlash(p.Path))))
		}
		names[p.Table] = files
	}
	rows := map[string]string{}
	for table, files := range names {
		rows[table] = ""
		if len(files) > 0 {
			rows[table] = fmt.Sprintf("read_parquet([%s], hive_partitioning = false)", strings.Join(files, ", "))
		}
	}
	return rows, nil
}

// runIDs lists the runs that the new rows are of: one, as a rule.
func runIDs(ctx context.Context, tx *sql.Tx, rows map[string]string) ([]string, error) {
	found := map[string]bool{}
	for _, t := range schemas.Tables() {
		if !isLog(t) || rows[t.Name] == "" {
			continue
		}
		ids, err := texts(ctx, tx, "SELECT DISTINCT _run_id FROM "+rows[t.Name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		for _, id := range ids {
			found[schemas.QuoteText(id)] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// texts returns the values of a query of one text column.
func texts(ctx context.Context, tx *sql.Tx, query string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}

// isLog reports whether a table logs what each run saw, so that its rows belong
// to their run for good.
func isLog(t *schemas.Table) bool {
	found := func(s schemas.Source) bool { return !s.Missing }
	return t.Mode == schemas.Every || len(t.Sources) > 0 && !slices.ContainsFunc(t.Sources, found)
}
