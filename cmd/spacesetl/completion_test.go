package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

// The shells complete commands, flags, values, files and folders.
func TestShellsComplete(t *testing.T) {
	for shell, complete := range shells() {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, name := range []string{"job one.yaml", "other.yaml"} {
				if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Join(dir, "spaces"), 0o700); err != nil {
				t.Fatal(err)
			}
			script := scriptOf(t, shell)
			cases := []struct {
				line string
				want []string
			}{
				{"spacesetl ver", []string{"verify", "version"}},
				{"spacesetl auth log", []string{"login", "logout"}},
				{"spacesetl run --out", []string{"--output"}},
				{"spacesetl run --output ", []string{"json", "text"}},
				{"spacesetl status -o j", []string{"json"}},
				{"spacesetl run --state ", []string{"all", "live", "scheduled"}},
				{"spacesetl run --dialect p", []string{"post"}},
				{"spacesetl schema --format ", []string{"bigquery", "clickhouse", "dbt", "duckdb", "frictionless", "json", "json-schema", "md", "mermaid", "polars", "postgres", "snowflake", "svg"}},
				{"spacesetl run --name plan --users b", []string{"batch"}},
				{"spacesetl run -f other", []string{"other.yaml"}},
				{"spacesetl run oth", []string{"other.yaml"}},
				{"spacesetl replay --store s", []string{"spaces"}},
				{"spacesetl completion ", []string{"bash", "fish", "zsh"}},
				{"spacesetl auth status --outp", []string{"--output"}},
				{"spacesetl run --output=t", []string{"text"}},
				{"spacesetl simulate --paging ", []string{"expired", "normal", "quirks", "repeat"}},
				{"spacesetl run --progress b", []string{"bar"}},
				{"spacesetl jobs show hourly-c", []string{"hourly-creators"}},
				{"spacesetl init oth", []string{"other.yaml"}},
				{"spacesetl run --name ", nil},
			}
			var lines []string
			for _, c := range cases {
				lines = append(lines, c.line)
			}
			for i, got := range complete(t, dir, script, lines) {
				for j := range got {
					got[j] = strings.TrimSuffix(got[j], "=")
				}
				if !slices.Equal(got, cases[i].want) {
					t.Errorf("%q: got %q, want %q", lines[i], got, cases[i].want)
				}
			}
			for i, got := range complete(t, dir, script, []string{"spacesetl run --to parquet,d", "spacesetl run --with "}) {
				want := [][]string{{"duckdb"}, {"buyers", "tweets"}}[i]
				for j := range got {
					got[j] = strings.TrimPrefix(got[j], "parquet,")
				}
				if got = slices.DeleteFunc(got, func(w string) bool { return strings.ContainsAny(w, ",") }); !slices.Equal(got, want) {
					t.Errorf("list %d: got %q, want %q", i, got, want)
				}
			}
		})
	}
}

// Each flag of each command is completed.
func TestShellsCompleteEveryFlag(t *testing.T) {
	for shell, complete := range shells() {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			var lines []string
			commands := usage.SyntaxOf((&console{}).app().Commands).All()[1:]
			for _, s := range commands {
				lines = append(lines, "spacesetl "+s.Name()+" --")
			}
			for i, got := range complete(t, t.TempDir(), scriptOf(t, shell), lines) {
				for j := range got {
					got[j] = strings.TrimSuffix(got[j], "=")
				}
				var want []string
				for _, f := range commands[i].Flags {
					want = append(want, f.Names[0])
				}
				if slices.Sort(want); !slices.Equal(got, want) {
					t.Errorf("%q: got %q, want %q", lines[i], got, want)
				}
			}
		})
	}
}

func scriptOf(t *testing.T, shell string) string {
	t.Helper()
	code, stdout, stderr := spoken(t, "completion", shell)
	if code != 0 || stderr != "" {
		t.Fatalf("completion %s: exit code %d, %s", shell, code, stderr)
	}
	name := filepath.Join(t.TempDir(), "_spacesetl")
	if err := os.WriteFile(name, []byte(stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// What a flag's choices are here is what the commands take.
func TestChoicesAreWhatCommandsTake(t *testing.T) {
	for _, s := range usage.SyntaxOf((&console{}).app().Commands).All()[1:] {
		for _, f := range s.Flags {
			if f.Of == nil {
				continue
			}
			wrong := f.Of[0] + "x"
			args := append(slices.Clone(s.Path), f.Names[0], wrong)
			if slices.Contains(s.Path, "run") || slices.Contains(s.Path, "plan") {
				args = append(args, "--ids", "1SLjjRYNejbKM")
			}
			code, _, stderr := spoken(t, args...)
			if want := fmt.Sprintf("did you mean %q", f.Of[0]); code != 2 || !strings.Contains(stderr, want) || !strings.Contains(stderr, strings.TrimLeft(f.Names[0], "-")) {
				t.Errorf("%v: exit code %d, want 2 and %q in %s", args, code, want, stderr)
			}
			for _, choice := range f.Of {
				if !strings.Contains(stderr, choice) {
					t.Errorf("%v: %q is not among the choices of %s", args, choice, stderr)
				}
			}
		}
	}
}
