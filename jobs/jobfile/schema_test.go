package jobfile

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite the generated files")

// generated checks a file that is made of the declared keys.
func generated(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not current: go test ./jobs/jobfile -update renews it (-want +got):\n%s", file, diff)
	}
}

func TestSchemaFileIsCurrent(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	generated(t, "../job.schema.json", want)
}

// editorSchema is the schema as editors read it.
func editorSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asEditors checks a job file as an editor does, who knows no environment.
func asEditors(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return s.Validate(doc)
}

// All of these are right, or wrong in a way that both see.
func TestSchemaAndLoaderAgree(t *testing.T) {
	s := editorSchema(t)
	variables := map[string]string{"X": "5", "NAME": "Bob", "STATE": "live", "WAIT": "5m"}
	right, wrong := 0, 0
	for _, text := range []string{
		"ids: [a]", "ids: a", "ids: 123", "ids: [007, 'https://x.com/i/spaces/1nAJErvvVXgxL?s=20']", "ids: [a, null-]", "ids: []\ncreators: [1]",
		"ids: [not/an/id]", "ids: [abcdefghijklmn]", "ids: {a: b}", "ids: [[a]]", "ids: https://x.com/i/status/1",
		"creators: '@XDevelopers'", "creators: [2244994945, '@a_b']", "creators: ['@${NAME}']", "creators: ${X}",
		"creators: [XDevelopers]", "creators: ['@a b']", "creators: [-5]", "creators: [1.5]", "creators: {a: 1}",
		"search: crypto", "search: [2024, {query: a}, {query: b, state: live}]", "search: [{query: '${NAME} x', state: '${STATE}'}]",
		"search: [{querry: a}]", "search: [{query: a, status: }]", "search: [{state: live}]", "search: [{query: a, state: lvie}]", "search: [[a]]", "search: ['']",
		"search: {query: a}", "search: [{query: }]", "search: [a, ~]", "ids: [~]", "ids:\n  - a\n  -\n", "ids: a\nto: ['']", "search: [{query: ''}]", "search: [{query: a, state: }]", "creators: [~]\nids: a", "ids: a\nwith: [~]", "ids: a\nwith: [tweets, ~]", "search: {query: a, status: live}",
		"ids: a\nversion: 1", "ids: a\nversion: 2", "ids: a\nversion: one",
		"ids: a\nname: 2024", "ids: a\nname: [a]", "ids: a\nname:", "ids: a\nstore: {a: b}", "ids: a\nstore: ./x",
		"ids: a\nstate: live", "ids: a\nstate: Live", "ids: a\nstate: ${STATE}", "ids: a\nstate: ", "ids: a\nstate: [live]",
		"ids: a\nwith: tweets", "ids: a\nwith: [buyers, tweets]", "ids: a\nwith: [buyer]", "ids: a\nwith: []", "ids: a\nwith: true",
		"ids: a\nto: [parquet]", "ids: a\nto: [csv]",
		"ids: a\nusers: batch", "ids: a\nusers: false", "ids: a\nusers: batsh", "ids: a\nusers: batch\ndialect: post", "ids: a\nusers: none\ndialect: post",
		"ids: a\nfollow: open", "ids: a\nfollow: yes", "ids: a\npublish: in_place", "ids: a\npublish: inplace", "ids: a\ndialect: toot",
		"ids: a\nworkers: 8", "ids: a\nworkers: 0", "ids: a\nworkers: 65", "ids: a\nworkers: many", "ids: a\nworkers: 1.5", "ids: a\nworkers: ${X:-4}", "ids: a\nworkers: '${X}'",
		"ids: a\nmax_wait: 1h30m", "ids: a\nmax_wait: 20", "ids: a\nmax_wait: -5m", "ids: a\nmax_wait: soon", "ids: a\nmax_wait: ${WAIT}", "ids: a\ndeadline: 1.5h", "ids: a\ndeadline: .5h",
		"ids: a\nask_again: 1m", "ids: a\nresume_within: 72h", "ids: a\nretry_for: -5m", "ids: a\nmax_total_wait: never", "ids: a\nstrict: true", "ids: a\nstrict: perhaps",
		"ids: a\nprivate: true", "ids: a\nprivate: yes", "ids: a\nprivate: maybe",
		"ids: a\naccounts: [app]", "ids: a\naccounts: {app: 1}",
		"ids: a\nbudget: {usd_per_day: 5}", "ids: a\nbudget: {usd_per_day: 0.5, usd_per_run: '5.50'}", "ids: a\nbudget: {usd_per_day: '${X}'}", "ids: a\nbudget: {usd_per_day: $5}",
		"ids: a\nbudget: 5", "ids: a\nbudget: {usd_per_week: 5}", "ids: a\nbudget: {usd_per_day: 0}", "ids: a\nbudget: {usd_per_day: -1}", "ids: a\nbudget: {usd_per_day: lots}", "ids: a\nbudget: {usd_per_day: '0.00'}",
		"ids: a\nbudget: {usd_per_day: 200000000}", "ids: a\nbudget:\n  usd_per_day:",
		"ids: a\nprices: {space: 0.01, user: 0}", "ids: a\nprices: {media: 1}", "ids: a\nprices: {user: -1}",
		"ids: a\nserach: b", "ids: a\nbase_url: http://127.0.0.1:80/x", "- ids", "ids",
	} {
		_, err := loadWith(t, text+"\n", variables)
		schemaErr := asEditors(t, s, text)
		if (err == nil) != (schemaErr == nil) {
			t.Errorf("%q\nLoad:   %v\nschema: %v", text, err, schemaErr)
		}
		if err == nil {
			right++
		} else {
			wrong++
		}
	}
	if right < 40 || wrong < 40 {
		t.Errorf("%d right and %d wrong, want 40 of each or more", right, wrong)
	}
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// Every job that we show is valid for editors, too.
func TestShownJobsFitTheSchema(t *testing.T) {
	s := editorSchema(t)
	shown := map[string]string{}
	for _, pattern := range []string{"*.yaml", "ready/*.yaml"} {
		files, err := fs.Glob(os.DirFS(".."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join("..", file))
			if err != nil {
				t.Fatal(err)
			}
			shown[file] = string(text)
		}
	}
	for _, readme := range []string{"../../README.md", "../README.md"} {
		text, err := os.ReadFile(readme)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			shown[readme+": "+block[1]] = block[1]
		}
	}
	if len(shown) < 7 {
		t.Errorf("%d jobs, want 7 or more", len(shown))
	}
	for name, text := range shown {
		if err := asEditors(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Defaults and examples in the declaration are values that the key takes.
func TestExamplesOfKeysAreValid(t *testing.T) {
	s := editorSchema(t)
	for _, k := range Keys() {
		for _, value := range []string{k.Example, k.Default} {
			if value == "" {
				continue
			}
			text := k.Name + ": " + value + "\n"
			if _, err := loadWith(t, text+seed(text), nil); err != nil && k.Name != "ids_file" { // there is no such file
				t.Errorf("%s: %v", text, err)
			}
			if err := asEditors(t, s, text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
		if k.Doc == "" || k.Example == "" {
			t.Errorf("%s has no description or no example", k.Name)
		}
	}
}
