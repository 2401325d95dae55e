package ready

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/schemas"
)

// editorSchema is the schema as editors read it.
func editorSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := jobfile.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(jobfile.SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(jobfile.SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every ready-made job takes every answer, and means it.
func TestDraftSaysWhatWasAnswered(t *testing.T) {
	for _, r := range Jobs() {
		for _, d := range []Draft{
			{From: r, Name: "spaces", With: []string{"tweets", "buyers"}, Store: "./spaces", Budget: "5"},
			{From: r, Name: "null", Store: "/data/a b#c: ${X}", Budget: "$0.50"},
			{From: r, Name: "- x", With: []string{"tweets"}, Store: "C:\\x\"y'", Budget: ""},
		} {
			d.Seeds = map[string][]string{"creators": {"@XDevelopers", "2244994945"}, "search": {"open mic", "#go: ${X}, 'x'", "null", "yes"}, "ids": {"1SLjjRYNejbKM", "007"}}[r.Needs.Key]
			text, err := d.YAML()
			if err != nil {
				t.Fatalf("%s: %v\n%s", r.Name, err, text)
			}
			file := filepath.Join(t.TempDir(), "job.yaml")
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			spec, err := jobfile.Load(file, nowhere, nil)
			if err != nil {
				t.Fatalf("%s: %v\n%s", r.Name, err, text)
			}
			var queries []string
			for _, s := range spec.Search {
				queries = append(queries, s.Query)
			}
			budget, _ := schemas.ParseMoney("0" + strings.TrimPrefix(d.Budget, "$"))
			if spec.Name != d.Name || spec.Store != d.Store || !slices.Equal(spec.With, d.With) || spec.Budget.Day != budget ||
				!slices.Equal(slices.Concat(spec.Creators, queries, spec.IDs), d.Seeds) || spec.Users != jobfile.UsersBatch || spec.Deadline == 0 || spec.IDsFile != "" {
				t.Errorf("%+v became\n%s\nwhich is %+v", d, text, spec)
			}
			var doc any
			if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if err := editorSchema(t).Validate(doc); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
			if !strings.HasPrefix(text, "# yaml-language-server: ") || strings.Contains(text, "${CREATORS") || strings.Count(text, "# ") < 4 {
				t.Errorf("no line for editors, a variable, or few comments in\n%s", text)
			}
		}
	}
}

// printable reports whether a job file can hold a text.
func printable(text string) bool {
	return text != "" && len(text) < 2048 && utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// Whatever is answered, the file means it or is refused.
func FuzzDraft(f *testing.F) {
	f.Add("spaces", "open mic", "./spaces")
	f.Add("a\nb: c", "${X}", "\u2028\x7f")
	f.Add("*a", "!x", "&y")
	search := Jobs()[1]
	f.Fuzz(func(t *testing.T, name, query, store string) {
		text, err := Draft{From: search, Name: name, Seeds: []string{query}, Store: store}.YAML()
		if err != nil {
			if printable(name) && printable(query) && printable(store) {
				t.Errorf("%q, %q, %q: %v", name, query, store, err)
			}
			return
		}
		spec, problems := jobfile.Parse([]byte(text), outside.Place{Env: nowhere})
		if len(problems) > 0 || spec.Name != name || spec.Store != store || len(spec.Search) != 1 || spec.Search[0].Query != query {
			t.Errorf("%q, %q, %q became\n%s\n%+v", name, query, store, text, spec)
		}
	})
}
