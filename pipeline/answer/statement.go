// Package answer answers a question of SQL from a store's tables, for whoever asks: it
// opens what runs publish, lets a person's SELECT run and nothing else, and writes the
// result in the forms that other programs read.
package answer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// Check says what is wrong with a person's statement, in DuckDB's words where it has
// some, and returns the SELECT without its end, so that it can stand in parentheses. It
// plans the statement and runs nothing.
func Check(ctx context.Context, r *duckdb.Reader, text string) (inner string, err error) {
	if strings.TrimSpace(text) == "" {
		return "", &StatementError{Message: "there is nothing to run: write a SELECT"}
	}
	if err := checkSelect(ctx, r, text); err != nil {
		return "", err
	}
	inner = withoutEnd(text)
	// Asked for its plan, a text of several statements would run all but one.
	if err := checkSelect(ctx, r, within(inner)); err != nil {
		return "", err
	}
	return inner, checkPlan(ctx, r, within(inner))
}

// within is a SELECT of all that another selects. Lines end before its own do, so that
// a comment at its end is one of it alone.
func within(inner string) string { return "SELECT * FROM (\n" + inner + "\n)" }

func checkSelect(ctx context.Context, r *duckdb.Reader, text string) error {
	parameters, err := r.CheckSelect(ctx, text)
	switch {
	case parameters > 0:
		return &StatementError{Message: "the SELECT has parameters: write the values in their place"}
	case errors.Is(err, duckdb.ErrNotOneSelect):
		return &StatementError{Message: "one SELECT at a time, and nothing else: no other statement can run here", err: err}
	}
	return err
}

// harmless are the table functions that a SELECT may call: those that read
// tables, the catalog and their arguments. Others can do what no SELECT should,
// such as turning on a log, or run SQL of their own.
var harmless = []string{
	"SEQ_SCAN", "READ_PARQUET", "PARQUET_SCAN", "RANGE", "GENERATE_SERIES", "UNNEST", "REPEAT", "REPEAT_ROW", "SUMMARY", "JSON_EACH", "JSON_TREE",
	"PRAGMA_VERSION", "PRAGMA_SHOW", "PRAGMA_TABLE_INFO", "PRAGMA_STORAGE_INFO", "PRAGMA_DATABASE_SIZE", "PRAGMA_COLLATIONS", "PRAGMA_PLATFORM",
	"PG_TIMEZONE_NAMES", "ICU_CALENDAR_NAMES", "TEST_ALL_TYPES", "TEST_VECTOR_TYPES",
	"DUCKDB_TABLES", "DUCKDB_VIEWS", "DUCKDB_COLUMNS", "DUCKDB_FUNCTIONS", "DUCKDB_TYPES", "DUCKDB_KEYWORDS", "DUCKDB_SETTINGS", "DUCKDB_SCHEMAS",
	"DUCKDB_DATABASES", "DUCKDB_INDEXES", "DUCKDB_CONSTRAINTS", "DUCKDB_DEPENDENCIES", "DUCKDB_SEQUENCES", "DUCKDB_MEMORY", "DUCKDB_OPTIMIZERS",
	"DUCKDB_EXTENSIONS", "DUCKDB_TABLE_SAMPLE", "DUCKDB_VARIABLES",
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
func checkPlan(ctx context.Context, r *duckdb.Reader, text string) error {
	var kind, plan string
	if err := r.QueryRowContext(ctx, "EXPLAIN (FORMAT json) "+text).Scan(&kind, &plan); err != nil {
		return err
	}
	var nodes []planNode
	if err := json.Unmarshal([]byte(plan), &nodes); err != nil {
		return fmt.Errorf("the plan cannot be read: %w", err)
	}
	if name := (planNode{Children: nodes}).calls(); name != "" {
		return &StatementError{Message: strings.ToLower(name) + " cannot be called here: tables are all that can be read"}
	}
	return nil
}
