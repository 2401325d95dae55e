package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A wrong command line is answered in one line that names the flag, the value
// and what was meant, and one that names the help to read.
func TestUsageErrorsNameTheFlagAndTheNearest(t *testing.T) {
	t.Setenv("X_BEARER_TOKEN", "token-of-the-usage-test")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const id = "1SLjjRYNejbKM"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"rnu"}, `there is no command "rnu": did you mean "run"?`},
		{[]string{"auth", "logn"}, `there is no command "auth logn": did you mean "login"?`},
		{[]string{"--versio"}, "there is no flag --versio: did you mean --version?"},
		{[]string{"--store", "x", "run"}, "there is no flag --store before the command: write it after, as in spacesetl run --store"},
		{[]string{"run", "--stor", "x"}, "there is no flag --stor: did you mean --store?"},
		{[]string{"run", "-x"}, "there is no flag -x"},
		{[]string{"auth", "login", "--prt", "5"}, "there is no flag --prt: did you mean --port?"},
		{[]string{"run", "-f"}, "-f has no value: write --file FILE"},
		{[]string{"run", "--budget-day"}, "--budget-day has no value: write --budget-day USD"},
		{[]string{"run", "--workers", "many"}, `--workers: "many" is not a whole number`},
		{[]string{"run", "--max-wait", "5"}, `--max-wait: "5" is not a duration such as 90s, 20m or 1h30m`},
		{[]string{"run", "--private=maybe"}, `--private: "maybe" is not true or false`},
		{[]string{"simulate", "--credit", "much"}, `--credit: "much" is not a number`},
		{[]string{"simulate", "--fault-rate", "7"}, "--fault-rate: 7 is not between 0 and 1"},
		{[]string{"simulate", "--paging", "norml"}, `--paging: "norml" is not one of normal, quirks, repeat, expired: did you mean "normal"?`},
		{[]string{"run", "--ids", "a", "--workers", "0"}, `--workers: 0 is none: leave it out for the default`},
		{[]string{"schema", "--format", "jsn"}, `--format: "jsn" is not one of md, json, mermaid, svg, polars, dbt, json-schema, frictionless, duckdb, bigquery, clickhouse, postgres, snowflake: did you mean "json"?`},
		{[]string{"completion", "bahs"}, `there is no completion for "bahs", but for bash, zsh, fish: did you mean "bash"?`},
		{[]string{"completion"}, "name the shell: bash, zsh, fish"},
		{[]string{"auth", "login", "--port", "99999999"}, "set X_CLIENT_ID or --client-id"},
		{[]string{"auth", "login", "--client-id", "c", "--port", "99999999"}, "--port: 99999999 is not between 0 and 65535"},
		{[]string{"status", "store"}, `"store" is not a flag: did you mean --store?`},
		{[]string{"verify", "extra"}, `"extra" is not a flag`},
		{[]string{"version", "extra"}, `"extra" is not a flag`},
		{[]string{"run", "--memory", "lots", "--ids", id}, `--memory: "lots" is not a size such as 512MiB or 2GB`},
		{[]string{"run", "--budget-run", "much", "--ids", id}, `--budget-run: "much" is not an amount of dollars`},
		{[]string{"replay", "--store", dir}, "there are no runs in " + dir},
	} {
		code, stdout, stderr := spoken(t, c.args...)
		lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		if code != 2 || stdout != "" || !strings.HasPrefix(lines[0], "spacesetl: "+c.want) || len(lines) != 2 || !strings.HasPrefix(lines[1], "spacesetl: see spacesetl") || !strings.HasSuffix(lines[1], " --help") {
			t.Errorf("%q: exit code %d, want 2 and %q and where to look, got\n%s%s", c.args, code, c.want, stdout, stderr)
		}
	}
	for _, c := range []struct { // mistakes of jobs, all of them at once
		args []string
		want string
	}{
		{[]string{"run"}, "nothing to do: name a job file, or give --ids, --ids-file, --creators or --search"},
		{[]string{"run", "--ids", id, "--workers=-3"}, "--workers: -3 is not between 1 and 64"},
		{[]string{"run", "--ids", "no id"}, `--ids: "no id" is not a Space id`},
		{[]string{"run", "--creators", "X"}, `--creators: "X" is neither a user id (digits) nor a username: write @X`},
		{[]string{"run", "--search", ""}, "--search: a query has 1 to 2048 characters, not 0"},
		{[]string{"run", "--ids", id, "--to", "parket"}, `--to: "parket" is not one of parquet, duckdb, latest, postgres: did you mean "parquet"?`},
		{[]string{"run", "--ids", id, "--base-url", "ftp://x"}, `--base-url: "ftp://x" is not an http(s) address`},
		{[]string{"run", "--ids-file", filepath.Join(dir, "none")}, "--ids-file: open " + filepath.Join(dir, "none") + ": no such file"},
		{[]string{"run", "--ids-file", dir}, "--ids-file: read " + dir + ": is a directory"},
		{[]string{"run", "--ids-file", write("empty.txt", "")}, filepath.Join(dir, "empty.txt") + ": there is no Space id in it"},
		{[]string{"validate", "-f", dir}, "job file: read " + dir + ": is a directory"},
		{[]string{"validate", "-f", write("empty.yaml", "")}, filepath.Join(dir, "empty.yaml") + ": nothing to do: give ids"},
		{[]string{"validate", "-f", write("binary.yaml", "\x7fELF\x00\x01")}, filepath.Join(dir, "binary.yaml") + ": is not a text file in UTF-8"},
		{[]string{"validate", "-f", write("text.yaml", "words")}, filepath.Join(dir, "text.yaml") + ":1: a job file is a list of keys and values"},
		{[]string{"validate", "-f", write("typo.yaml", "serch: x")}, filepath.Join(dir, "typo.yaml") + `:1: unknown key "serch": did you mean "search"?`},
		{[]string{"auth", "status", "--token-file", dir}, "token file " + dir + " is a folder: name a file"},
	} {
		code, stdout, stderr := spoken(t, c.args...)
		if want := "spacesetl: " + c.want; code != 2 || stdout != "" || !strings.HasPrefix(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%q: exit code %d, want 2 and one line %q, got\n%s%s", c.args, code, want, stdout, stderr)
		}
	}
	for _, command := range []string{"status", "verify", "replay", "cost"} {
		file := write("file", "")
		code, _, stderr := spoken(t, command, "--store", file)
		if want := "spacesetl: store " + file + ": not a directory: name a folder"; code != 1 || !strings.HasPrefix(stderr, want) {
			t.Errorf("%s of a file: exit code %d, want %q, got %s", command, code, want, stderr)
		}
	}
}

// A wrong value in the environment is named by its variable.
func TestUsageErrorsNameTheVariable(t *testing.T) {
	t.Setenv("SPACESETL_WORKERS", "many")
	code, _, stderr := spoken(t, "run", "--ids", "1SLjjRYNejbKM")
	if want := `spacesetl: SPACESETL_WORKERS: "many" is not a whole number, as --workers takes`; code != 2 || !strings.HasPrefix(stderr, want) {
		t.Errorf("exit code %d, want %q, got %s", code, want, stderr)
	}
}

func TestWordsForHelpAreHelp(t *testing.T) {
	for _, c := range []struct{ words, same []string }{
		{[]string{"help"}, []string{"--help"}},
		{[]string{"help", "run"}, []string{"run", "--help"}},
		{[]string{"run", "help"}, []string{"run", "--help"}},
		{[]string{"help", "auth", "login"}, []string{"auth", "login", "--help"}},
	} {
		code, got, _ := spoken(t, c.words...)
		_, want, _ := spoken(t, c.same...)
		if code != 0 || got != want || got == "" {
			t.Errorf("%q: exit code %d and\n%s\nwant what %q prints:\n%s", c.words, code, got, c.same, want)
		}
	}
}
