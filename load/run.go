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
	parts []schemas.Part
	dir   string // that Part.Path is relative to
}

// merge takes the parts in table by table: spaces and their sightings before
// the lists in them.
func (r run) merge(ctx context.Context, tx *sql.Tx) error {
	rows, err := r.rows()
	if err != nil {
		return err
	}
	if err := evolve(ctx, tx); err != nil {
		return err
	}
	asked, err := askedOf(ctx, tx, rows["api_requests"])
	if err != nil {
		return fmt.Errorf("api_requests: %w", err)
	}
	runs, err := runIDs(ctx, tx, rows)
	if err != nil {
		return err
	}
	for _, t := range schemas.Tables() {
		from, ok := rows[t.Name]
		if !ok {
			continue
		}
		m := merge{table: t, from: from, asked: asked, sightings: rows[sightings]}
		for _, statement := range slices.Concat(m.stale(runs), m.statements()) {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
	}
	_, sighted := rows["spaces"]
	_, missed := rows[absences]
	if !sighted && !missed {
		return nil
	}
	if _, err := tx.ExecContext(ctx, unavailable(rows["spaces"])); err != nil {
		return fmt.Errorf("spaces: %w", err)
	}
	return nil
}

// rows returns what to select the new rows of each table from: "" for a table
// that is in the run and has none.
func (r run) rows() (map[string]string, error) {
	names := map[string][]string{}
	for _, p := range r.parts {
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
