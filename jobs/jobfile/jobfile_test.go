package jobfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/spacesetl/spacesetl/jobs/outside"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

func loadText(t *testing.T, text string) (Spec, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "job.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Load(file, nowhere, nil)
}

func TestEveryMistakeIsNamedWithItsLine(t *testing.T) {
	_, err := loadText(t, `version: 2
serach: [a]
ids: [1SLj jRY, ok1]
creators:
  - bob
  - 123
state: liev
with: [buyer]
workers: x
search:
  - {query: a, sate: live}
  - [1]
max_wait: soon
`)
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("error %v, want an InvalidError", err)
	}
	wants := []string{
		`job.yaml:1: version: this program knows version 1 only`,
		`job.yaml:2: unknown key "serach": did you mean "search"?`,
		`job.yaml:3: "1SLj jRY" is not a Space id`,
		`job.yaml:5: "bob" is neither a user id (digits) nor a username: write "@bob"`,
		`job.yaml:7: state: "liev" is not one of all, live, scheduled: did you mean "live"?`,
		`job.yaml:8: with: "buyer" is not one of buyers, tweets: did you mean "buyers"?`,
		`job.yaml:9: workers: "x" is not a whole number`,
		`job.yaml:11: unknown key "sate" in a search: did you mean "state"?`,
		`job.yaml:12: search: wants a query, or query and state`,
		`job.yaml:13: max_wait: "soon" is not a duration`,
	}
	lines := strings.Split(invalid.Error(), "\n")
	if len(lines) != len(wants) {
		t.Errorf("%d mistakes, want %d:\n%s", len(lines), len(wants), invalid)
	}
	for _, want := range wants {
		if !strings.Contains(invalid.Error(), want) {
			t.Errorf("no %q in\n%s", want, invalid)
		}
	}
}

func TestFilesThatAreNoJob(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "nothing to do",
		"- a\n- b\n":                 "a job file is a list of keys and values",
		"ids: [a\n":                  "not YAML",
		"just words":                 "a job file is a list of keys and values",
		"with: [tweets]":             "nothing to do",
		"ids_file: missing.txt":      "missing.txt",
		"creators: [@XDevelopers]":   `write it in quotes, as in creators: ["@XDevelopers"]`,
		"creators: [XDevelopers]":    `write "@XDevelopers"`,
		"ids: [a]\n---\nids: [b]\n":  "job.yaml:3: a second job begins here",
		"ids: [a]\nstore: s3://b/x":  "job.yaml:2: store: \"s3://b/x\" is an address",
		"ids: [a]\nask_again: 0s":    "job.yaml:2: ask_again: 0 is no time",
		"ids: [a]\nretry_for: -5m":   "job.yaml:2: retry_for is negative",
		"ids: [a]\nresume_within: 3": "resume_within: \"3\" is not a duration",
		"ids: [a]\nto: [parquet]\nkeep: {history: 3y}": "job.yaml:3: keep: history is of the database's versions of rows: add duckdb to to",
		"ids: [a]\nkeep: {raw: 90d, archive: }":        "job.yaml:2: keep: archive \"\" is no folder",
		"ids: [a]\nstrict: maybe":                      "strict: \"maybe\" is neither true nor false",
	} {
		if _, err := loadText(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", text, err, want)
		}
	}
	if _, err := Load("no-such-job.yaml", nowhere, nil); err == nil || !strings.Contains(err.Error(), "no-such-job.yaml") {
		t.Errorf("missing file: %v", err)
	}
}

// A byte order mark and lines that begin or end a document are no part of a job.
func TestDocumentsOfOneJob(t *testing.T) {
	for _, text := range []string{"\ufeffids: [a]\n", "---\nids: [a]\n", "# a job\n---\nids: [a]\n...\n", "ids: [a]\n---\n# no more\n"} {
		if spec, err := loadText(t, text); err != nil || len(spec.IDs) != 1 {
			t.Errorf("%q: got %v, %v, want one id", text, spec.IDs, err)
		}
	}
}

// Ids are text: no digit may get lost, whatever YAML makes of them.
func TestIDsKeepEveryCharacter(t *testing.T) {
	spec, err := loadText(t, "ids: [1e10, 007, 1SLjjRYNejbKM, 'true']\ncreators: [0012, 9007199254740993, \"@Bob\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	want := Spec{
		Name: "job", IDs: []string{"1e10", "007", "1SLjjRYNejbKM", "true"}, Creators: []string{"0012", "9007199254740993", "@Bob"},
		To: []string{"parquet", "duckdb"}, Store: "spacesetl-store", State: "all", Dialect: "tweet", Compact: "month", Follow: "open", Workers: 4,
		AskAgain: 10 * time.Minute, ResumeWithin: 25 * time.Hour, RetryFor: 15 * time.Minute, Watch: Watch{30 * time.Second, 5 * time.Minute},
	}
	if diff := cmp.Diff(want, spec, cmpopts.IgnoreUnexported(Spec{})); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
}

func TestCreatorsAreTakenOutOfLinks(t *testing.T) {
	for text, want := range map[string]string{
		"https://x.com/XDevelopers":            "@XDevelopers",
		"HTTPS://www.Twitter.com/XDevelopers/": "@XDevelopers",
		"mobile.twitter.com/@abc?s=20":         "@abc",
		"x.com/i/user/2244994945":              "2244994945",
		"https://x.com/i/spaces/1SLjjRYNejbKM": "https://x.com/i/spaces/1SLjjRYNejbKM",
		"https://x.com/i":                      "https://x.com/i",
		"https://x.com/abc/status/1":           "https://x.com/abc/status/1",
		"https://x.com.elsewhere.example/abc":  "https://x.com.elsewhere.example/abc",
		"@abc":                                 "@abc", "123": "123", "": "",
	} {
		if got := Creator(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestIDsFileTakesLinksAndComments(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ids.txt")
	text := "\ufeff1SLjjRYNejbKM\r\n# a comment\n\nhttps://x.com/i/spaces/1nAJErvvVXgxL?s=20\nhttps://twitter.com/i/spaces/1OyKAVQgqwRGb/peek\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s := Spec{IDsFile: file}
	if problems := s.ReadIDs(); len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{"1SLjjRYNejbKM", "1nAJErvvVXgxL", "1OyKAVQgqwRGb"}, s.IDs); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if err := os.WriteFile(file, []byte("ok\nnot an id\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if problems := s.ReadIDs(); len(problems) != 1 || problems[0].Line != 2 || problems[0].File != file {
		t.Errorf("problems %v, want one in line 2", problems)
	}
	if err := os.WriteFile(file, []byte("# none yet\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if problems := s.ReadIDs(); len(problems) != 1 || !strings.Contains(problems[0].String(), "no Space id") {
		t.Errorf("problems %v, want that there is no id", problems)
	}
}

func TestPlanAsksInHundreds(t *testing.T) {
	s := Spec{Name: "job", Creators: []string{"11", "@Bob", "@bob", "11"}, Search: []Search{{Query: "a"}, {Query: "a", State: "live"}, {Query: "a"}}, With: []string{"buyers"}}
	for i := range 201 {
		s.IDs = append(s.IDs, strings.Repeat("a", 1+i/100)+string(rune('a'+i%100/10))+string(rune('a'+i%10)))
	}
	s.IDs = append(s.IDs, s.IDs[0])
	s.Defaults()
	p := s.Plan(true)
	var got []string
	for _, r := range p.Seeds {
		got = append(got, strings.TrimSpace(string(r.Endpoint)+" "+r.Query+" "+r.State))
		if len(r.IDs) > 100 {
			t.Errorf("%s asks for %d ids", r.Endpoint, len(r.IDs))
		}
	}
	want := []string{"spaces", "spaces", "space", "usernames", "search a all", "search a live"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("seeds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"11"}, p.Creators); diff != "" || !p.Self || !p.Buyers || p.Tweets {
		t.Errorf("creators %v, self %v, buyers %v, tweets %v", p.Creators, p.Self, p.Buyers, p.Tweets)
	}
}

// The hash names a plan: it must not change between versions of the program
// for no reason, or unfinished runs would not be found again.
func TestPlanHashFollowsWhatIsAsked(t *testing.T) {
	a := store.Plan{Job: "a", Seeds: []schemas.Request{{Endpoint: schemas.Search, Query: "x"}}}
	b := a
	b.Tweets = true
	if a.Hash() == b.Hash() || a.Hash() != (store.Plan{Job: "a", Seeds: []schemas.Request{{Endpoint: schemas.Search, Query: "x"}}}).Hash() {
		t.Errorf("hashes %s and %s", a.Hash(), b.Hash())
	}
}

func TestPriceIsSaidBeforehand(t *testing.T) {
	s := Spec{IDs: []string{"a", "b"}, Creators: []string{"1", "@c"}, Search: []Search{{Query: "q"}}, Prices: schemas.Prices{schemas.User: 20_000}}
	s.Defaults()
	plan := s.Plan(false)
	forecaster := forecast.Forecaster{Prices: s.PriceTable()}
	f := forecaster.Forecast(plan, plan.Seeds)
	got := forecaster.Price(plan, f)
	for _, want := range []string{"4 first requests", "likely $", "without history", "each Space $0.005, each user $0.02"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if f.Cost.High < 2*schemas.Dollar || f.Cost.Low > f.Cost.High {
		t.Errorf("cost %+v: a search alone can return a hundred Spaces and their people", f.Cost)
	}
}

func TestMoneyInAJob(t *testing.T) {
	spec, err := loadText(t, "ids: [a]\nusers: batch\nbudget:\n  usd_per_run: 5\n  usd_per_month: 12.50\nprices: {tweet: 0.001}\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := (money.Budget{Run: 5 * schemas.Dollar, Month: 12_500_000}); spec.Budget != want {
		t.Errorf("budget %+v, want %+v", spec.Budget, want)
	}
	if p := spec.PriceTable(); p[schemas.Tweet] != 1000 || p[schemas.User] != 10_000 {
		t.Errorf("prices %v", p)
	}
	if plan := spec.Plan(false); !plan.NoExpand || !plan.Users {
		t.Errorf("plan %+v", plan)
	}
	for text, want := range map[string]string{
		"users: batsh":                           `job.yaml:2: users: "batsh" is not one of expand, batch, none: did you mean "batch"?`,
		"compact: days":                          `job.yaml:2: compact: "days" is not one of month, day, none: did you mean "day"?`,
		"users: batch\ndialect: post":            "users: batch needs dialect: tweet",
		"budget: 5":                              "budget: wants amounts in dollars",
		"budget: {usd_per_week: 1}":              `unknown key "usd_per_week" in budget`,
		"budget:\n  usd_per_day: 1e3":            `job.yaml:3: budget: usd_per_day "1e3" is not an amount`,
		"budget: {usd_per_day: 0}":               "usd_per_day is nothing",
		"prices: {media: 1}":                     `unknown key "media" in prices`,
		"users: false\nbudget: {usd_per_run: 1}": "",
	} {
		_, err := loadText(t, "ids: [a]\n"+text+"\n")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: error %v, want %q in it", text, err, want)
		}
	}
}

func TestReadyMadeJobIsValid(t *testing.T) {
	if _, err := Load("../watch.yaml", nowhere, nil); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"ids: [a]", "a: &x [*x]", "search:\n  - query: q\n    state: live", "? a\n: b", "ids: !!binary x", "--- \n...", "{ids: {a: b}}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		spec, _ := Parse(text, outside.Place{Dir: "testdata", Env: nowhere})
		spec.Check()
		spec.Defaults()
		spec.Plan(true)
	})
}

// Copies of a spec share their lists, and are checked at the same time.
func TestCheckLeavesTheListsOfOthers(t *testing.T) {
	t.Parallel()
	given := Spec{IDs: []string{"https://x.com/i/spaces/1DXxyRYNejbKM"}, Creators: []string{"https://x.com/jack"}, Posts: []string{"https://x.com/jack/status/20"}}
	given.Defaults()
	ours := given
	if problems := ours.Check(); len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	if ours.IDs[0] != "1DXxyRYNejbKM" || ours.Creators[0] != "@jack" || ours.Posts[0] != "20" {
		t.Errorf("checked: %q, %q, %q", ours.IDs, ours.Creators, ours.Posts)
	}
	for _, list := range [][]string{given.IDs, given.Creators, given.Posts} {
		if !strings.HasPrefix(list[0], "https://") {
			t.Errorf("the copy it was made of has become %q", list)
		}
	}
}
