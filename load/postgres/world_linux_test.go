package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/loadtest"
	"github.com/spacesetl/spacesetl/load/merging"
	"github.com/spacesetl/spacesetl/load/postgres"
	"github.com/spacesetl/spacesetl/schemas"
)

// world is the runs of a job that ran every hour in a world that changes.
var world struct {
	sync.Once
	dir  string
	runs []schemas.Load
}

// changingRuns returns them, and the folder of their files.
func changingRuns(t *testing.T) (dir string, runs []schemas.Load) {
	t.Helper()
	world.Do(func() { makeRuns(t, 10) })
	if len(world.runs) == 0 {
		t.Fatal("the world was not made")
	}
	return world.dir, world.runs
}

func makeRuns(t *testing.T, n int) {
	t.Helper()
	store, err := os.MkdirTemp("", "world-*")
	if err != nil {
		t.Fatal(err)
	}
	var hour, ticks atomic.Int64 // every look at the clock is a millisecond later
	now := func() time.Time {
		return time.Date(2026, 11, 1, int(hour.Load()), 0, 0, int(ticks.Add(1)%3_000_000)*1_000_000, time.UTC)
	}
	cfg := simulator.Config{
		Spaces: 24, NoRateLimits: true, Evolve: true, EvolveOver: time.Duration(n) * time.Hour, Change: true, Quirks: true, Ended: simulator.GoneError, Now: now,
	}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{"user-token": creator}
	api := simulator.New(cfg)
	server := httptest.NewServer(api)
	defer server.Close()
	spec := jobs.Spec{
		Name: "changing", Compact: jobfile.CompactNone, Store: store, BaseURL: server.URL, Follow: jobfile.FollowOpen, To: []string{"parquet"},
		With: []string{"tweets", "buyers"}, Creators: api.CreatorIDs(5), IDs: append(api.SpaceIDs(4), ticketed[:1]...),
	}
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
		world.dir = r.Parquet
		world.runs = append(world.runs, schemas.Load{RunID: r.Manifest.Run.RunID, Content: r.Manifest.Content, Parts: r.Manifest.Files})
		hour.Add(1)
		ticks.Store(0)
	}
}

// opened is a destination in a schema of the test's own.
func opened(t testing.TB, schema string) *postgres.Destination {
	t.Helper()
	d, err := postgres.Open(t.Context(), postgres.Config{URL: address(t), Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// published publishes a run.
func published(t testing.TB, d *postgres.Destination, l schemas.Load, dir string) postgres.Published {
	t.Helper()
	p, err := d.Publish(t.Context(), l, dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// asked returns the rows of a query as texts, NULL as a dot.
func asked(t testing.TB, schema, query string) (rows [][]string) {
	t.Helper()
	conn, err := pgconn.Connect(context.Background(), address(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	results, err := conn.Exec(context.Background(), "SET search_path = "+schemas.Quote(schema)+"; SET TimeZone = 'Asia/Tokyo'; "+query).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, query)
	}
	for _, row := range results[len(results)-1].Rows {
		var texts []string
		for _, value := range row {
			if value == nil {
				value = []byte(".")
			}
			texts = append(texts, string(value))
		}
		rows = append(rows, texts)
	}
	return rows
}

// tables are those that both databases have, with the columns that both have.
func tables() (all []*schemas.Table) {
	all = slices.Concat(schemas.Tables(), schemas.SightingTables())
	for _, t := range schemas.Tables() {
		if t.Versioned {
			all = append(all, merging.Ended(t))
		}
	}
	return all
}

// views are the other views, with the types that their columns have in PostgreSQL.
func views(t testing.TB, schema string) (all []*schemas.Table) {
	t.Helper()
	kinds := map[string]schemas.Type{"timestamp with time zone": schemas.Time, "boolean": schemas.Bool, "double precision": schemas.Float, "bigint": schemas.Int, "text": schemas.Text, "date": schemas.Text}
	for _, v := range postgres.Views() {
		view := &schemas.Table{Name: v.Name}
		columns := asked(t, schema, "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = "+schemas.QuoteText(v.Name)+" ORDER BY ordinal_position")
		for i, c := range columns {
			kind, ok := kinds[c[1]]
			if i >= len(v.Columns) || v.Columns[i].Name != c[0] || !ok {
				t.Fatalf("%s: column %d is %s", v.Name, i+1, c)
			}
			view.Columns = append(view.Columns, schemas.Column{Name: c[0], Type: kind})
		}
		if len(columns) != len(v.Columns) {
			t.Errorf("%s has %d columns, want %d", v.Name, len(columns), len(v.Columns))
		}
		all = append(all, view)
	}
	return all
}

// rowsIn are the rows of a table in PostgreSQL.
func rowsIn(t testing.TB, schema string, table *schemas.Table) []string {
	var values []string
	for _, c := range table.Columns {
		value := schemas.Quote(c.Name)
		switch c.Type {
		case schemas.Time:
			value = "(extract(epoch FROM " + value + ") * 1000000)::bigint"
		case schemas.Bool:
			value = "CASE WHEN " + value + " THEN 'true' WHEN NOT " + value + " THEN 'false' END"
		}
		values = append(values, value)
	}
	return loadtest.Lines(table.Columns, asked(t, schema, "SELECT "+strings.Join(values, ", ")+" FROM "+schemas.Quote(table.Name)))
}

// same holds the tables of a schema, and in the end the views, against those of a DuckDB
// database, and returns how many have rows.
func same(t *testing.T, name, schema, path string, last bool) (filled int) {
	t.Helper()
	db, err := duckdb.OpenSQL(path + "?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("SET TimeZone = 'Asia/Tokyo'"); err != nil {
		t.Fatal(err)
	}
	all := tables()
	if last {
		all = append(all, views(t, schema)...)
	}
	for _, table := range all {
		want, got := loadtest.DuckRows(t, db, table.Name, table.Columns), rowsIn(t, schema, table)
		if len(want) > 0 {
			filled++
		}
		if slices.Equal(want, got) {
			continue
		}
		missing, ghosts := loadtest.Without(want, got), loadtest.Without(got, want)
		t.Errorf("%s: %s has %d rows, want %d: %d are missing, %d are none\n%s", name, table.Name, len(got), len(want), len(missing), len(ghosts),
			cmp.Diff(missing[:min(len(missing), 2)], ghosts[:min(len(ghosts), 2)]))
	}
	return filled
}

// After each run every table is as the DuckDB database has it after the same ones, also
// where they came out of their turn. In whatever order they come, the rows are in the end
// the same; of versions that ended the order counts.
func TestTablesAreThoseOfDuckDB(t *testing.T) {
	address(t)
	dir, runs := changingRuns(t)
	path := func(name string) string { return filepath.Join(t.TempDir(), name+".duckdb") }
	inTurn, late := path("in turn"), path("late")
	d, filled := opened(t, "in turn"), 0
	for i, l := range runs {
		beside{t, inTurn, dir}.publish(l)
		published(t, d, l, dir)
		filled = same(t, fmt.Sprint("run ", i), "in turn", inTurn, i == len(runs)-1)
	}
	if filled < 30 {
		t.Errorf("%d tables have rows: too little is tested", filled)
	}
	d = opened(t, "late")
	for _, i := range []int{3, 1, 4, 0} {
		beside{t, late, dir}.publish(runs[i])
		published(t, d, runs[i], dir)
	}
	same(t, "late", "late", late, false)
	d = opened(t, "shuffled")
	for _, i := range rand.New(rand.NewPCG(14, 2)).Perm(len(runs)) {
		published(t, d, runs[i], dir)
	}
	for _, table := range schemas.Tables() {
		if want, got := rowsIn(t, "in turn", table), rowsIn(t, "shuffled", table); !slices.Equal(want, got) {
			t.Errorf("shuffled: %s (-want +got):\n%s", table.Name, cmp.Diff(loadtest.Without(want, got), loadtest.Without(got, want)))
		}
	}
}
