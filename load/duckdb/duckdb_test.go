package duckdb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// person is a row of space_users.
func person(space, user, role, run string, at time.Time) row {
	return row{"space_id": space, "user_id": user, "role": role, "_run_id": run, "_page_id": "p", "_fetched_at": at}
}

func people(s store) []string {
	return s.query("SELECT space_id, role, string_agg(user_id, ' ' ORDER BY user_id) FROM space_users GROUP BY ALL ORDER BY ALL")
}

func TestListsAreReplacedAsAWhole(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	table := schemas.Lookup("space_users")
	early, late := noon.Add(-time.Hour), noon.Add(time.Hour)
	s.publish("r1", batchOf(t, table, []row{
		person("A", "1", "creator", "r1", noon), person("A", "1", "host", "r1", noon), person("A", "2", "host", "r1", noon),
		person("A", "3", "speaker", "r1", noon), person("A", "7", "buyer", "r1", noon), person("B", "4", "host", "r1", noon),
	}))
	steps := []struct {
		name string
		rows []row
		want []string
	}{
		{"a newer list takes the place of the stored one, others stay",
			[]row{person("A", "2", "host", "r2", late), person("A", "5", "host", "r2", late)},
			[]string{"A|buyer|7", "A|creator|1", "A|host|2 5", "A|speaker|3", "B|host|4"}},
		{"an older list is not taken",
			[]row{person("A", "9", "host", "r0", early), person("C", "9", "host", "r0", early)},
			[]string{"A|buyer|7", "A|creator|1", "A|host|2 5", "A|speaker|3", "B|host|4", "C|host|9"}},
		{"buyers come page by page: new ones join those stored",
			[]row{person("A", "8", "buyer", "r3", late)},
			[]string{"A|buyer|7 8", "A|creator|1", "A|host|2 5", "A|speaker|3", "B|host|4", "C|host|9"}},
		{"an older buyer joins too",
			[]row{person("A", "6", "buyer", "r0", early), person("A", "8", "buyer", "r0", early)},
			[]string{"A|buyer|6 7 8", "A|creator|1", "A|host|2 5", "A|speaker|3", "B|host|4", "C|host|9"}},
		{"a list as old as the stored one, from a replay, takes its place",
			[]row{person("A", "5", "host", "r2", late)},
			[]string{"A|buyer|6 7 8", "A|creator|1", "A|host|5", "A|speaker|3", "B|host|4", "C|host|9"}},
	}
	for i, step := range steps {
		s.publish(fmt.Sprintf("step%d", i), batchOf(t, table, step.rows))
		if d := cmp.Diff(step.want, people(s)); d != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, d)
		}
	}
	if got := s.query("SELECT _run_id FROM space_users WHERE user_id = '8'"); got[0] != "r3" {
		t.Errorf("buyer 8 is of run %s, want r3: the newer sighting", got[0])
	}
}

// TestMergesAgreeWithAModel publishes random runs, in random order of time, and
// compares with the rules as written down in Go.
func TestMergesAgreeWithAModel(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	table := schemas.Lookup("space_users")
	random := rand.New(rand.NewPCG(1, 2))
	type list struct {
		at    time.Time
		users map[string]bool
	}
	lists := map[string]list{} // by space and role
	for run := range 7 {
		at := noon.Add(time.Duration(random.IntN(8)) * time.Hour)
		var rows []row
		for space := range 6 {
			for _, role := range []string{"host", "speaker", "buyer"} {
				key, users := fmt.Sprintf("%d|%s", space, role), map[string]bool{}
				for range random.IntN(4) {
					users[fmt.Sprint(random.IntN(6))] = true
				}
				for user := range users {
					rows = append(rows, person(fmt.Sprint(space), user, role, fmt.Sprint(run), at))
				}
				stored := lists[key]
				switch {
				case role == "buyer":
					maps.Copy(users, stored.users)
					lists[key] = list{at, users}
				case len(users) > 0 && !at.Before(stored.at):
					lists[key] = list{at, users}
				}
			}
		}
		s.publish(fmt.Sprint(run), batchOf(t, table, rows))
		var want []string
		for key, l := range lists {
			if len(l.users) > 0 {
				want = append(want, key+"|"+strings.Join(slices.Sorted(maps.Keys(l.users)), " "))
			}
		}
		slices.Sort(want)
		if d := cmp.Diff(want, people(s)); d != "" {
			t.Fatalf("after run %d (-want +got):\n%s", run, d)
		}
	}
}

func TestTopicsKeepWhatANewerSightingLacks(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	table := schemas.Lookup("topics")
	topic := func(run string, at time.Time, description any) row {
		return row{"topic_id": "1", "name": "Tech of " + run, "description": description, "_run_id": run, "_page_id": "p", "_fetched_at": at}
	}
	s.publish("r1", batchOf(t, table, []row{topic("r1", noon, "All about it")}))
	s.publish("r2", batchOf(t, table, []row{topic("r2", noon.Add(time.Hour), nil)}))
	if got, want := s.query("SELECT name, description, _run_id FROM topics"), "Tech of r2|All about it|r2"; got[0] != want {
		t.Errorf("got %s, want %s", got[0], want)
	}
}

func TestCancelledPublishChangesNothing(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, s store) {
		s.holdSample()
		before := dump(s)
		parts := s.commit("r2", everything(t, 20, "r2", noon.Add(time.Hour)))
		for _, wait := range []time.Duration{0, time.Millisecond, 8 * time.Millisecond} {
			ctx, cancel := context.WithTimeout(context.Background(), wait)
			err := s.duckdb().Publish(ctx, parts)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled after %v: got error %v", wait, err)
			}
			if d := cmp.Diff(before, dump(s)); d != "" {
				t.Errorf("cancelled after %v: rows (-before +after):\n%s", wait, d)
			}
		}
	})
}

func TestCommentsAndTypesAreAsDeclared(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.holdSample()
	want := []string{
		"_loads||Runs that this database has, as it says itself.", "_loads|run_id VARCHAR|The run, as in runs._run_id.",
		"_loads|content VARCHAR|Checksum of the pages that its rows were made of, as in its manifest.",
	}
	for _, table := range slices.Concat(schemas.Tables(), schemas.EndedTables(), schemas.SightingTables()) {
		want = append(want, table.Name+"||"+table.Doc)
		for _, c := range table.Columns {
			kind := strings.Replace(c.Type.DuckDB(), "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", 1)
			doc := c.Doc
			if doc == "" {
				doc = "<nil>"
			}
			want = append(want, fmt.Sprintf("%s|%s %s|%s", table.Name, c.Name, kind, doc))
		}
	}
	got := s.query(`SELECT table_name, '', comment FROM duckdb_tables() UNION ALL
		SELECT table_name, column_name || ' ' || data_type, comment FROM duckdb_columns()
		WHERE table_name IN (SELECT table_name FROM duckdb_tables())`)
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	views := s.query("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY view_name")
	if len(views) != len(schemas.Views())+len(schemas.Macros(time.Time{})) || // see schemas.Tied
		strings.Contains(strings.Join(views, "\n"), "nil") {
		t.Errorf("got views %v", views)
	}
	// Of sums DuckDB makes HUGEINT, which JSON, Parquet and Arrow have no type
	// for: versions and readers show one as 75, 75.0 or text.
	huge := s.query("SELECT table_name, column_name FROM duckdb_columns() WHERE data_type IN ('HUGEINT', 'UHUGEINT') ORDER BY ALL")
	if len(huge) > 0 {
		t.Errorf("HUGEINT: got %v, want none", huge)
	}
}

// TestDatabaseOfAnEarlierVersionGainsWhatIsNew opens a database that lacks a
// column in the middle, a table and a view, and has an old comment.
func TestDatabaseOfAnEarlierVersionGainsWhatIsNew(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	s.holdSample()
	query(t, s.path, "DROP VIEW v_spaces; DROP VIEW v_space_timeline; DROP TABLE polls; ALTER TABLE spaces DROP COLUMN lang; COMMENT ON COLUMN spaces.title IS 'old'")
	parts := s.commit("r2", everything(t, 30, "r2", noon.Add(time.Hour)))
	if err := s.duckdb().Publish(context.Background(), parts); err != nil {
		t.Fatal(err)
	}
	s.oneRowPerKey()
	if got := s.query("SELECT count(*), count(lang) > 0 FROM spaces"); got[0] != "30|true" {
		t.Errorf("rows, whether lang is filled: got %s, want 30|true", got[0])
	}
	if got := s.query("SELECT count(*) FROM polls"); got[0] != "30" {
		t.Errorf("got %s polls, want 30", got[0])
	}
	if got := s.query("SELECT comment <> 'old' FROM duckdb_columns() WHERE table_name = 'spaces' AND column_name = 'title'"); got[0] != "true" {
		t.Error("the comment is the old one")
	}
	if got := s.query("SELECT count(*) FROM v_spaces"); got[0] != "30" {
		t.Errorf("v_spaces: got %s rows, want 30", got[0])
	}
}

func TestScriptCanBeRunTwice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "empty.duckdb")
	query(t, path, schemas.DuckDB())
	query(t, path, schemas.DuckDB())
}

// TestLockedDatabaseSaysWhoHoldsIt has a second process open the database.
func TestLockedDatabaseSaysWhoHoldsIt(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, s store) {
		run, batches := world(t, 1)
		parts := s.publish(run, batches...)
		holder := startChild(t, "TestHoldWriting", s.path)
		err := s.duckdb().Publish(context.Background(), parts)
		var locked *LockedError
		if !errors.As(err, &locked) || !strings.Contains(err.Error(), fmt.Sprintf("(PID %d)", holder.Process.Pid)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got error %v", err)
		}
		holder.end(t)
		if err := s.duckdb().Publish(context.Background(), parts); err != nil {
			t.Errorf("after its release: %v", err)
		}
	})
}
