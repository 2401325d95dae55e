package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/load/parquet"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// sides are both sides' tables of one small corpus.
type sides struct{ ours, theirs, oursDB, theirsDB string }

// tables makes the tables of two MB by spacesetl and by SQL.
func tables(t *testing.T) sides {
	t.Helper()
	dir := t.TempDir()
	c, err := corpusTask{Dir: filepath.Join(dir, "corpus"), MB: 2, Seed: 1, Plain: true}.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := sides{c.folder().Parquet(), filepath.Join(dir, "theirs"), c.folder().DuckDB(), filepath.Join(dir, "theirs.duckdb")}
	replay(t, c, s)
	for _, b := range []baseline{{c.plain(), s.theirs, toParquet, false}, {c.plain(), s.theirsDB, toDuckDB, true}} {
		if err := b.prepare(); err != nil {
			t.Fatal(err)
		}
		if err := b.run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// replay is what the command of that name does, in this process.
func replay(t *testing.T, c *corpus, s sides) {
	t.Helper()
	locked, err := c.folder().Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	planned, err := c.folder().Planned(c.Run)
	if err != nil {
		t.Fatal(err)
	}
	loader, err := parquet.New(parquet.Config{
		Dir: s.ours, Staging: filepath.Join(s.ours, "_staging"), RunID: c.Run, RunDate: planned.Run.StartedAt,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline.Pipeline{
		Plan: planned.Plan, Seeds: planned.Seeds, Run: planned.Run, Store: c.folder(), Out: locked, Loader: loader, Destinations: []string{store.ParquetFiles, store.DuckDBFile},
		Publish: []pipeline.Publisher{duckdb.New(duckdb.Config{Path: s.oursDB, Parts: s.ours})},
	}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func compareSides(t *testing.T, ours, theirs string) comparison {
	t.Helper()
	result, err := compared{Ours: ours, Theirs: theirs}.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// edit replaces a table of the SQL's Parquet files by a query of it.
func edit(t *testing.T, dir, table, query string) {
	t.Helper()
	db, err := openDuckDB("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	file := filepath.Join(dir, table+".parquet")
	query = strings.ReplaceAll(query, "@", schemas.QuoteText(file))
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("COPY (%s) TO %s (FORMAT parquet)", query, schemas.QuoteText(file+".new"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func TestSQLMakesTheSameTablesAndEveryChangeIsSeen(t *testing.T) {
	s := tables(t)
	for to, paths := range map[destination][2]string{toParquet: {s.ours, s.theirs}, toDuckDB: {s.oursDB, s.theirsDB}} {
		got := compareSides(t, paths[0], paths[1])
		if len(got.Differences) > 0 || got.Tables != 33 || got.Columns < 350 || got.Rows < 1000 {
			t.Errorf("%s: got %+v, want 33 equal tables", to, got)
		}
		left := slices.DeleteFunc(got.LeftOut, func(name string) bool {
			return strings.HasSuffix(name, "_ended") || strings.HasSuffix(name, "_history") || strings.HasSuffix(name, "._columns") || strings.HasSuffix(name, "._lists") || // what we keep about sightings
				strings.HasPrefix(name, "_use_its_database_first") // what macros read
		})
		want := []string{"api_requests.bytes", "runs"}
		if to == toDuckDB {
			want = append([]string{"_loads"}, want...) // what the database says of itself
		}
		if diff := cmp.Diff(want, left); diff != "" {
			t.Errorf("%s: the SQL leaves out other things (-want +got):\n%s", to, diff)
		}
	}
	const first = "(SELECT min(user_id) FROM read_parquet(@))"
	for _, change := range []struct{ name, table, query, want string }{
		{"a value", "users", "SELECT * REPLACE (CASE user_id WHEN " + first + " THEN followers_count + 1 ELSE followers_count END AS followers_count) FROM read_parquet(@)",
			"users.followers_count: other values"},
		{"a value lost", "users", "SELECT * REPLACE (CASE user_id WHEN " + first + " THEN NULL ELSE name END AS name) FROM read_parquet(@)",
			"users.name: other values"},
		{"a microsecond", "spaces", "SELECT * REPLACE (created_at + INTERVAL 1 MICROSECOND AS created_at) FROM read_parquet(@)",
			"spaces.created_at: other values"},
		{"values in other rows", "topics", "SELECT * EXCLUDE (first_name) REPLACE (lead(name, 1, first_name) OVER (ORDER BY topic_id) AS name) FROM (SELECT *, first(name ORDER BY topic_id) OVER () AS first_name FROM read_parquet(@))",
			"topics: the same values in other rows"},
		{"rows twice for others", "tweet_media", "SELECT * FROM read_parquet(@) WHERE media_key NOT IN (SELECT min(media_key) FROM read_parquet(@)) UNION ALL (SELECT * FROM read_parquet(@) ORDER BY media_key DESC LIMIT 1)",
			"tweet_media.tweet_id: other values"},
		{"a row less", "media", "SELECT * FROM read_parquet(@) ORDER BY media_key OFFSET 1", "media: we have"},
	} {
		t.Run(change.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(s.theirs)); err != nil {
				t.Fatal(err)
			}
			edit(t, dir, change.table, change.query)
			got := compareSides(t, s.ours, dir).Differences
			if len(got) == 0 || !strings.HasPrefix(got[0], change.want) {
				t.Errorf("got %q, want %q", got, change.want)
			}
		})
	}
}

func TestMain(m *testing.M) { os.Exit(scratchtest.Main(m)) }
