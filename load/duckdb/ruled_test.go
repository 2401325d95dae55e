package duckdb

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/schemas"
)

// What the rule makes of the files of several runs is what a database has that they are
// merged into, in however many shares.
func TestRuledFilesAreAsTheDatabase(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newStore(t)
	var all []schemas.Part
	var runs []string
	for i := range 3 {
		name, at := fmt.Sprintf("r%d", i), noon.Add(time.Duration(i)*time.Hour)
		parts := s.commit(name, append(everything(t, 9, name, at), emptied(t, name, at)...))
		all = append(all, parts...)
		if i == 2 {
			break // its files are there, and it is in no database
		}
		runs = append(runs, name)
		if err := s.duckdb().Publish(context.Background(), parts); err != nil {
			t.Fatal(err)
		}
	}
	want := hashes(t, s)
	for _, ended := range schemas.EndedTables() {
		delete(want, ended.Name)
	}
	for _, some := range [][]schemas.Part{all, withRows(all, 10_000_000)} {
		got, err := HashRuled(context.Background(), Config{Path: s.path}, some, s.dir, runs)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-database +rule:\n%s", d)
		}
	}
}

// Of lists the objects that tell of them take memory, however few rows they have.
func TestListsOfManyObjectsAreHashedInShares(t *testing.T) {
	r := ruled{Run: merge.Run{Load: schemas.Load{Parts: []schemas.Part{{Table: "tweets", Rows: 1_000_000}, {Table: "tweet_entities", Rows: 10}}}}}
	for table, more := range map[string]bool{"tweet_entities": true, "tweets": true, "space_users": false} {
		if got := r.shares(schemas.Lookup(table), r.Count(schemas.Lookup(table))); (got > 1) != more {
			t.Errorf("%s in %d shares", table, got)
		}
	}
}

// withRows says of parts that they have more rows.
func withRows(parts []schemas.Part, rows int64) (more []schemas.Part) {
	for _, part := range parts {
		if part.Table == "users" || part.Table == "space_users" || part.Table == "tweets" {
			part.Rows = rows / 100
		}
		more = append(more, part)
	}
	return more
}
