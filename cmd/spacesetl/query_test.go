package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/loadtest"
)

// What is asked of a store is answered, or it is said what is wrong with it; the store
// stays as it was.
func TestAStoreIsAsked(t *testing.T) {
	t.Parallel()
	dir, out := smallStore(t), t.TempDir()
	before := loadtest.Files(t, dir)
	wrong := filepath.Join(out, "wrong.sql")
	if err := os.WriteFile(wrong, []byte("\ufeffSELECT\n  nope\nFROM spaces"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		stdout string // what it matches; empty for nothing
		stderr string
		code   int
	}{
		{args: []string{"query", "SELECT 'wide 日本 👩‍💻' AS text, 12 AS n, NULL AS gone, 'NULL' AS said, '' AS empty;"},
			stdout: "^text         |  n | gone | said   | empty\n------------ | -- | ---- | ------ | -----\nwide 日本 👩‍💻 | 12 | NULL | \"NULL\" |\n$"},
		{args: []string{"query", "13"}, stdout: `^title +\| buyers \| people \| percent\n`},
		{args: []string{"query", "tickets", "--format", "json"}, stdout: `^\[\n`},
		{args: []string{"query", "--list"}, stdout: `^01-liveliest-spaces +Which Spaces are the liveliest\?\n`},
		{args: []string{"query", "SELECT 'a|b*' AS text, 1 AS n", "--format", "markdown"}, stdout: `^\| text \| n \|\n\| --- \| --: \|\n\| a\\\|b\\\* \| 1 \|\n$`},
		{args: []string{"query", "SELECT chr(27) || '[2J' || chr(10) || 'x' AS text"}, stdout: `\n\\u001b\[2J\\u000ax\n$`},
		{args: []string{"query", "FROM range(10001)", "--format", "table"}, stdout: "9999\n$", stderr: "the first 10,000 rows: --format csv has all"},
		{args: []string{"query", "SELECT 1 AS a", "-o", filepath.Join(out, "a.jsonl")}},
		{args: []string{"query", "SELECT 1 AS a", "-o", out}, code: 2, stderr: "is no file"},
		{args: []string{"query", "SELECT 1", "--for", "excel", "--format", "json"}, code: 2, stderr: "leave out --format json"},

		{args: []string{"query", "SELECT $n::INT + 1 AS n, $word AS word LIMIT $n", "--param", "n=2", "--param", "word=it's, too"}, stdout: `\n3 \| it's, too\n$`},
		{args: []string{"query", "SELECT $n"}, code: 2, stderr: `has a parameter \$n`},
		{args: []string{"query", "13", "--param", "m"}, code: 2, stderr: `"m" is not NAME=VALUE`},

		{args: []string{"query", "@" + wrong}, code: 2, stderr: "^spacesetl: Binder Error: Referenced column \"nope\" .*\nspacesetl: LINE 2:   nope\nspacesetl:           \\^\n$"},
		{args: []string{"query", "SELECT 'x'::INT", "--format", "csv"}, code: 2, stderr: `\nspacesetl: LINE 1: SELECT 'x'::INT\n`},
		{args: []string{"query", "tikets"}, code: 2, stderr: `did you mean "tickets"`},
		{args: []string{"query", "21"}, code: 2, stderr: "query 21-parquet-files reads Parquet files by their names"},
		{args: []string{"query", "SELECT", "1"}, code: 2, stderr: "in quotes"},
		{args: []string{"query", "@none.sql"}, code: 2, stderr: "none.sql: no such file"},
		{args: []string{"query", "SELECT sum(range) FROM range(1000000000000)", "--timeout", "50ms"}, code: 1, stderr: "stopped after 50ms"},

		{args: []string{"query", "SELECT len([printf('%2000000000d', 1), printf('%2000000000d', 2)])", "--memory", "256MiB"}, code: 1, stderr: "memory of 256 MiB .* allow it more with --memory\n$"},
		{args: []string{"query", "SELECT CASE WHEN range = 900000 THEN error('at last') ELSE range END AS n FROM range(1000000)", "--format", "csv"}, code: 2,
			stdout: "^n\n[0-9]+\n", stderr: "^spacesetl: not all rows have been written: Invalid Input Error: at last\n$"},

		{args: []string{"query", "DELETE FROM spaces"}, code: 2, stderr: "one SELECT at a time"},
		{args: []string{"query", "SELECT 1; DROP TABLE spaces"}, code: 2, stderr: "one SELECT at a time"},
		{args: []string{"query", "FROM read_csv('" + wrong + "')"}, code: 2, stderr: "Permission Error"},
		{args: []string{"query", "INSTALL httpfs"}, code: 2, stderr: "one SELECT|disabled"},
		{args: []string{"query", "FROM enable_logging()"}, code: 2, stderr: "cannot be called here"},

		{args: []string{"export", "spaces", "--format", "ids"}, stdout: "^([0-9A-Za-z]+\n){20}$"},
		{args: []string{"export", "space_users", "--format", "ids", "--where", "role = 'creator' -- alone", "--since", "7d"}, stdout: "^([0-9A-Za-z]+\n)+$"},
		{args: []string{"export", "spaces", "--since", "2100-01-31", "--format", "jsonl"}},
		{args: []string{"export", "tweets", "--for", "excel"}, stdout: "^\ufefftweet_id,.*\r\n'[0-9]+,"},
		{args: []string{"export"}, code: 2, stderr: "name one table or view: v_spaces, "},
		{args: []string{"export", "v_space"}, code: 2, stderr: `did you mean "v_spaces"`},
		{args: []string{"export", "spaces", "--since", "soon"}, code: 2, stderr: `"soon" is neither a time`},
		{args: []string{"export", "spaces", "--where", "nope > 1"}, code: 2, stderr: "LINE 1: nope > 1\n"},
		{args: []string{"export", "spaces", "--where", "true AND\n title::INT > 1"}, code: 2, stderr: "LINE 2:  title::INT > 1\n"},
		{args: []string{"export", "spaces", "--where", " "}, code: 2, stderr: "the condition is empty"},
		{args: []string{"export", "spaces", "--since", "24h", "--format", "ids"}, stdout: "^([0-9A-Za-z]+\n){20}$"},
		{args: []string{"export", "runs", "--format", "ids"}, code: 2, stderr: "the rows of runs have none"},
		{args: []string{"export", "topics", "--format", "table"}, code: 2, stderr: "is not one of csv"},
	} {
		code, stdout, stderr := spoken(t, append(c.args, "--store", dir)...)
		if code != c.code || !matches(c.stdout, stdout) || !matches(c.stderr, stderr) {
			t.Errorf("%q: code %d, want %d, %q and %q; got\n%q\n%q", c.args, code, c.code, c.stdout, c.stderr, stdout[:min(len(stdout), 500)], stderr)
		}
	}
	if got, err := os.ReadFile(filepath.Join(out, "a.jsonl")); err != nil || string(got) != "{\"a\":1}\n" {
		t.Errorf("the file has %q, %v", got, err)
	}
	if diff := cmp.Diff(before, loadtest.Files(t, dir)); diff != "" {
		t.Errorf("the store has changed:\n%s", diff)
	}
}

// matches reports whether a text matches a pattern, or both are empty.
func matches(pattern, text string) bool {
	return (pattern == "") == (text == "") && regexp.MustCompile(pattern).MatchString(text)
}
