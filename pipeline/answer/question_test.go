package answer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/load/duckdb"
)

// empty has all tables and no row.
func empty(t *testing.T, file string) *duckdb.Reader {
	t.Helper()
	r, err := duckdb.OpenReader(t.Context(), duckdb.ReaderConfig{Sink: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// What one SELECT is, where it ends and what it asks for, DuckDB's parser says.
func TestOneSelectIsAnswered(t *testing.T) {
	r := empty(t, "")
	for _, c := range []struct {
		text   string
		values map[string]string
		want   string // the cells, or what is wrong
	}{
		{text: "SELECT 1 AS a$$;", want: "1"},
		{text: `SELECT 'a' LIKE'x\';`, want: "false"},
		{text: `SELECT 'a' LIKE'x\' -- ;`, want: "false"},
		{text: "SELECT ';' ;; -- ; done;", want: ";"},
		{text: "SELECT $$;$$, $a$;$$;$a$ /* ; /* ; */ ; */;", want: "; ;$$;"},
		{text: `SELECT 1 AS ";" ;`, want: "1"},
		{text: "VALUES (1); /* ; */", want: "1"},
		{text: "FROM (VALUES (1, 2)) t(a, b) PIVOT (sum(a) FOR b IN (2))", want: "1"},
		{text: "SELECT $a, '$a', $$ $a $$ -- $b", values: map[string]string{"a": "it's"}, want: "it's $a  $a "},
		{text: "FROM range(9) LIMIT $n;", values: map[string]string{"n": "2"}, want: "0 1"},
		{text: "SELECT TIMESTAMPTZ '2026-01-01' > $t, 5 > $n", values: map[string]string{"t": "2025-12-31", "n": "4"}, want: "true true"},

		{text: "SELECT 1; SELECT 2", want: "one SELECT at a time"},
		{text: "SELECT 1; DROP TABLE spaces", want: "one SELECT at a time"},
		{text: "DELETE FROM spaces", want: "one SELECT at a time"},
		{text: "EXPLAIN ANALYZE SELECT 1", want: "one SELECT at a time"},
		{text: "PREPARE a AS SELECT 1", want: "one SELECT at a time"},
		{text: "", want: "nothing to run"}, {text: " -- nothing", want: "nothing to run"}, {text: ";", want: "nothing to run"},
		{text: "SELEC 1", want: "LINE 1: SELEC 1"}, {text: "SELECT 1) TO 'x.csv'; --", want: "syntax error"}, {text: "SELECT\n 'x'::INT;", want: "LINE 2:  'x'::INT"},
		{text: "SELECT $a, $b", values: map[string]string{"a": "1"}, want: "has a parameter $b"},
		{text: "SELECT ?", want: "has a parameter $1"},
		{text: "SELECT $since", values: map[string]string{"sice": "1"}, want: "no parameter $sice: it has $since"},
		{text: "SELECT 1", values: map[string]string{"x": "1"}, want: "no parameter $x: it has none"},

		{text: "SELECT current_setting('threads')", want: "current_setting cannot be called here"},
		{text: `SELECT (SELECT max(system.main."Current_Setting"('threads')) FROM range(2))`, want: "current_setting cannot be called here"},
		{text: "FROM query('SELECT current_setting(''threads'')')", want: "query cannot be called here"},
		{text: "FROM duckdb_settings()", want: "duckdb_settings cannot be called here"},
		{text: "FROM pg_settings", want: "duckdb_settings cannot be called here"},
		{text: "SHOW DATABASES", want: "duckdb_databases cannot be called here"},
		{text: "FROM pragma_database_size()", want: "pragma_database_size cannot be called here"},
		{text: "FROM duckdb_extensions()", want: "duckdb_extensions cannot be called here"},
		{text: "SELECT path FROM duckdb_databases()", want: "duckdb_databases cannot be called here"},
		{text: "SELECT 'current_setting(''a'')' AS current_setting", want: "current_setting('a')"},
	} {
		reply, err := Question{SQL: c.text, Values: c.values, Bounds: Bounds{Rows: 10}}.Answer(t.Context(), r, "")
		var cells []string
		for _, row := range reply.Grid.Rows {
			for _, cell := range row {
				cells = append(cells, cell.Text)
			}
		}
		got := strings.Join(cells, " ")
		if err != nil {
			got = Wrong(err).Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s with %v: got %q, want %q", c.text, c.values, got, c.want)
		}
	}
}

// A condition is one, whole, and what is wrong with it is told in its own lines.
func TestRowsAreChosenByACondition(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rows")
	r := empty(t, file)
	for where, want := range map[string]string{
		"": "", "lang = 'en'": "", "(lang = 'en') OR (true)": "", "lang = ')' -- alone": "", "lang IN (SELECT lang FROM topics, spaces)": "", "true /* ) */": "", "lang = $$)$$": "",
		")": "LINE 1: )", "false) UNION FROM spaces WHERE (true": "syntax error", "(true)) OR ((true)": "syntax error", "true; DROP TABLE spaces": "one SELECT",
		"true;": "syntax error", "true LIMIT 1": "syntax error", "true UNION FROM spaces": "syntax error", "nope > 1": "LINE 1: nope > 1\n        ^", "lang = 'a'\nAND nope": "LINE 2: AND nope",
		"lang = current_setting('threads')": "cannot be called", "lang = ?": "parameter", "/*": "unterminated",
	} {
		_, err := Question{Rows: &Rows{Name: "spaces", Where: where}, Form: "csv"}.Answer(t.Context(), r, file)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(Wrong(err).Error(), want) {
			t.Errorf("%q: got %v, want %q", where, err, want)
		}
	}
	for _, name := range []string{"spaces", "v_spaces", "users"} {
		if _, err := (Question{Rows: &Rows{Name: name, IDs: true}, Form: "ids"}).Answer(t.Context(), r, file); err != nil {
			t.Error(err)
		}
	}
}

// A form has as many rows as are asked for, and says whether there are more.
func TestFilesAreCut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rows")
	r := empty(t, file)
	for most, want := range map[int]string{2: "range\n0\n1\n", 3: "range\n0\n1\n2\n", 4: "range\n0\n1\n2\n", 0: "range\n0\n1\n2\n"} {
		reply, err := Question{SQL: "FROM range(3);", Form: "csv", Most: most}.Answer(t.Context(), r, file)
		data, reading := os.ReadFile(file)
		if errors.Join(err, reading) != nil || string(data) != want || reply.Cut != (most == 2) {
			t.Errorf("%d: %q, cut %v, %v", most, data, reply.Cut, err)
		}
	}
	ours := Question{SQL: "SELECT ? AS a", Args: []string{"it's"}, Ours: true, Bounds: Bounds{Rows: 1}}
	if reply, err := ours.Answer(context.Background(), r, ""); err != nil || reply.Grid.Rows[0][0].Text != "it's" {
		t.Errorf("ours: %+v, %v", reply, err)
	}
}
