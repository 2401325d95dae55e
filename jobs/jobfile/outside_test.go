package jobfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

// environment is one with these variables.
func environment(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, set := variables[name]
		return value, set
	}
}

// loadWith loads a job that stands in a folder with a few files.
func loadWith(t *testing.T, text string, variables map[string]string) (Spec, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"job.yaml": text, "address": "https://gate.example/s3cret\n", "ids.txt": "1SLjjRYNejbKM\r\n\n1nAJErvvVXgxL, 1OyKAVQgqwRGb\n",
		"topics.txt": "open mic\n#go, really\n", "empty": "", "latin1": "caf\xe9\n", "large": strings.Repeat("x", 1<<20+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, "job.yaml"), environment(variables), nil)
}

func TestExpressionsStandForWhatIsOutside(t *testing.T) {
	variables := map[string]string{
		"WORKERS": "8", "EMPTY": "", "NAME": "a: b # c\n- d", "NESTED": "${WORKERS}", "WAIT": "90s", "STATE": "live", "USD": "2.50",
		"CREATORS": "@Bob, 12,\n@Eve\n", "TRUE": "true", "NULL": "null", "QUERY": "{query: x}",
	}
	for text, want := range map[string]Spec{
		"name: ${NAME}":                                       {Name: "a: b # c\n- d"},
		"name: ${NESTED}":                                     {Name: "${WORKERS}"},
		"name: ${EMPTY:-weekly}":                              {Name: "weekly"},
		"name: x-${WORKERS}-${WAIT}":                          {Name: "x-8-90s"},
		"name: $${WORKERS} $5 $${x ${MISSING:-$}":             {Name: "${WORKERS} $5 ${x $"},
		"name: ${NULL}":                                       {Name: "job"},
		"name: '${NULL}'":                                     {Name: "null"},
		"name: ${MISSING:-}":                                  {Name: "job"},
		"# ${MISSING} in a comment\nname: n # ${X":            {Name: "n"},
		"workers: ${WORKERS}":                                 {Workers: 8},
		"workers: \"${WORKERS}\"":                             {Workers: 8},
		"workers: ${MISSING:-16}":                             {Workers: 16},
		"max_wait: ${WAIT}":                                   {MaxWait: 90 * time.Second},
		"max_total_wait: ${WAIT}\nstrict: ${TRUE}":            {MaxTotalWait: 90 * time.Second, Strict: true},
		"private: ${TRUE}":                                    {Private: true},
		"state: ${STATE}":                                     {State: "live"},
		"budget:\n  usd_per_day: ${USD}":                      {Budget: money.Budget{Day: 2_500_000}},
		"budget: {usd_per_day: \"${USD}\"}":                   {Budget: money.Budget{Day: 2_500_000}},
		"prices: {user: \"${USD}\"}":                          {Prices: schemas.Prices{schemas.User: 2_500_000}},
		"creators: ${CREATORS}":                               {Creators: []string{"@Bob", "12", "@Eve"}},
		"creators: [a, \"${CREATORS}\"]":                      {Creators: []string{"a", "@Bob", "12", "@Eve"}},
		"creators:\n  - ${CREATORS}\n  - '7'":                 {Creators: []string{"@Bob", "12", "@Eve", "7"}},
		"creators:\n  - '7'\n  - ${EMPTY:-}":                  {Creators: []string{"7"}},
		"ids: ${file:ids.txt}":                                {IDs: []string{"1SLjjRYNejbKM", "1nAJErvvVXgxL", "1OyKAVQgqwRGb"}},
		"search: ${file:topics.txt}":                          {Search: []Search{{"open mic", ""}, {"#go, really", ""}}},
		"search:\n  - ${QUERY}":                               {Search: []Search{{"{query: x}", ""}}},
		"search:\n  - query: a ${STATE}\n    state: ${STATE}": {Search: []Search{{"a live", "live"}}},
		"search: |\n  a\n  ${STATE}":                          {Search: []Search{{"a\nlive\n", ""}}},
		"base_url: ${file:address}":                           {BaseURL: "https://gate.example/s3cret"},
		"base_url: https://${file:empty}x.example":            {BaseURL: "https://x.example"},
	} {
		got, err := loadWith(t, "ids_file: ${MISSING:-}\n"+text+"\n", variables)
		var invalid *InvalidError
		if err != nil && (!errors.As(err, &invalid) || len(invalid.Problems) > 1) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		want.Follow = FollowOpen
		name := want.Name
		want.Defaults()
		if name == "" {
			want.Name = "job"
		}
		want.lines, want.sources, want.unread, want.loaded = got.lines, got.sources, got.unread, got.loaded
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Spec{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestEveryMissingValueIsNamedAtOnce(t *testing.T) {
	_, err := loadWith(t, `version: 1
name: ${NAME}
creators:
  - ${CREATORS}
  - ${MORE}
workers: ${2X}
max_wait: ${WAIT
deadline: ${A:-${B}}
base_url: ${file:no-such-file}
ids_file: ${file:latin1}
state: ${file:large}
store: ${}
budget:
  usd_per_day: ${USD}
publish: copi
`, nil)
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("error %v, want an InvalidError", err)
	}
	wants := []string{
		`job.yaml:2: name: ${NAME} is not set: set NAME in the environment, or write ${NAME:-default}`,
		`job.yaml:4: creators: ${CREATORS} is not set`,
		`job.yaml:5: creators: ${MORE} is not set`,
		`job.yaml:6: workers: "${2X}" is none of ${NAME}, ${NAME:-default}, ${file:path}`,
		`job.yaml:7: max_wait: "${WAIT" has no closing }`,
		`job.yaml:8: deadline: "${A:-${B": a default cannot hold another`,
		`job.yaml:9: base_url: ${file:no-such-file}: no such file or directory`,
		`job.yaml:10: ids_file: ${file:latin1}: the file is not text`,
		`job.yaml:11: state: ${file:large}: the file is larger than 1 MiB`,
		`job.yaml:12: store: "${}" is none of`,
		`job.yaml:14: budget.usd_per_day: ${USD} is not set`,
		`job.yaml:15: publish: "copi" is not one of copy, in_place: did you mean "copy"?`,
	}
	if lines := strings.Split(invalid.Error(), "\n"); len(lines) != len(wants) {
		t.Errorf("%d mistakes, want %d:\n%s", len(lines), len(wants), invalid)
	}
	for _, want := range wants {
		if !strings.Contains(invalid.Error(), want) {
			t.Errorf("no %q in\n%s", want, invalid)
		}
	}
}

// seed is something to get for a job that names no creators.
func seed(text string) string {
	if strings.HasPrefix(text, "creators:") {
		return ""
	}
	return "creators: ['1']\n"
}

// A message about a value from outside says where it is from, and not it.
func TestNoMessageShowsAValueFromOutside(t *testing.T) {
	const secret = "hunter2-secret"
	variables := map[string]string{"S": secret, "NUMBER": "77123", "AT": "https://me:" + secret + "@api.x.com", "ASK": "https://api.x.com/?key=" + secret}
	for text, want := range map[string]string{
		"ids: ${S}":          "the value of ${S} is not a Space id",
		"ids: [\"x${S}\"]":   "the value of ${S} is not a Space id",
		"ids_file: ${S}":     "the file that ${S} names: no such file",
		"creators: ${S}":     "the value of ${S} is neither a user id (digits) nor a username: write @name",
		"workers: ${S}":      "the value of ${S} is not a whole number",
		"workers: ${NUMBER}": "the value of ${NUMBER} is not between 1 and 64",
		"version: ${NUMBER}": "version 1 only",
		"private: ${S}":      "the value of ${S} is neither true nor false",
		"deadline: ${S}":     "the value of ${S} is not a duration",
		"users: ${S}":        "the value of ${S} is not one of expand",
		"state: ${S:-x}":     "the value of ${S} is not one of all",
		"with: ${S}":         "the value of ${S} is not one of buyers",
		"to: [\"${S}\"]":     "the value of ${S} is not one of parquet",
		"publish: ${S}":      "the value of ${S} is not one of copy",
		"search:\n  - {query: a, state: \"${S}\"}":      "the value of ${S} is not one of all",
		"budget:\n  usd_per_day: ${S}":                  "usd_per_day the value of ${S} is not an amount",
		"base_url: ${S}":                                "the value of ${S} is not an http(s) address",
		"base_url: ${AT}":                               "a user, password, query or fragment has no place in it",
		"base_url: ${ASK}":                              "a user, password, query or fragment has no place in it",
		"base_url: https://me:" + secret + "@x.example": "has no place in it",
		"base_url: me:" + secret + "@x.example":         "the value of base_url is not an http(s) address",
		"base_url: ${file:/dev/null}":                   "",
	} {
		_, err := loadWith(t, seed(text)+text+"\n", variables)
		if err == nil {
			if want != "" {
				t.Errorf("%q is valid, want %q", text, want)
			}
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", text, err, want)
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "77123") {
			t.Errorf("%q: the error shows the value: %v", text, err)
		}
	}
}

// What a flag says needs no variable.
func TestAnOverrideNeedsNoVariable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "job.yaml")
	if err := os.WriteFile(file, []byte("creators: ${CREATORS}\nstore: ${STORE}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	spec, err := Load(file, nowhere, func(s *Spec) {
		s.Elsewhere("creators")
		s.Elsewhere("store")
		s.Creators, s.Store = []string{"@Bob"}, "./s"
	})
	if err != nil || spec.Store != "./s" {
		t.Errorf("spec %+v, error %v", spec, err)
	}
	_, err = Load(file, nowhere, func(s *Spec) { s.Elsewhere("store"); s.Store = "./s" })
	if err == nil || !strings.Contains(err.Error(), "${CREATORS} is not set") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one about CREATORS alone", err)
	}
}

func TestExpressionsInFlowNeedQuotes(t *testing.T) {
	for _, text := range []string{"creators: [${A}, b]", "budget: {usd_per_day: ${A:-5}}", "name: ${A:-a: b}"} {
		_, err := loadWith(t, "ids: [a]\n"+text+"\n", map[string]string{"A": "5"})
		if err == nil || !strings.Contains(err.Error(), "job.yaml:2: not YAML") || !strings.Contains(err.Error(), "quote ${…}") {
			t.Errorf("%q: error %v, want one that says to quote", text, err)
		}
	}
}

// Whatever a variable holds, it is the value of its key and nothing else.
func FuzzAValueStaysAValue(f *testing.F) {
	for _, value := range []string{"a: b", "# c", "x\nversion: 2", "${A}", "$${", "- a", "{a: b}", "'", "\"", "&a", "*a", "!!int 5", "|", "\x00", "\u2028", "]"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		spec, problems := Parse([]byte("name: \"${A}\"\nsearch:\n  - query: x${A}\nstate: live # ${A}\n"), outside.Place{Env: environment(map[string]string{"A": value})})
		switch {
		case value == "":
			if len(problems) != 2 {
				t.Errorf("problems %v, want that A is not set, twice", problems)
			}
		case len(problems) > 0 || spec.Name != value || spec.Search[0].Query != "x"+value || spec.State != "live" || len(spec.Search) != 1:
			t.Errorf("value %q made %+v, problems %v", value, spec, problems)
		}
	})
}
