package browse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/browse/words"
	"github.com/spacesetl/spacesetl/schemas"
)

// catalog is what the open database holds. Every identifier in a query comes
// from it, or from our own texts, never from a request.
type catalog struct {
	relations []*relation
	byName    map[string]*relation
	run       record // the newest run: _run_id, job, ended_at, outcome
}

// relation is a table, a view or a macro.
type relation struct {
	Name    string
	Kind    string // table, view, or macro, which takes a time
	Doc     string
	Theme   string
	Rows    int64 // of a table; -1 where counting takes a query
	Columns []*column
	Key     []string // may be empty
}

type column struct {
	Name string
	Type string // as DuckDB names it
	Doc  string
	Ref  string // table that its values are keys of
}

// Label is the column's name for people.
func (c *column) Label() string { return words.Column(c.Name, c.Time()) }

// Title is what the relation's rows are.
func (r *relation) Title() string { return words.Title(r.Name) }

// Number reports whether values are numbers, for their alignment.
func (c *column) Number() bool { return answer.Numeric(c.Type) }

// Time reports whether values are times.
func (c *column) Time() bool { return strings.HasPrefix(c.Type, "TIMESTAMP") }

// Searched reports whether search looks into the column.
func (c *column) Searched() bool { return c.Type == "VARCHAR" && !slices.Contains(lineage, c.Name) }

// id reports whether values are ids, whose letters have a case.
func (c *column) id() bool { return c.Ref != "" || entityOf[c.Name] != "" }

var lineage = []string{"_run_id", "_page_id", "_fetched_at", "_columns", "_lists"}

func (r *relation) column(name string) *column {
	for _, c := range r.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// from is the relation in a FROM clause; a macro takes the time as parameter.
func (r *relation) from() string {
	if r.Kind == "macro" {
		return schemas.Quote(r.Name) + "(CAST(? AS TIMESTAMPTZ))"
	}
	return schemas.Quote(r.Name)
}

// Brief is the first sentence of the relation's meaning.
func (r *relation) Brief() string {
	first, _, _ := strings.Cut(r.Doc, ". ")
	return strings.TrimSuffix(first, ".")
}

// readCatalog reads names and types from the database, meaning from schemas.
func readCatalog(ctx context.Context, r *duckdb.Reader) (*catalog, error) {
	c := &catalog{byName: map[string]*relation{}}
	if err := c.readColumns(ctx, r); err != nil {
		return nil, err
	}
	for _, m := range schemas.Macros(time.Time{}) {
		if err := c.readMacro(ctx, r, m); err != nil {
			return nil, err
		}
	}
	c.document()
	if err := c.count(ctx, r); err != nil {
		return nil, err
	}
	if c.byName["runs"] == nil {
		return c, nil
	}
	newest, err := records(ctx, r, "SELECT _run_id, job, started_at, ended_at, outcome FROM runs ORDER BY _run_id DESC LIMIT 1")
	if err == nil && len(newest) > 0 {
		c.run = newest[0]
	}
	if len(r.Lost) > 0 && ctx.Err() == nil {
		err = nil // it may be theirs
	}
	return c, err
}

func (c *catalog) add(r *relation) {
	c.relations = append(c.relations, r)
	c.byName[r.Name] = r
}

// has reports whether all of some relations are there: a database that an
// older version made can lack some, and files have no history.
func (c *catalog) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return c.byName[name] == nil })
}

func (c *catalog) readColumns(ctx context.Context, r *duckdb.Reader) error {
	rows, err := records(ctx, r, `
SELECT columns.table_name, columns.column_name, columns.data_type, coalesce(columns.comment, '') AS doc,
       coalesce(tables.comment, views.comment, '') AS table_doc
FROM duckdb_columns() AS columns
LEFT JOIN duckdb_tables() AS tables USING (database_oid, schema_oid, table_name)
LEFT JOIN duckdb_views() AS views ON views.database_oid = columns.database_oid AND views.schema_oid = columns.schema_oid AND views.view_name = columns.table_name
WHERE NOT columns.internal AND columns.database_name = current_database() AND columns.schema_name = 'main' AND NOT starts_with(columns.table_name, '_')
ORDER BY columns.table_name, columns.column_index`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		name := row["table_name"].Text
		if c.byName[name] == nil {
			added := &relation{Name: name, Kind: "table", Doc: row["table_doc"].Text, Rows: -1}
			if slices.ContainsFunc(schemas.Views(), func(v schemas.View) bool { return v.Name == name }) {
				added.Kind = "view"
			}
			c.add(added)
		}
		c.byName[name].Columns = append(c.byName[name].Columns, &column{Name: row["column_name"].Text, Type: row["data_type"].Text, Doc: row["doc"].Text})
	}
	return nil
}

func (c *catalog) readMacro(ctx context.Context, r *duckdb.Reader, m schemas.Macro) error {
	known, err := records(ctx, r, "SELECT 1 AS known FROM duckdb_functions() WHERE NOT internal AND database_name = current_database() AND function_name = ? LIMIT 1", m.Name)
	if err != nil || len(known) == 0 {
		return err
	}
	columns, err := records(ctx, r, fmt.Sprintf("SELECT column_name, column_type FROM (DESCRIBE FROM %s(now()))", schemas.Quote(m.Name)))
	if err != nil {
		return err
	}
	relation := &relation{Name: m.Name, Kind: "macro", Doc: m.Doc, Rows: -1}
	for _, row := range columns {
		relation.Columns = append(relation.Columns, &column{Name: row["column_name"].Text, Type: row["column_type"].Text})
	}
	c.add(relation)
	return nil
}

// count fills in the number of rows of the tables, which DuckDB knows, but for those of
// files: to find the rows that count takes memory, so it is one table at a time.
func (c *catalog) count(ctx context.Context, r *duckdb.Reader) error {
	for _, t := range c.relations {
		if t.Kind != "table" {
			continue
		}
		err := r.QueryRowContext(ctx, "SELECT count(*) FROM "+schemas.Quote(t.Name)).Scan(&t.Rows)
		if len(r.Lost) > 0 && ctx.Err() == nil {
			continue // which whoever asks for the table is told
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}
