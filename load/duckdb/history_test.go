package duckdb

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

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
		{"one changes", "r2", 2, map[string]string{"1": "Uno", "2": "Two"}, []string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r2"}},
		{"the same run again", "r2", 2, map[string]string{"1": "Uno", "2": "Two"}, []string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r2"}},
		{"the first run again", "r1", 1, map[string]string{"1": "One", "2": "Two"}, []string{"1|One|1|2|r1", "1|Uno|2|<nil>|r2", "2|Two|1|<nil>|r2"}},
		{"the same run read by another version", "r2", 2, map[string]string{"1": "Unu"}, []string{"1|One|1|2|r1", "1|Unu|2|<nil>|r2", "2|Two|1|<nil>|r2"}},
		{"and back", "r4", 4, map[string]string{"1": "One"}, []string{"1|One|1|2|r1", "1|One|4|<nil>|r4", "1|Unu|2|4|r2", "2|Two|1|<nil>|r2"}},
		{"an older run", "r0", 0, map[string]string{"1": "Ein", "2": "Zwei"}, []string{"1|One|1|2|r1", "1|One|4|<nil>|r4", "1|Unu|2|4|r2", "2|Two|1|<nil>|r2"}},
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

// A database of an earlier version has a table of all versions, or none: then its
// rows have been as they are since they were last seen, which is all that is known.
func TestHistoryBeginsWithWhatIsStored(t *testing.T) {
	t.Parallel()
	without := func(table string) string {
		return fmt.Sprintf("DROP VIEW %[1]s_history; DROP TABLE _%[1]s_ended; DROP MACRO TABLE %[1]s_as_of; DROP VIEW _use_its_database_first_for_%[1]s_as_of", table)
	}
	for name, before := range map[string]struct {
		script string
		want   []string
	}{
		"none": {without("users"), []string{"1|One|1|3|r1", "1|Uno|3|<nil>|r3", "2|Two|2|<nil>|r2", "3|Three|2|<nil>|r2"}},
		"table": {"CREATE TABLE old AS SELECT * FROM users_history; " + without("users") + `; ALTER TABLE old RENAME TO users_history;
			INSERT INTO users_history BY NAME SELECT '2' AS user_id, 'Deux' AS name, to_timestamp(1785585600) AS valid_from, to_timestamp(1785589200) AS valid_to, 'r0' AS _run_id;
			UPDATE users_history SET valid_from = _fetched_at WHERE user_id = '3'`,
			[]string{"1|One|1|3|r1", "1|Uno|3|<nil>|r3", "2|Deux|0|1|r0", "2|Two|1|<nil>|r2", "3|Three|2|<nil>|r2"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			s.publishRows("r1", map[string][]row{"users": {seenOn("p", 1, row{"user_id": "1", "name": "One"}), seenOn("p", 1, row{"user_id": "2", "name": "Two"}), seenOn("p", 1, row{"user_id": "3", "name": "Three"})}})
			s.publishRows("r2", map[string][]row{"users": {seenOn("p", 2, row{"user_id": "2", "name": "Two"}), seenOn("p", 2, row{"user_id": "3", "name": "Three"})}})
			query(t, s.path, before.script)
			s.publishRows("r3", map[string][]row{"users": {seenOn("p", 3, row{"user_id": "1", "name": "Uno"})}})
			if d := cmp.Diff(before.want, versions(s)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			s.publishRows("r4", nil)
			if d := cmp.Diff(before.want, versions(s)); d != "" {
				t.Errorf("a run later (-want +got):\n%s", d)
			}
		})
	}
}

// People join and leave: of those who were there when the Space was first seen nothing
// is stored.
func TestHistoryTellsWhoJoinedAndLeft(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	sees := func(run string, hours int, space string, speakers ...string) {
		s.tb.Helper()
		lists := []byte(strings.Repeat("0", len(schemas.Lookup("spaces").Lists())))
		for i, l := range schemas.Lookup("spaces").Lists() {
			if l.Table.Name == "space_users" && l.Set["role"] == "speaker" {
				lists[i] = '1'
			}
		}
		tables := map[string][]row{"spaces": {seenOn("p", hours, row{"space_id": space, "_lists": string(lists)})}}
		for _, id := range speakers {
			role := "speaker"
			if strings.HasPrefix(id, "buyer") {
				role = "buyer"
			}
			tables["space_users"] = append(tables["space_users"], seenOn("p", hours, row{"space_id": space, "user_id": id, "role": role}))
		}
		s.publishRows(run, tables)
	}
	sees("r1", 1, "A", "ann", "bob", "buyer1")
	sees("r2", 2, "A", "bob", "cyd", "buyer2")
	sees("r3", 3, "B", "eve")
	sees("r3", 3, "B", "eve")
	sees("r0", 0, "A", "zoe", "buyer1")
	sees("r4", 4, "A", "ann", "cyd")
	sees("r5", 5, "A")
	sees("r1", 1, "A", "ann", "bob", "buyer1")
	got := s.query("SELECT space_id, user_id, (epoch(valid_from)::BIGINT - %[1]d) // 3600, (epoch(valid_to)::BIGINT - %[1]d) // 3600, _run_id FROM space_users_history ORDER BY ALL", noon.Unix())
	want := []string{
		"A|ann|1|2|r1", "A|ann|4|5|r4", "A|bob|1|4|r2", "A|buyer1|0|<nil>|r1", "A|buyer2|2|<nil>|r2", "A|cyd|2|5|r4", "B|eve|3|<nil>|r3",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := s.query("SELECT string_agg(user_id, ' ' ORDER BY user_id) FROM space_users_as_of(to_timestamp(%d))", noon.Add(150*time.Minute).Unix()); got[0] != "bob buyer1 buyer2 cyd" {
		t.Errorf("as of half past two: got %s", got[0])
	}
	if got := s.query("SELECT count(*) FROM _space_users_ended"); got[0] != "8" { // four that ended; since when bob, cyd, the second buyer and ann again were there
		t.Errorf("stored: got %s, want 8", got[0])
	}
}

func TestMacrosAreDescribed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.publishWorld(1)
	for _, m := range schemas.Macros(time.Time{}) {
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
	for _, table := range schemas.EndedTables() {
		if rows := database[table.Name].Rows; rows != 0 {
			t.Errorf("%s: got %d rows after one run, want none", table.Name, rows)
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
