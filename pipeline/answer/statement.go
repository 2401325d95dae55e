// Package answer answers a question of SQL from a store's tables, for whoever asks: it
// opens what runs publish, lets a person's SELECT run and nothing else, and writes the
// result in the forms that other programs read.
package answer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// check says what is wrong with a person's statement, in DuckDB's words where it has
// some, and returns the SELECT without its end, so that it can stand in parentheses. It
// plans the statement and runs nothing. What a statement is, DuckDB's parser says.
func check(ctx context.Context, r *duckdb.Reader, text string, args []any) (inner string, err error) {
	tree, err := parse(ctx, r, text)
	if err != nil {
		return "", err
	}
	if name := tree.calls(); name != "" {
		return "", refused(name)
	}
	names, err := r.Parameters(ctx, text)
	if err != nil {
		return "", err
	}
	if err := given(names, args); err != nil {
		return "", err
	}
	if inner, err = withoutEnd(ctx, r, text); err != nil {
		return "", moved(err, 1)
	}
	return inner, moved(checkPlan(ctx, r, within(inner), args), 1)
}

// within is a SELECT of all that another selects. Lines end before its own do, so that
// a comment at its end is one of it alone.
func within(inner string) string { return "SELECT * FROM (\n" + inner + "\n)" }

// withoutEnd is a statement without its semicolon and what follows that: as long as that
// is there, the parentheses of within cannot be closed.
func withoutEnd(ctx context.Context, r *duckdb.Reader, text string) (string, error) {
	for inner := text; ; {
		_, err := r.Parameters(ctx, within(inner))
		end := strings.LastIndexByte(inner, ';')
		if err == nil || end < 0 || ctx.Err() != nil {
			return inner, err
		}
		inner = inner[:end]
	}
}

// tree is what DuckDB's parser makes of a text.
type tree struct {
	Error      bool             `json:"error"`
	Kind       string           `json:"error_type"`
	Statements []map[string]any `json:"statements"`
}

// parse refuses what is not one SELECT.
func parse(ctx context.Context, r *duckdb.Reader, text string) (t tree, err error) {
	var parsed string
	err = r.QueryRowContext(ctx, "SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR), skip_null := true, skip_empty := true) AS VARCHAR)", text).Scan(&parsed)
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(parsed), &t); err != nil {
		return t, fmt.Errorf("the statement cannot be read: %w", err)
	}
	switch {
	case t.Error && t.Kind == "parser": // which Parameters says with the line
		_, err := r.Parameters(ctx, text)
		return t, err
	case t.Error || len(t.Statements) > 1:
		return t, &StatementError{Message: "one SELECT at a time, and nothing else: no other statement can run here"}
	case len(t.Statements) == 0:
		return t, &StatementError{Message: "there is nothing to run: write a SELECT"}
	}
	return t, nil
}

// telling are functions that are in no plan: they tell of the machine, or hold SQL of
// their own, which the tree does not show.
var telling = []string{"current_setting", "query"}

// calls returns a function in the tree that a SELECT may not call, or "".
func (t tree) calls() string {
	var look func(node any) string
	look = func(node any) string {
		switch node := node.(type) {
		case map[string]any:
			if name, ok := node["function_name"].(string); ok && slices.Contains(telling, strings.ToLower(name)) {
				return name
			}
			for _, child := range node {
				if name := look(child); name != "" {
					return name
				}
			}
		case []any:
			for _, child := range node {
				if name := look(child); name != "" {
					return name
				}
			}
		}
		return ""
	}
	for _, statement := range t.Statements {
		if name := look(statement); name != "" {
			return name
		}
	}
	return ""
}

func refused(function string) error {
	return &StatementError{Message: strings.ToLower(function) + " cannot be called here: tables are all that can be read"}
}

// harmless are the table functions that a SELECT may call: those that read
// tables, the catalog and their arguments. Others can do what no SELECT should,
// such as turning on a log, run SQL of their own, or tell of the machine.
var harmless = []string{
	"SEQ_SCAN", "READ_PARQUET", "PARQUET_SCAN", "RANGE", "GENERATE_SERIES", "UNNEST", "REPEAT", "REPEAT_ROW", "SUMMARY", "JSON_EACH", "JSON_TREE",
	"PRAGMA_VERSION", "PRAGMA_SHOW", "PRAGMA_TABLE_INFO", "PRAGMA_STORAGE_INFO", "PRAGMA_COLLATIONS",
	"PG_TIMEZONE_NAMES", "ICU_CALENDAR_NAMES", "TEST_ALL_TYPES", "TEST_VECTOR_TYPES",
	"DUCKDB_TABLES", "DUCKDB_VIEWS", "DUCKDB_COLUMNS", "DUCKDB_FUNCTIONS", "DUCKDB_TYPES", "DUCKDB_KEYWORDS", "DUCKDB_SCHEMAS",
	"DUCKDB_INDEXES", "DUCKDB_CONSTRAINTS", "DUCKDB_DEPENDENCIES", "DUCKDB_SEQUENCES", "DUCKDB_OPTIMIZERS", "DUCKDB_TABLE_SAMPLE", "DUCKDB_VARIABLES",
}

// harmful have no name of a function in a plan, or would do damage if they had.
var harmful = []string{
	"ENABLE_LOGGING", "DISABLE_LOGGING", "TRUNCATE_DUCKDB_LOGS", "CHECKPOINT", "FORCE_CHECKPOINT", "JSON_EXECUTE_SERIALIZED_SQL",
	"ARROW_SCAN", "ARROW_SCAN_DUMB", "READ_TEXT", "READ_BLOB", "GLOB",
}

// planNode is a step of DuckDB's plan.
type planNode struct {
	Name     string         `json:"name"`
	Children []planNode     `json:"children"`
	Info     map[string]any `json:"extra_info"`
}

// calls returns a function in the plan that a SELECT may not call, or "".
func (n planNode) calls() string {
	name := strings.TrimSpace(n.Name)
	function, known := n.Info["Function"].(string)
	switch {
	case slices.Contains(harmful, name):
		return name
	case known && !slices.Contains(harmless, strings.TrimSpace(function)):
		return function
	}
	for _, child := range n.Children {
		if name := child.calls(); name != "" {
			return name
		}
	}
	return ""
}

// checkPlan refuses a SELECT by the functions in its plan: there they stand by
// their names, however the statement came to call them. Nothing runs.
func checkPlan(ctx context.Context, r *duckdb.Reader, text string, args []any) error {
	var kind, plan string
	if err := r.QueryRowContext(ctx, "EXPLAIN (FORMAT json) "+text, args...).Scan(&kind, &plan); err != nil {
		return err
	}
	var nodes []planNode
	if err := json.Unmarshal([]byte(plan), &nodes); err != nil {
		return fmt.Errorf("the plan cannot be read: %w", err)
	}
	if name := (planNode{Children: nodes}).calls(); name != "" {
		return refused(name)
	}
	return nil
}
