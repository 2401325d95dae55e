package merge

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/spacesetl/spacesetl/schemas"
)

// Evolve brings the tables, comments, views and macros to what is declared. A
// database of an earlier version lacks columns; it keeps its rows. A new one gets its
// versions run by run: what is forgotten of them, the next merge removes.
func (r Run) Evolve(ctx context.Context, tx *sql.Tx, isNew bool) error {
	stored, err := comments(ctx, tx)
	if err != nil {
		return err
	}
	var script string
	if stored[Loads] == nil {
		script = createLoads
	}
	declared := slices.Concat(schemas.Tables(), schemas.EndedTables())
	if !isNew { // most runs alone have none, and a twentieth of a small one's time goes into these
		declared = append(declared, schemas.SightingTables()...)
	}
	for _, t := range declared {
		script += evolution(t, stored[t.Name])
	}
	for _, t := range schemas.Tables() {
		if t.Versioned && stored[t.Ended().Name] == nil && stored[t.Name] != nil {
			script += history{merge{table: t}}.adopt(stored[t.History()])
		}
	}
	var since time.Time
	if !isNew {
		if since, err = r.forget(ctx, tx, stored); err != nil {
			return err
		}
	}
	script += schemas.Tied(identity(), since)
	_, err = tx.ExecContext(ctx, script)
	return err
}

// identity is a name that no database has had, nor this one before.
func identity() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // it returns no error
	return fmt.Sprintf("id_%x", id)
}

// evolution is what has to be run for a table that has these comments, by
// column; "" names the table itself.
func evolution(t *schemas.Table, stored map[string]string) string {
	if stored == nil {
		return t.DuckDB()
	}
	var added string
	same := stored[""] == t.Doc
	for _, c := range t.Columns {
		doc, ok := stored[c.Name]
		if !ok {
			added += fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s;\n", schemas.Quote(t.Name), schemas.Quote(c.Name), c.Type.DuckDB())
		}
		same = same && ok && doc == c.Doc
	}
	if same {
		return ""
	}
	return added + t.DuckDB()
}

// comments returns the comments of the database by table and column; under ""
// the table's own.
func comments(ctx context.Context, tx *sql.Tx) (map[string]map[string]string, error) {
	rows, err := tx.QueryContext(ctx, `
		SELECT table_name, '', coalesce(comment, '') FROM duckdb_tables()
		WHERE database_name = current_database() AND schema_name = current_schema()
		UNION ALL
		SELECT table_name, column_name, coalesce(comment, '') FROM duckdb_columns()
		WHERE database_name = current_database() AND schema_name = current_schema()`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	stored := map[string]map[string]string{}
	for rows.Next() {
		var table, column, comment string
		if err := rows.Scan(&table, &column, &comment); err != nil {
			return nil, err
		}
		if stored[table] == nil {
			stored[table] = map[string]string{}
		}
		stored[table][column] = comment
	}
	return stored, rows.Err()
}
