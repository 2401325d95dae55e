package browse

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/answer"
	"github.com/spacesetl/spacesetl/pipeline/box"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// userToken is the one of the world's creator who sells tickets.
const userToken = "user-token"

// job runs a small job against the simulator, into a store.
type job struct {
	store   store.Dir
	world   *simulator.Simulator
	plan    store.Plan
	inPlace bool
	files   bool // no database
}

func newJob(dir string) *job {
	cfg := simulator.Config{Spaces: 200, NoRateLimits: true, Quirks: true, CreatorSpacing: -1}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{userToken: creator}
	w := simulator.New(cfg)
	return &job{store: store.Dir(dir), world: w, plan: store.Plan{
		Job: "test", Dialect: schemas.TweetDialect, Buyers: true, Tweets: true, Users: true, Self: true,
		Seeds: []schemas.Request{
			{Endpoint: schemas.Spaces, IDs: append(append(w.SpaceIDs(60), ticketed[0]), w.MissingSpaceIDs(2)...)},
			{Endpoint: schemas.Search, Query: w.SearchWord(), State: "all"},
		},
		Creators: append(w.CreatorIDs(5), creator),
	}}
}

// run makes a whole run and publishes it.
func (j *job) run(ctx context.Context) error {
	server := httptest.NewServer(j.world)
	defer server.Close()
	client, err := extract.New(extract.Config{BaseURL: server.URL, AppToken: "app-token", UserToken: userToken, CreatorSpacing: time.Millisecond})
	if err != nil {
		return err
	}
	locked, err := j.store.Lock()
	if err != nil {
		return err
	}
	defer locked.Unlock()
	planned, err := locked.Begin(store.Planned{Plan: j.plan, Seeds: j.plan.Seeds}, "test", time.Now())
	if err != nil {
		return err
	}
	loader, err := parquet.New(parquet.Config{
		Dir: j.store.Parquet(), Staging: filepath.Join(j.store.Parquet(), "_staging"), RunID: planned.Run.RunID, RunDate: planned.Run.StartedAt,
	})
	if err != nil {
		return err
	}
	defer loader.Close()
	p := &pipeline.Pipeline{
		Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: locked, Loader: loader, Destinations: []string{store.ParquetFiles},
		Fetcher: extract.NewRetry(client), Notify: func(pipeline.Notice) {},
	}
	if !j.files {
		p.Destinations = append(p.Destinations, store.DuckDBFile)
		p.Publish = append(p.Publish, duckdb.New(duckdb.Config{Path: j.store.DuckDB(), Parts: j.store.Parquet(), InPlace: j.inPlace}))
	}
	if err := p.Open(); err != nil {
		return err
	}
	defer p.Close()
	_, err = p.RunAll(ctx)
	return err
}

// made is the store that tests read; those that change it copy it.
var made = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "browse-test-")
	if err != nil {
		return "", err
	}
	return dir, newJob(dir).run(context.Background())
})

func TestMain(m *testing.M) {
	box.Main()
	if dir := os.Getenv(childStore); dir != "" {
		os.Exit(child(dir, os.Getenv(childTask)))
	}
	os.Exit(scratchtest.Main(m))
}

func storeDir(tb testing.TB) string {
	tb.Helper()
	dir, err := made()
	if err != nil {
		tb.Fatal(err)
	}
	return dir
}

// copyStore is a store of the test's own.
func copyStore(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(storeDir(t))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// site is a server over a store, and a client of it.
type site struct {
	*testing.T
	*Server
	url string
}

func newSite(t *testing.T, cfg Config) *site {
	t.Helper()
	if cfg.Store == "" {
		cfg.Store = store.Dir(storeDir(t))
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, 2*time.Minute) // a busy machine is no fault
	s, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &site{t, s, server.URL}
}

// do asks for something and returns status, body and headers.
func (s *site) do(req *http.Request) (int, string, http.Header) {
	s.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func (s *site) request(method, path string, body io.Reader) *http.Request {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, body)
	if err != nil {
		s.Fatal(err)
	}
	return req
}

// get asks for a page that must be there.
func (s *site) get(path string) string {
	s.Helper()
	status, body, _ := s.do(s.request("GET", path, nil))
	if status != http.StatusOK {
		s.Errorf("GET %s: status %d, want 200\n%s", path, status, message(body))
	}
	return body
}

// post sends a form.
func (s *site) post(path string, fields ...string) (int, string, http.Header) {
	s.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	req := s.request("POST", path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(req)
}

// sql runs a statement and returns what the page says of it.
func (s *site) sql(text string) (int, string) {
	s.Helper()
	status, body, _ := s.post("/sql", "sql", text)
	_, result, _ := strings.Cut(body, `<div id="result">`)
	result, _, _ = strings.Cut(result, `<details class="schema">`)
	return status, result
}

// message is the text of a page that tells of a problem.
func message(body string) string {
	_, text, _ := strings.Cut(body, "<main")
	text, _, _ = strings.Cut(text, "</main>")
	return bounded(strings.TrimSpace(text), 600)
}

// rows asks the database itself.
func rows(t *testing.T, dir, query string, args ...any) [][]string {
	t.Helper()
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// A copy: closing the file would drop the locks that the server has on it.
	path := filepath.Join(t.TempDir(), "copy.duckdb")
	data, err := os.ReadFile(filepath.Join(dir, "spaces.duckdb"))
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(fmt.Sprintf("ATTACH '%s' AS d (READ_ONLY); USE d", path)); err != nil {
		t.Fatal(err)
	}
	g, err := answer.Read(t.Context(), db, query, answer.Bounds{}, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var all [][]string
	for _, row := range g.Rows {
		var texts []string
		for _, c := range row {
			texts = append(texts, c.Text)
		}
		all = append(all, texts)
	}
	return all
}

// one asks the database for a single value.
func one(t *testing.T, dir, query string, args ...any) string {
	t.Helper()
	return rows(t, dir, query, args...)[0][0]
}

// change writes to a database that nobody has open.
func change(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := duckdb.OpenSQL(filepath.Join(dir, "spaces.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// slow skips a test that takes seconds where a quick answer is wanted.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: runs without -short")
	}
}
