package feed

import (
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// engine is one that is fed.
type engine interface {
	// run runs a script, and returns what it printed.
	run(t *testing.T, script string) (string, error)
	content(t *testing.T) content
}

// contract is what holds of every engine: after each run its tables are the database's.
func contract(t *testing.T, name string, open func(t *testing.T) engine) {
	d, ok := Named(name)
	if !ok {
		t.Fatalf("%s is no dialect", name)
	}
	dir, runs, want := changingRuns(t)
	t.Run("each run", func(t *testing.T) {
		e, filled := open(t), 0
		for i := range runs {
			known, err := ReadKnown(must(t, e, d.Loads()))
			if err != nil || len(known.Runs) != i {
				t.Fatalf("before run %d: %v, %v", i, known, err)
			}
			must(t, e, written(t, Config{Dialect: d, Files: dir, Known: known}, runs[i:i+1]))
			filled = compare(t, fmt.Sprint("run ", i), want[i], e.content(t))
			if t.Failed() {
				return
			}
		}
		if filled < 30 {
			t.Errorf("%d tables have rows: too little is tested", filled)
		}
		before := e.content(t)
		must(t, e, written(t, Config{Dialect: d, Files: dir}, runs))
		compare(t, "all again", before, e.content(t))
	})
}

func written(t *testing.T, c Config, runs []schemas.Load) string {
	t.Helper()
	var b strings.Builder
	lost, err := Write(t.Context(), &b, c, runs)
	if err != nil || len(lost) > 0 {
		t.Fatal(lost, err)
	}
	return b.String()
}

func must(t *testing.T, e engine, script string) string {
	t.Helper()
	out, err := e.run(t, script)
	if err != nil {
		t.Fatalf("%.3000v", err)
	}
	return out
}

// own are lines of a client of the engine's own.
var own = regexp.MustCompile(`(?m)^\..*\n`)

// inGo is DuckDB in this process.
type inGo struct{ db *sql.DB }

func newInGo(t *testing.T) engine {
	db := openDuckDB(t, "")
	t.Cleanup(func() { _ = db.Close() })
	return inGo{db}
}

func (e inGo) run(_ *testing.T, script string) (string, error) {
	var out strings.Builder
	for _, statement := range statements(own.ReplaceAllString(script, "")) {
		if !strings.HasPrefix(statement, "SELECT") {
			if _, err := e.db.Exec(statement); err != nil {
				return "", fmt.Errorf("%w\n%s", err, statement)
			}
			continue
		}
		rows, err := e.db.Query(statement)
		if err != nil {
			return "", fmt.Errorf("%w\n%s", err, statement)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return "", err
			}
			out.WriteString(line + "\n")
		}
		if err := rows.Err(); err != nil {
			return "", fmt.Errorf("%w\n%s", err, statement)
		}
	}
	return out.String(), nil
}

func (e inGo) content(t *testing.T) content { return duckContent(t, e.db) }

// statements are those of a script, which ends each with its line.
func statements(script string) []string {
	script = regexp.MustCompile(`(?m)^--.*\n`).ReplaceAllString(script, "")
	return slices.DeleteFunc(strings.Split(script, ";\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

func TestDuckDB(t *testing.T) { contract(t, "duckdb", newInGo) }
