package feed

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// engine is one that is fed.
type engine interface {
	// run runs a script, and returns what it printed.
	run(t *testing.T, script string) (string, error)
	content(t *testing.T) content
}

// contract is what holds of every engine: after each run its tables are the database's, also
// where scripts die before it is whole, and where columns came later.
func contract(t *testing.T, name string, open func(t *testing.T) engine) {
	scratchtest.SkipRacing(t)
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
	d, ok := Named(name)
	if !ok {
		t.Fatalf("%s is no dialect", name)
	}
	t.Run("texts", func(t *testing.T) { holds(t, d, open(t)) })
	t.Run("edges", func(t *testing.T) { edges(t, d, open(t)) })
	dir, runs, want := changingRuns(t)
	e, filled := open(t), 0
	for i := range runs {
		if i == 1 {
			drops(t, d, e, want[0])
		}
		script := func() string {
			known, err := ReadKnown(must(t, e, d.Loads()))
			// Without transactions the next script may have completed the run.
			if n := len(known.Runs); err != nil || n != i && (d.transactions() || n != i+1) || i > 0 && known.Runs[runs[i-1].RunID] != runs[i-1].Content {
				t.Fatalf("before run %d: %v, %v", i, known, err)
			}
			return written(t, Config{Dialect: d, Files: dir, Known: known}, runs[i:i+1])
		}
		if i == 1 || i == len(runs)-1 {
			dies(t, d, e, script)
		}
		must(t, e, script())
		if filled = compare(t, fmt.Sprint("run ", i), want[i], e.content(t)); t.Failed() {
			return
		}
	}
	if filled < 25 {
		t.Errorf("%d tables have rows: too little is tested", filled)
	}
	must(t, e, written(t, Config{Dialect: d, Files: dir}, runs))
	compare(t, "all again", want[len(want)-1], e.content(t))
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
var own = regexp.MustCompile(`(?m)^[.\\].*\n`)

// inGo is DuckDB in this process.
type inGo struct{ db *sql.DB }

func newInGo(t *testing.T) engine {
	db := openDuckDB(t, "")
	t.Cleanup(func() { _ = db.Close() })
	return inGo{db}
}

func (e inGo) run(_ *testing.T, script string) (string, error) {
	defer func() { _, _ = e.db.Exec("ROLLBACK") }() // as a connection that ends
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

// dies gives the beginning of a script, up to several places before its run is whole.
func dies(t *testing.T, d Dialect, e engine, script func() string) {
	t.Helper()
	last := "COMMIT"
	if !d.transactions() {
		last = "INSERT INTO " + d.name(loads)
	}
	for _, part := range []int{50, 85, 97, 100} {
		lines, whole := strings.SplitAfter(script(), ";\n"), 0
		for i, line := range lines {
			if strings.HasPrefix(line, last) {
				whole = i
			}
		}
		must(t, e, strings.Join(lines[:whole*part/100], ""))
	}
}

// drops drops columns without a value, as if they came later.
func drops(t *testing.T, d Dialect, e engine, has content) {
	t.Helper()
	dropped := 0
	for _, table := range schemas.Tables() {
		if table.Versioned || !table.IsEntity() || len(has[table.Name]) == 0 || len(has[table.Sightings().Name]) > 0 {
			continue
		}
		for i, c := range table.Columns {
			empty := !slices.ContainsFunc(has[table.Name], func(line string) bool {
				return strings.Split(strings.Trim(line, "[]"), `" "`)[i] != "."
			})
			if !empty || c.Type == schemas.JSON || dropped > 1 {
				continue
			}
			dropped++
			for _, name := range []string{table.Name, table.Sightings().Name} {
				must(t, e, d.session+";\nALTER TABLE "+d.name(name)+" DROP COLUMN "+d.name(c.Name)+";\n")
			}
		}
	}
	if dropped == 0 {
		t.Error("no column is without a value")
	}
}

// holds writes texts of strangers as literals: they stay what they are.
func holds(t *testing.T, d Dialect, e engine) {
	texts := []string{
		"", "'", "''", `\`, `\'`, `'; DROP TABLE users; --`, "a\n';\n.quit\n", "\x00", "a\x00b", "\r\n", "\t", "😀 é \u2028\ufeff", "/* ", "*/", "--", "#", "`", `"`, "$$", "${x}", "%s", "?", ":a", "@a", "\\n", "\x1a", "\x7f",
		"delimiter //", "\\g", "/*!50000 x */", strings.Repeat("'\\é", 300),
	}
	source := rand.New(rand.NewPCG(1, 2))
	signs := []rune("'\"\\\x00\n\r\x1a%;-/*!#`$é😀ab ")
	for range 150 {
		text := make([]rune, source.IntN(12))
		for i := range text {
			text[i] = signs[source.IntN(len(signs))]
		}
		texts = append(texts, string(text))
	}
	var script strings.Builder
	script.WriteString(d.client)
	if d.session != "" {
		script.WriteString(d.session + ";\n")
	}
	for i, text := range texts {
		fmt.Fprintf(&script, "SELECT 'text %d ' || %s || '.';\n", i, "hex("+d.text(text)+")")
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`text (\d+) ([0-9A-Fa-f]*)\.`).FindAllStringSubmatch(must(t, e, script.String()), -1) {
		found[m[1]] = strings.ToLower(m[2])
	}
	for i, text := range texts {
		if want := hex.EncodeToString([]byte(text)); found[fmt.Sprint(i)] != want {
			t.Errorf("%q: got %q, want %q", text, found[fmt.Sprint(i)], want)
		}
	}
}

// edgeTimes are the years -249, 36, 9999 and 10000.
var edgeTimes = []int64{-70000000000000000, -61000000000000000, 253402300799999999, 253402300800000000}

// edgeRun is a run with values at the edge of what types hold, and past it.
func edgeRun(t *testing.T) (dir string, l schemas.Load) {
	t.Helper()
	dir = t.TempDir()
	db := openDuckDB(t, "")
	defer db.Close()
	table := schemas.Lookup("users")
	l = schemas.Load{RunID: "r'1", Content: "c", Only: true, Parts: []schemas.Part{{Table: table.Name, Path: "users.parquet", Rows: 4}}}
	of := map[string]string{
		"user_id": "'k' || i", "_run_id": "'r''1'", "_page_id": "'p'", "_fetched_at": "TIMESTAMPTZ '2026-11-01 00:00:00+00'",
		schemas.ToldColumns: "repeat('1', 40)", schemas.ToldLists: "'0'",
		"created_at":      "make_timestamptz(" + strings.ReplaceAll(fmt.Sprint(edgeTimes), " ", ", ") + "[i])",
		"followers_count": "[9223372036854775807, -9223372036854775808, 0, NULL][i]",
		"description":     "['a' || chr(0) || 'b', '😀''\\n;--' || chr(10), repeat('é', 500000), ''][i]",
	}
	values := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		kind := types("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "TIMESTAMPTZ")[c.Type]
		values[i] = "NULL::" + kind + " AS " + quoted(c.Name)
		if value := of[c.Name]; value != "" {
			values[i] = value + " AS " + quoted(c.Name)
		}
	}
	if _, err := db.Exec("COPY (SELECT " + strings.Join(values, ", ") + " FROM range(1, 5) AS r(i)) TO " + schemas.QuoteText(filepath.Join(dir, "users.parquet")) + " (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
	return dir, l
}

// edges feeds it.
func edges(t *testing.T, d Dialect, e engine) {
	dir, l := edgeRun(t)
	want := beside(t, filepath.Join(t.TempDir(), "beside.duckdb"), dir, l)
	left := int64(0)
	for i, at := range edgeTimes {
		if d.latest != 0 && !d.fitsTime(at) {
			left++
			want["users"][i] = strings.Replace(want["users"][i], fmt.Sprintf(`"%d"`, at), `"."`, 1)
		}
	}
	var b strings.Builder
	lost, err := Write(t.Context(), &b, Config{Dialect: d, Files: dir}, []schemas.Load{l})
	if err != nil || lost["users.created_at"] != left {
		t.Fatalf("%v, %v, want %d values lost", err, lost, left)
	}
	must(t, e, b.String())
	slices.Sort(want["users"])
	compare(t, "edges", content{"users": want["users"]}, content{"users": e.content(t)["users"]})
}
