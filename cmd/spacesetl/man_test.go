package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spacesetl/spacesetl/cmd/spacesetl/usage"
)

// pageOf writes the manual page to a file.
func pageOf(t *testing.T) (name, text string) {
	t.Helper()
	code, text, stderr := spoken(t, "man")
	if code != 0 || stderr != "" {
		t.Fatalf("man: exit code %d, %s", code, stderr)
	}
	name = filepath.Join(t.TempDir(), "spacesetl.1")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name, text
}

// The formatters of both worlds take the page without a word.
func TestManualHasNoWarnings(t *testing.T) {
	name, _ := pageOf(t)
	for _, args := range [][]string{
		{"mandoc", "-Tlint", "-Wwarning", name},
		{"groff", "-man", "-ww", "-z", "-Tutf8", name},
	} {
		t.Run(args[0], func(t *testing.T) {
			out, err := exec.Command(needTool(t, args[0]), args[1:]...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v: %v\n%s", args, err, out)
			}
		})
	}
}

// The page that a reader sees has every command, flag, exit code, variable and
// example.
func TestManualIsComplete(t *testing.T) {
	name, _ := pageOf(t)
	command := exec.Command(needTool(t, "groff"), "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=200n", name)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(string(out)), " ")
	for _, s := range usage.SyntaxOf((&console{}).app().Commands).All()[1:] {
		for _, f := range s.Flags {
			if f.Names[0] != "--help" && !strings.Contains(page, f.Left()) {
				t.Errorf("%s: %s is not in the manual", s.Name(), f.Left())
			}
		}
		for _, choice := range []string{s.Name(), s.Usage[1:]} {
			if !strings.Contains(page, choice) {
				t.Errorf("%q is not in the manual", choice)
			}
		}
	}
	for _, want := range []string{"X_BEARER_TOKEN", "SPACESETL_SOME_FLAG", "spaces.duckdb", "EXIT STATUS", "75 Stopped at a deadline", `spacesetl run --search "open mic"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the manual:\n%s", want, out)
		}
	}
}

// Every field of the JSON is explained.
func TestManualExplainsTheJSON(t *testing.T) {
	store := smallStore(t)
	if err := os.Remove(filepath.Join(store, "spaces.duckdb")); err != nil { // so that there is a finding with all fields
		t.Fatal(err)
	}
	for command, fields := range map[string][][2]string{"status": usage.StatusFields(), "doctor": usage.DoctorFields()} {
		var text strings.Builder
		for _, f := range fields {
			text.WriteString(f[0] + " " + f[1] + " ")
		}
		_, stdout, _ := spoken(t, command, "--store", store, "--output", "json", map[string]string{"status": "--check", "doctor": "--offline"}[command])
		var value any
		if err := json.Unmarshal([]byte(stdout), &value); err != nil {
			t.Fatal(err)
		}
		for _, key := range keysOf(value) {
			if !regexp.MustCompile(`\b` + key + `\b`).MatchString(text.String()) {
				t.Errorf("%s: nothing is said of %q", command, key)
			}
		}
	}
}

// keysOf are the names of all fields in a value.
func keysOf(value any) []string {
	var keys []string
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			keys = append(append(keys, key), keysOf(inner)...)
		}
	case []any:
		for _, inner := range v {
			keys = append(keys, keysOf(inner)...)
		}
	}
	return keys
}
