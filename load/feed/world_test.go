package feed

import (
	"database/sql"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// world is the runs of a job that ran every hour in a world that changes, and what the
// DuckDB database has after each of them.
var world struct {
	sync.Once
	dir  string
	runs []schemas.Load
	want []content
}

// content are the rows of tables, as lines in order.
type content map[string][]string

func changingRuns(t *testing.T) (dir string, runs []schemas.Load, want []content) {
	t.Helper()
	world.Do(func() {
		n := 2
		if os.Getenv("SPACESETL_FEED") == "full" {
			n = 30
		}
		makeRuns(t, n)
	})
	if len(world.want) == 0 {
		t.Fatal("the world was not made")
	}
	return world.dir, world.runs, world.want
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range atEnd {
		f()
	}
	os.Exit(code)
}

var atEnd []func()

func makeRuns(t *testing.T, n int) {
	store, err := os.MkdirTemp("", "world-*")
	if err != nil {
		t.Fatal(err)
	}
	atEnd = append(atEnd, func() { _ = os.RemoveAll(store) })
	var hour, ticks atomic.Int64 // every look at the clock is a millisecond later
	now := func() time.Time {
		return time.Date(2026, 11, 1, int(hour.Load()), 0, 0, int(ticks.Add(1)%3_000_000)*1_000_000, time.UTC)
	}
	cfg := simulator.Config{
		Spaces: 12, NoRateLimits: true, Evolve: true, EvolveOver: time.Duration(n) * time.Hour, Change: true, Quirks: true, Ended: simulator.GoneError, Now: now,
	}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{"user-token": creator}
	api := simulator.New(cfg)
	server := httptest.NewServer(api)
	defer server.Close()
	spec := jobs.Spec{
		Name: "changing", Compact: jobfile.CompactNone, Store: store, BaseURL: server.URL, Follow: jobfile.FollowOpen, To: []string{"parquet"},
		With: []string{"tweets", "buyers"}, Creators: api.CreatorIDs(4), IDs: append(api.SpaceIDs(3), ticketed[:1]...),
	}
	world.dir = filepath.Join(store, "parquet")
	path := filepath.Join(store, "beside.duckdb")
	for i := range n {
		hourly := spec
		hourly.Dialect = []string{"tweet", "post"}[i/2%2]
		hourly.Private = i%3 == 0
		hourly.Defaults()
		r, err := jobs.Open(hourly, jobs.Options{
			Tokens: jobs.Tokens{App: "app-token", User: "user-token"}, Now: now,
			Client: func(cfg *extract.Config) { cfg.Now, cfg.CreatorSpacing = now, time.Nanosecond },
		}).Run(t.Context())
		if err != nil || !r.Manifest.Run.Outcome.Complete() {
			t.Fatalf("run %d: %v", i, err)
		}
		l := schemas.Load{RunID: r.Manifest.Run.RunID, Content: r.Manifest.Content, Parts: r.Manifest.Files, Only: true}
		world.runs = append(world.runs, l)
		world.want = append(world.want, beside(t, path, r.Parquet, l))
		hour.Add(1)
		ticks.Store(0)
	}
}

// beside merges a run into a DuckDB database, as a job does, and returns its rows.
func beside(t *testing.T, path, dir string, l schemas.Load) content {
	t.Helper()
	duck := duckdb.New(duckdb.Config{Path: path, Parts: dir, MemoryLimit: "1GB", InPlace: true})
	err := duck.Prepare(t.Context(), l, dir)
	if err == nil {
		err = duck.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	db := openDuckDB(t, path+"?access_mode=read_only")
	defer db.Close()
	return duckContent(t, db)
}

func openDuckDB(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := duckdb.OpenSQL(path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func duckContent(t *testing.T, db *sql.DB) content {
	t.Helper()
	all := content{}
	for _, table := range stored() {
		all[table.name] = loadtest.DuckRows(t, db, table.name, table.columns)
	}
	return all
}

// compare holds the tables of an engine against what they are to have, and returns how many
// have rows.
func compare(t *testing.T, name string, want, got content) (filled int) {
	t.Helper()
	for _, table := range stored() {
		want, got := want[table.name], got[table.name]
		if len(want) > 0 {
			filled++
		}
		if slices.Equal(want, got) {
			continue
		}
		missing, ghosts := loadtest.Without(want, got), loadtest.Without(got, want)
		t.Errorf("%s: %s has %d rows, want %d: %d are missing, %d are none\n%s\n%s", name, table.name, len(got), len(want), len(missing), len(ghosts),
			missing[:min(len(missing), 2)], ghosts[:min(len(ghosts), 2)])
	}
	return filled
}
