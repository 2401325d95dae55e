package jobs_test

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
	"github.com/spacesetl/spacesetl/schemas/describe"
)

// reader makes the rows that count of the files, with what schema prints.
type reader struct {
	name    string
	library string
	python  string // the variable that names a Python that has the library
	script  string
	printed func() string
	// older: files of before, without the columns that came later, are read as they are.
	older bool
}

func readers() []reader {
	clickHouse := func() string {
		warehouses := schemas.Warehouses()
		return warehouses[slices.IndexFunc(warehouses, func(w schemas.Warehouse) bool { return w.Name == "clickhouse" })].DDL()
	}
	return []reader{
		{name: "ClickHouse", library: "chdb", python: "SPACESETL_CHDB_PYTHON", script: "testdata/clickhouse.py", printed: clickHouse},
		{name: "polars", library: "polars", python: "SPACESETL_POLARS_PYTHON", script: "testdata/frames.py", printed: describe.Polars, older: true},
	}
}

// installed reports whether there is such a reader, and says where there is none.
func (r reader) installed(t *testing.T) bool {
	t.Helper()
	if os.Getenv(r.python) != "" {
		return true
	}
	if os.Getenv("SPACESETL_TOOLS") == "required" {
		t.Errorf("SPACESETL_TOOLS=required, and %s names no Python with %s", r.python, r.library)
	}
	t.Logf("not compared with %s: %s names no Python with %s", r.name, r.python, r.library)
	return false
}

// read has the reader write what counts of the files of a folder into another, a file
// for each table, and returns what it says.
func (r reader) read(t *testing.T, dir, out string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Getenv(r.python), r.script, dir, out)
	command.Stdin = strings.NewReader(r.printed())
	text, err := command.CombinedOutput()
	return string(text), err
}

// compare holds what the reader makes of files against a database that is attached as
// stored: the same columns of the same types, and the same rows.
func (r reader) compare(t *testing.T, db *sql.DB, dir string) {
	t.Helper()
	out := t.TempDir()
	text, err := r.read(t, dir, out)
	if err != nil {
		t.Fatalf("%s: %v: %s", r.name, err, text)
	}
	t.Logf("%s %s", r.name, text)
	for _, table := range schemas.Tables() {
		executed(t, db, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE ruled AS FROM read_parquet(%s)", schemas.QuoteText(filepath.Join(out, table.Name+".parquet"))))
		columns := func(of string) (list string) {
			if err := db.QueryRow(fmt.Sprintf("SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE %s)", of)).Scan(&list); err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got, want := columns("ruled"), columns("stored.main."+schemas.Quote(table.Name)); got != want {
			t.Errorf("%s: %s has the columns\n%s, want\n%s", r.name, table.Name, got, want)
			continue
		}
		sameRows(t, db, r.name, table)
	}
}

// What readers make of files is what DuckDB makes of them by the rule where
// sightings of one time, digits, values and NULLs come in any mixture, and, of those
// that read files of before, where these and whole tables are missing.
func TestReadersOfAnyFilesFollowTheRule(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	for _, r := range readers() {
		for _, older := range []bool{false, true} {
			if older && !r.older || !r.installed(t) {
				continue
			}
			dir := t.TempDir()
			db := openBeside(t, ":memory:")
			executed(t, db, "SET threads = 1; SELECT setseed(0.14)")
			rule := schemas.DuckDBRule(func(t *schemas.Table) string {
				if older && slices.Contains(leftOut, t.Name) {
					return "(SELECT " + strings.Join(selected(t, func(c schemas.Column) string { return "NULL::" + c.Type.DuckDB() }), ", ") + " WHERE false)"
				}
				return "read_parquet(" + schemas.QuoteText(filepath.Join(dir, t.Name, "*/*.parquet")) + ", hive_partitioning = false, union_by_name = true)"
			})
			for _, table := range schemas.Tables() {
				if !older || !slices.Contains(leftOut, table.Name) {
					randomFiles(t, db, table, dir, older)
				}
			}
			for _, table := range schemas.Tables() {
				executed(t, db, fmt.Sprintf("CREATE TABLE stored.main.%s AS %s", schemas.Quote(table.Name), rule.Rows(table)))
			}
			r.compare(t, db, dir)
		}
	}
}

// leftOut are tables without any file, one whose rows mark those of another and one
// whose objects have lists.
var leftOut = []string{"space_absences", "places"}

// A folder that has no table, such as that around it, is told from one whose tables
// are empty.
func TestPolarsTellsAWrongFolder(t *testing.T) {
	r := readers()[1]
	if !r.installed(t) {
		return
	}
	if text, err := r.read(t, t.TempDir(), t.TempDir()); err == nil || !strings.Contains(text, "has no folder of any table") {
		t.Errorf("%v: %s", err, text)
	}
}

// randomFiles writes files of five runs with rows of few keys and fewer times. Of
// older ones the first two lack what came later.
func randomFiles(t *testing.T, db *sql.DB, table *schemas.Table, dir string, older bool) {
	t.Helper()
	for run := 8; run < 13; run++ { // as text 10 comes before 8
		folder := filepath.Join(dir, table.Name, fmt.Sprintf("run_date=2026-11-%02d", run))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		values := selected(table, func(c schemas.Column) string { return randomValue(table, c, run) })
		executed(t, db, fmt.Sprintf("CREATE OR REPLACE TEMP TABLE random AS SELECT %s FROM range(300)", strings.Join(values, ", ")))
		of := "*"
		if older && run < 10 {
			later := []string{schemas.ToldColumns, schemas.ToldLists}
			for _, c := range table.Later {
				later = append(later, c.Name)
			}
			of = fmt.Sprintf("COLUMNS(c -> c NOT IN ('%s'))", strings.Join(later, "', '"))
		}
		key := slices.Clone(table.Key)
		if !table.IsKey("_run_id") { // a page has one row of a key, a run one of its own
			key = append(key, "_run_id", "_page_id")
		}
		executed(t, db, fmt.Sprintf("COPY (SELECT %s FROM random QUALIFY row_number() OVER (PARTITION BY %s) = 1) TO %s (FORMAT parquet)",
			of, schemas.Quote(key...), schemas.QuoteText(filepath.Join(folder, fmt.Sprintf("r%d-0.parquet", run)))))
	}
}

// selected are items of a SELECT, one for each column.
func selected(table *schemas.Table, value func(schemas.Column) string) []string {
	items := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		items[i] = value(c) + " AS " + schemas.Quote(c.Name)
	}
	return items
}

// randomValue is an SQL expression for a column's value.
func randomValue(table *schemas.Table, c schemas.Column, run int) string {
	digits := func(n int) string {
		some := fmt.Sprintf("lpad(bin((random() * %d)::BIGINT), 60, '0')", 1<<60)
		return fmt.Sprintf("CASE WHEN random() < 0.8 THEN left(%s || %[1]s, %d) END", some, n)
	}
	value := map[schemas.Type]string{
		schemas.Int: "(random() * 3)::BIGINT", schemas.Float: "random()", schemas.Bool: "random() < 0.5",
		schemas.Time: "TIMESTAMPTZ '2026-11-01 00:00:00.000001+00' + to_minutes((random() * 3)::INT)",
	}[c.Type]
	if value == "" {
		value = "'k' || (random() * 3)::INT"
	}
	switch {
	case c.Name == "_run_id":
		return fmt.Sprintf("'r%d'", run)
	case c.Name == "_page_id":
		return "'p' || (random() * 3)::INT"
	case c.Name == schemas.ToldColumns:
		return digits(len(table.Columns))
	case c.Name == schemas.ToldLists:
		return digits(len(table.Lists()))
	case len(constants(table, c.Name)) > 0:
		values := constants(table, c.Name)
		return fmt.Sprintf("['%s'][1 + (random() * %d)::INT]", strings.Join(values, "', '"), len(values)-1)
	case table.IsKey(c.Name) || c.Name == "_fetched_at":
		return value
	}
	return "CASE WHEN random() < 0.5 THEN " + value + " END"
}

// constants are the values that a constant column can have.
func constants(table *schemas.Table, column string) (values []string) {
	for _, s := range table.Sources {
		if text, ok := s.Set[column]; ok && !slices.Contains(values, text) {
			values = append(values, text)
		}
	}
	return values
}
