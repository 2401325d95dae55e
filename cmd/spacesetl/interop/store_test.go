package interop

import (
	"context"
	"database/sql"
	"encoding/json"
	"hash/crc32"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/box"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// story is a store that runs are made in, in a world that goes on. Its clock
// moves with every look at it and with every wait.
type story struct {
	*testing.T
	store store.Dir
	world *simulator.Simulator
	url   string

	mu    sync.Mutex
	clock time.Time
}

const storyUser = "user-token-of-the-story"

func newStory(t *testing.T, cfg simulator.Config) *story {
	t.Helper()
	s := &story{T: t, store: store.Dir(filepath.Join(t.TempDir(), "story")), clock: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)}
	creator, _ := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens, cfg.Now = map[string]string{storyUser: creator}, s.peek
	s.world = simulator.New(cfg)
	server := httptest.NewServer(s.world)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// peek is the time.
func (s *story) peek() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

// now is the time, which goes on by looking.
func (s *story) now() time.Time {
	s.pass(3 * time.Millisecond)
	return s.peek()
}

func (s *story) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

// everything is a plan that asks something of every endpoint.
func (s *story) everything() store.Plan {
	creator, ticketed := s.world.TicketedCreator()
	ids := append(append(s.world.SpaceIDs(90), ticketed[0]), s.world.MissingSpaceIDs(2)...)
	return store.Plan{
		Job: "story", Dialect: schemas.TweetDialect, Buyers: true, Tweets: true, Users: true, Self: true, Creators: append(s.world.CreatorIDs(20), creator),
		Seeds: []schemas.Request{
			{Endpoint: schemas.Spaces, IDs: ids}, {Endpoint: schemas.Search, Query: s.world.SearchWord(), State: "all"},
			{Endpoint: schemas.Usernames, IDs: s.world.Usernames(5)},
		},
	}
}

// run makes a run of a plan.
func (s *story) run(plan store.Plan) {
	s.Helper()
	client, err := extract.New(extract.Config{
		BaseURL: s.url, AppToken: "app-token-of-the-story", UserToken: storyUser, CreatorSpacing: time.Nanosecond,
		Now: s.now, Sleep: func(ctx context.Context, d time.Duration) error { s.pass(d); return ctx.Err() },
	})
	s.must(err)
	locked, err := s.store.Lock()
	s.must(err)
	defer locked.Unlock()
	planned, err := locked.Begin(store.Planned{Plan: plan, Seeds: plan.Seeds}, "test", s.now())
	s.must(err)
	files := s.store.Parquet()
	loader, err := parquet.New(parquet.Config{Dir: files, Staging: filepath.Join(files, "_staging"), RunID: planned.Run.RunID, RunDate: planned.Run.StartedAt})
	s.must(err)
	defer loader.Close()
	p := &pipeline.Pipeline{
		Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Lock: locked, Loader: loader, Destinations: []string{store.ParquetFiles, store.DuckDBFile},
		Publish: []pipeline.Publisher{duckdb.New(duckdb.Config{Path: s.store.DuckDB(), Parts: files})},
		Fetcher: hostile{extract.NewRetry(client)}, Now: s.peek,
	}
	s.must(p.Open())
	defer p.Close()
	_, err = p.RunAll(s.Context())
	s.must(err)
}

func (s *story) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// database opens a copy of the store's: closing the file itself would drop the
// locks that a server in this process has on it.
func (s *story) database() *sql.DB {
	s.Helper()
	path := filepath.Join(s.TempDir(), "copy.duckdb")
	data, err := os.ReadFile(s.store.DuckDB())
	s.must(err)
	s.must(os.WriteFile(path, data, 0o600))
	db, err := sql.Open("duckdb", path+"?access_mode=read_only")
	s.must(err)
	s.Cleanup(func() { db.Close() })
	return db
}

// column runs a query of one column.
func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	all := []string{}
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d rows, %v", query, len(all), err)
	}
	return all
}

// titles are what strangers may call a Space.
var titles = []string{
	`</script><script>alert(1)</script>`, `<img src=x onerror=alert(2)>`, "\u202eright to left\u202c مساحة صوتية", "👩\u200d💻🎙️ 日本語",
	`"quoted" & 'more' {{.}} --> <!-- ]]>`, "]}\u2028;alert(3)//" + strings.Repeat("W", 150),
}

// hostile gives every Space one of the titles, always the same.
type hostile struct{ pipeline.Fetcher }

func (h hostile) Fetch(ctx context.Context, r schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	page, err := h.Fetcher.Fetch(ctx, r, gate)
	if err != nil || !slices.Contains([]schemas.Endpoint{schemas.Spaces, schemas.Creators, schemas.Search}, r.Endpoint) {
		return page, err
	}
	var body map[string]json.RawMessage
	var spaces []map[string]json.RawMessage
	if err := json.Unmarshal(page.Body, &body); err != nil || body["data"] == nil {
		return page, err
	}
	if err := json.Unmarshal(body["data"], &spaces); err != nil {
		return page, err
	}
	for _, space := range spaces {
		if space["title"], err = json.Marshal(titles[crc32.ChecksumIEEE(space["id"])%uint32(len(titles))]); err != nil {
			return page, err
		}
	}
	if body["data"], err = json.Marshal(spaces); err != nil {
		return page, err
	}
	page.Body, err = json.Marshal(body)
	return page, err
}

func TestMain(m *testing.M) {
	box.Main()
	os.Exit(scratchtest.Main(m))
}
