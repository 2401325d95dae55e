package duckdb

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// Of a database that has more runs than there are files of, what the files make is in it:
// what it has otherwise, lacks or has besides is told apart from what was seen before.
func TestADatabaseContainsWhatItsFilesMake(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := func(id, page string, hours int, r row, asked ...string) row {
		r["user_id"], r["username"] = id, "u"+id
		r["_columns"], r["_lists"] = telling("users", r, asked...), ""
		return seenOn(page, hours, r)
	}
	s.publishRows("r1", map[string][]row{
		"users":       {user("1", "a", 0, row{"name": "One", "description": "text", "pinned_tweet_id": "70"}), user("2", "a", 0, row{"name": "Two"})},
		"space_users": {person("A", "1", "host", "r1", hour(0)), person("A", "2", "host", "r1", hour(0)), person("A", "7", "buyer", "r1", hour(0)), person("B", "2", "host", "r1", hour(0))},
	})
	parts := s.publish("r2", batchesOf(t, "r2", map[string][]row{
		"users":       {user("1", "b", 1, row{"name": "Uno"}, "pinned_tweet_id"), user("3", "b", 1, row{"name": "Three"})},
		"space_users": {person("A", "1", "host", "r2", hour(1)), person("A", "8", "buyer", "r2", hour(1))},
	})...)
	for i := range parts {
		parts[i].Path = filepath.Join(s.dir, parts[i].Path)
	}
	whole, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]Contained{"users": {Rows: 2, LastSeen: 1}, "space_users": {Rows: 2, LastSeen: 2}}
	for sql, want := range map[string]map[string]Contained{
		"SELECT 1": good,
		"UPDATE users SET description = 'of before' WHERE user_id = '1'":  good, // nothing since tells of it
		"UPDATE users SET pinned_tweet_id = '70' WHERE user_id = '1'":     {"users": {Rows: 1, Differs: 1, LastSeen: 1}},
		"UPDATE users SET name = 'Un' WHERE user_id = '1'":                {"users": {Rows: 1, Differs: 1, LastSeen: 1}},
		"UPDATE users SET description = 'none' WHERE user_id = '3'":       {"users": {Rows: 1, Differs: 1, LastSeen: 1}}, // never seen before
		"UPDATE users SET first_seen_at = last_seen_at + INTERVAL 1 HOUR": {"users": {Differs: 2, LastSeen: 1}},
		"DELETE FROM users": {"users": {Lacking: 2}},
		"UPDATE users SET _run_id = 'r2' WHERE user_id = '2'":                    {"users": {Rows: 2, Foreign: 1}},
		"UPDATE space_users SET space_id = 'A' WHERE space_id = 'B'":             {"space_users": {Rows: 2, Foreign: 1, LastSeen: 1}}, // of a list that is told of since
		"DELETE FROM space_users WHERE role = 'buyer' AND user_id IN ('7', '8')": {"space_users": {Rows: 1, Lacking: 1, LastSeen: 1}},
	} {
		if err := os.WriteFile(s.path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		query(t, s.path, sql)
		without := []Without{{"users", "r1", "r1"}, {"space_users", "r1", "r1"}}
		for _, some := range [][]schemas.Part{parts, withRows(parts, 10_000_000)} { // in shares, too
			if sql != "SELECT 1" && &some[0] != &parts[0] {
				continue
			}
			got, err := CompareContained(context.Background(), Config{Path: s.path}, some, []string{"r1", "r2"}, without)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			for table, c := range got {
				expected := want[table]
				if expected == (Contained{}) {
					expected = good[table]
				}
				if d := cmp.Diff(expected, c); d != "" {
					t.Errorf("%s: %s (-want +got):\n%s", sql, table, d)
				}
			}
		}
	}
}
