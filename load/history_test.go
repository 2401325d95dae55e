package load

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// versions lists the history of users in hours after noon.
func versions(s store) []string {
	s.tb.Helper()
	return s.query("SELECT user_id, name, (epoch(valid_from)::BIGINT - %[1]d) // 3600, (epoch(valid_to)::BIGINT - %[1]d) // 3600, _run_id FROM users_history ORDER BY ALL", noon.Unix())
}

func TestHistoryHasAVersionForEachChange(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	steps := []struct {
		name  string
		run   string
		hours int
		users map[string]string
		want  []string
	}{
		{"new", "r1", 1, map[string]string{"1": "One", "2": "Two"}, []string{"1|One|1|<nil>|r1", "2|Two|1|<nil>|r1"}},
		{"one changes", "r2", 2, map[string]string{"1": "Uno", "2": "Two"}, []string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r1"}},
		{"the same run again", "r2", 2, map[string]string{"1": "Uno", "2": "Two"}, []string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r1"}},
		{"an older run", "r0", 0, map[string]string{"1": "Ein", "2": "Zwei"}, []string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r1"}},
		{"the first run again", "r1", 1, map[string]string{"1": "One", "2": "Two"}, []string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r1"}},
		{"the same run read by another version", "r2", 2, map[string]string{"1": "Unu"}, []string{"1|One|1|2|r1", "1|Unu|2|<nil>|r2", "2|Two|1|<nil>|r1"}},
		{"and back", "r4", 4, map[string]string{"1": "One"}, []string{"1|One|1|2|r1", "1|One|4|<nil>|r4", "1|Unu|2|4|r2", "2|Two|1|<nil>|r1"}},
	}
	for _, step := range steps {
		tables := map[string][]row{}
		for id, name := range step.users {
			tables["users"] = append(tables["users"], seenOn("p", step.hours, row{"user_id": id, "name": name}))
		}
		s.publishRows(step.run, tables)
		if d := cmp.Diff(step.want, versions(s)); d != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, d)
		}
	}
	asOf := map[string]string{"0": "", "1": "One Two", "3": "Unu Two", "9": "One Two"}
	for hours, want := range asOf {
		got := s.query("SELECT coalesce(string_agg(name, ' ' ORDER BY user_id), '') FROM users_as_of(to_timestamp(%d + 3600 * %s))", noon.Unix(), hours)
		if got[0] != want {
			t.Errorf("as of %s hours after noon: got %s, want %s", hours, got[0], want)
		}
	}
	if got := s.query("SELECT count(DISTINCT row_hash), count(*) FROM users_history WHERE name = 'One'"); got[0] != "1|2" {
		t.Errorf("hashes and versions of equal content: got %s", got[0])
	}
	if got := s.query("SELECT count(*) FROM spaces_as_of('2026-08-01 12:00:00Z')"); got[0] != "0" {
		t.Errorf("spaces: got %s", got[0])
	}
}

// A database of an earlier version has rows and no history: they are its first
// versions.
func TestHistoryBeginsWithWhatIsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publishRows("r1", map[string][]row{"users": {seenOn("p", 1, row{"user_id": "1", "name": "One"}), seenOn("p", 1, row{"user_id": "2", "name": "Two"})}})
	query(t, s.path, "DROP TABLE users_history; DROP MACRO TABLE users_as_of")
	s.publishRows("r2", map[string][]row{"users": {seenOn("p", 2, row{"user_id": "1", "name": "Uno"})}})
	if d := cmp.Diff([]string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r1"}, versions(s)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMacrosAreDescribed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publishWorld(1)
	for _, m := range schemas.Macros() {
		got := s.query("SELECT comment FROM duckdb_functions() WHERE function_name = '%s'", m.Name)
		if len(got) != 1 || got[0] != m.Doc {
			t.Errorf("%s: got %v, want %s", m.Name, got, m.Doc)
		}
	}
}

func TestHashesTellWhetherTablesAreEqual(t *testing.T) {
	slow(t)
	t.Parallel()
	ctx := context.Background()
	hashes := func(run int, shuffled bool) (fromFiles, fromDatabase map[string]TableHash) {
		s := newStore(t)
		batches := everything(t, 9, fmt.Sprintf("r%d", run), noon)
		parts := s.commit("run", batches)
		if shuffled {
			parts = s.commit("run", halves(batches, 1), halves(batches, 0))
		}
		if err := s.duckdb().Publish(ctx, parts); err != nil {
			t.Fatal(err)
		}
		fromFiles, err := HashParts(ctx, parts, s.dir)
		if err != nil {
			t.Fatal(err)
		}
		if fromDatabase, err = s.duckdb().Hashes(ctx); err != nil {
			t.Fatal(err)
		}
		return fromFiles, fromDatabase
	}
	parts, database := hashes(1, false)
	shuffledParts, shuffled := hashes(1, true)
	otherParts, other := hashes(2, false)
	if d := cmp.Diff(database, shuffled); d != "" {
		t.Errorf("the order and the number of files make a difference:\n%s", d)
	}
	if d := cmp.Diff(parts, shuffledParts); d != "" {
		t.Errorf("of files:\n%s", d)
	}
	for _, table := range schemas.Tables() {
		// The database fills in what no file says.
		if table.Name != "spaces" && database[table.Name] != parts[table.Name] {
			t.Errorf("%s: database %v, files %v", table.Name, database[table.Name], parts[table.Name])
		}
		if database[table.Name] == other[table.Name] || parts[table.Name] == otherParts[table.Name] {
			t.Errorf("%s: other rows have the same hash", table.Name)
		}
	}
	for _, table := range schemas.Histories() {
		if database[table.Name].Rows != 9 {
			t.Errorf("%s: got %v, want 9 rows", table.Name, database[table.Name])
		}
	}
}

// halves takes every second row of the batches, from the first or the second.
func halves(batches []schemas.Batch, from int64) []schemas.Batch {
	var pieces []schemas.Batch
	for _, b := range batches {
		for i := from; i < b.Record.NumRows(); i += 2 {
			pieces = append(pieces, schemas.Batch{Table: b.Table, Record: b.Record.NewSlice(i, i+1)})
		}
	}
	return pieces
}
