package report

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/forecast"
	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// words is what a page says, without its style, script, data and tags.
func (s *story) words(p *Page) string {
	s.Helper()
	var text bytes.Buffer
	s.must(p.Write(&text))
	said := regexp.MustCompile(`(?s)<(style|script)\b.*?</(style|script)>|<[^>]*>`).ReplaceAllString(text.String(), " ")
	return strings.Join(strings.Fields(html.UnescapeString(said)), " ")
}

// says fails unless the page says all that is wanted, and nothing unreadable.
func (s *story) says(p *Page, want ...string) {
	s.Helper()
	said := s.words(p)
	for _, w := range want {
		if !strings.Contains(said, w) {
			s.Errorf("the page does not say %q:\n%s", w, said)
		}
	}
	if _, after, found := strings.Cut(said, "could not be read"); found {
		s.Errorf("a panel could not be read%s", after[:min(len(after), 200)])
	}
}

// lost asks for Spaces that do not exist.
func (s *story) lost() store.Plan {
	return store.Plan{Job: "story", Dialect: schemas.TweetDialect, Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: s.world.MissingSpaceIDs(2)}}}
}

// A store that has next to nothing has a page that says so in every part, from
// its database, from its files and without either.
func TestPageOfAnEmptyStore(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 10})
	s.must(s.run(s.lost()))
	nothing := []string{
		"2 asked for by id or name were not there", "spaces 2 Spaces 0 Spaces 2", "There are no Spaces yet.", "Nobody is known yet.", "No Space has a topic yet.",
		"No Space was live when last looked at.", "No Space with people in it was seen.", "No run has seen a Space yet.", "No Space has begun yet.",
		"No Space is known that is planned for after", "Nobody is known to have spoken yet.", "No two people are known to have spoken in one Space.",
		"Every key of every answer has its column.", "Nothing that X charges for came back.", "No budget is known here", "The store has cost $0.00 in all.",
	}
	s.says(s.make(nil), nothing...)
	s.must(os.Remove(s.store.DuckDB()))
	s.says(s.make(nil), nothing...)
	s.must(os.RemoveAll(s.store.Parquet()))
	said := s.words(s.make(nil))
	if !strings.Contains(said, "The tables cannot be read: ") || !strings.Contains(said, "spaces 1 1 0") {
		t.Errorf("without tables the page says %q", said)
	}
}

// Files alone say what a database of the same runs says.
func TestPageOfFilesAndOfTheDatabaseAreAlike(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 60, Quirks: true})
	s.must(s.run(s.everything()))
	merged := s.words(s.make(nil))
	s.must(os.Remove(s.store.DuckDB()))
	files := s.words(s.make(nil))
	if merged != files {
		for i := range min(len(merged), len(files)) {
			if merged[i] != files[i] {
				t.Fatalf("the database says %q, the files %q", merged[max(0, i-80):min(len(merged), i+80)], files[max(0, i-80):min(len(files), i+80)])
			}
		}
		t.Fatal("the pages differ in length")
	}
}

// A run that stopped early says why and what to do.
func TestPageOfAStoppedRunSaysWhatToDo(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 60, Limits: map[string]int{"tweets": 5}})
	s.maxWait = time.Second
	var stopped *pipeline.StoppedError
	if err := s.run(s.everything()); !errors.As(err, &stopped) || stopped.Outcome != schemas.Waiting {
		t.Fatalf("the run ended with %v, want it to stop at the rate window", err)
	}
	page := s.make(func(cfg *Config) {
		cfg.Again, cfg.Limited = "spacesetl run -f 'a & b.yaml'", map[schemas.Endpoint]int64{schemas.Tweets: 1, schemas.Search: 1200}
	})
	s.says(page, "story waiting", "The run stopped instead of waiting any longer.", stopped.Error(), "Run the same command again", "spacesetl run -f 'a & b.yaml'", "1,201 answers were a 429: search 1,200, tweets 1.")
}

func TestPageHoldsCostsAgainstTheBudget(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 60})
	s.must(s.run(store.Plan{Job: "story", Dialect: schemas.TweetDialect, Seeds: []schemas.Request{{Endpoint: schemas.Users, IDs: s.world.CreatorIDs(4)}}}))
	page := s.make(func(cfg *Config) {
		cfg.Budget = money.Budget{Run: schemas.Dollar / 20, Day: schemas.Dollar, Month: schemas.Dollar / 100}
		cfg.Expected = forecast.MoneyRange{Low: schemas.Dollar / 100, High: schemas.Dollar / 10}
	})
	s.says(page, "This run cost $0.04.", "forecast to cost $0.01 to $0.10", "This run $0.04 of $0.05, 80 %", "UTC day 2026-11-02 $0.04 of $1.00, 4 %", "Month 2026-11 $0.04 of $0.01, 400 %")
	s.says(s.make(func(cfg *Config) { cfg.Prices = schemas.Prices{schemas.User: schemas.Dollar} }), "This run cost $4.00.")
}

func TestNoRunNoPage(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 10})
	for _, c := range []struct{ run, want string }{{"", "there is no run with tables in"}, {"r1", `there is no run "r1" with tables in`}} {
		_, err := Make(t.Context(), Config{Store: s.store, RunID: c.run})
		var none *NoRunError
		if !errors.As(err, &none) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("run %q: got %v, want a NoRunError that says %q", c.run, err, c.want)
		}
	}
	s.must(s.run(s.lost()))
	if _, err := Make(t.Context(), Config{Store: s.store, RunID: "r1"}); err == nil || !strings.Contains(err.Error(), "; the last is 2026") {
		t.Errorf("got %v, want an error that names the last run", err)
	}
}

// again makes another run that has asked for the same and got the same.
func (s *story) again(run, older string) {
	s.Helper()
	lock, err := s.store.Lock()
	s.must(err)
	defer lock.Unlock()
	from, err := landing.OpenReader(s.store, run)
	s.must(err)
	defer from.Close()
	to, err := landing.Open(lock, older, nil)
	s.must(err)
	for _, e := range from.Entries() {
		page, err := from.Read(e)
		s.must(err)
		page.RunID = older
		s.must(to.Put(page))
	}
	m, err := s.store.Manifest(run)
	s.must(err)
	planned, err := s.store.Planned(run)
	s.must(err)
	planned.Run.RunID, m.Run.RunID, m.Content, m.Landed = older, older, "", to.Segments()
	for i := range m.Files {
		m.Files[i].Path = strings.ReplaceAll(m.Files[i].Path, run, older)
	}
	s.must(to.Close())
	s.must(os.Mkdir(filepath.Dir(s.store.RunFile(older, "plan.json")), 0o755))
	s.must(store.WriteJSON(s.store.RunFile(older, "plan.json"), planned, nil))
	s.must(m.Seal(s.store))
	_, err = lock.WriteManifest(&m, nil)
	s.must(err)
}

// Of many runs the latest are listed, and all are counted.
func TestPageListsTheLatestRuns(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 10})
	s.must(s.run(s.lost()))
	runs, err := s.store.Runs()
	s.must(err)
	for n := range mostRuns + 4 {
		s.again(runs[0], fmt.Sprintf("20250101T0000%02dZ-older", n))
	}
	s.must(os.Remove(s.store.RunFile("20250101T000000Z-older", "manifest.json"))) // did not come to its end
	page := s.make(nil)
	s.says(page, fmt.Sprintf("%d runs with tables in story.", mostRuns+4), fmt.Sprintf("These are the latest %d;", mostRuns))
	history := page.machine[2].Panels[3]
	if history.ID != "runs" || len(history.Table.Rows) != mostRuns {
		t.Errorf("%s lists %d runs, want %d", history.ID, len(history.Table.Rows), mostRuns)
	}
	if page.run.RunID != runs[0] {
		t.Errorf("the page is of run %s, want the newest, %s", page.run.RunID, runs[0])
	}
}

// A page that cannot be put in place leaves the one before it, and no other file.
func TestPageAppearsWhole(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 10})
	s.must(s.run(s.lost()))
	dir := t.TempDir()
	path := filepath.Join(dir, "report.html")
	for range 2 {
		s.must(s.make(nil).WriteFile(path))
	}
	s.must(os.Mkdir(filepath.Join(dir, "taken"), 0o755))
	s.must(os.WriteFile(filepath.Join(dir, "taken", "file"), nil, 0o600))
	if err := s.make(nil).WriteFile(filepath.Join(dir, "taken")); err == nil {
		t.Error("a folder was replaced by a page")
	}
	entries, err := os.ReadDir(dir)
	s.must(err)
	if len(entries) != 2 {
		t.Errorf("the folder holds %v, want report.html and taken", entries)
	}
}

func TestDurationsAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 0: "0 s", 820 * time.Millisecond: "820 ms", 4100 * time.Millisecond: "4.1 s", 42 * time.Second: "42 s",
		62 * time.Second: "1 min 2 s", 72 * time.Minute: "1 h 12 min", 100 * time.Hour: "4 days",
	} {
		if got := lasting(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
