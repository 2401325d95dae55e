package duckdb

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/load/duckdb/merge"
	"github.com/spacesetl/spacesetl/schemas"
)

// TestNewDatabaseIsAsIfMerged publishes the same runs to a new database and to
// one that has tables and no rows: what fills the one and merges into the other
// has to come to the same.
func TestNewDatabaseIsAsIfMerged(t *testing.T) {
	slow(t)
	t.Parallel()
	publish := func(t *testing.T, s store, run int) map[string]TableHash {
		name, at := fmt.Sprintf("r%d", run), noon.Add(time.Duration(run)*time.Hour)
		batches := append(everything(t, 50, name, at), emptied(t, name, at)...)
		if err := s.duckdb().Publish(context.Background(), s.commit(name, batches)); err != nil {
			t.Fatal(err)
		}
		return hashes(t, s)
	}
	merged := newStore(t)
	if err := os.WriteFile(merged.path, emptyDatabase(), 0o644); err != nil {
		t.Fatal(err)
	}
	wants := []map[string]TableHash{publish(t, merged, 0), publish(t, merged, 1)}
	if wants[1]["_users_ended"].Rows == 0 {
		t.Error("there is no history to compare")
	}
	oneMode(t, 0, func(t *testing.T, filled store) { // what is merged says no mode
		for run, want := range wants {
			if d := cmp.Diff(want, publish(t, filled, run)); d != "" {
				t.Errorf("after run %d (-merged +filled):\n%s", run, d)
			}
		}
		if left := filled.beside(); left != nil {
			t.Errorf("%v is left beside the database", left)
		}
	})
}

// emptied is lists of Spaces, some of which are empty, and some seen by another
// sighting than the last.
func emptied(t *testing.T, run string, at time.Time) []schemas.Batch {
	random := rand.New(rand.NewPCG(5, 6))
	spaces := schemas.Lookup("spaces")
	tables := map[string][]row{}
	sight := func(space, page string, at time.Time, columns, lists string) {
		tables["spaces"] = append(tables["spaces"], seenAt(at, row{
			"space_id": space, "title": space + " on " + page + " of " + run, "lang": page, "_columns": columns, "_lists": lists, "_page_id": page,
		}))
		for i, l := range spaces.Lists() {
			for n := range random.IntN(3) {
				if role := l.Set["role"]; role != "" && lists[i] == '1' {
					p := person(space, fmt.Sprint(n), role, run, at)
					p["_page_id"] = page
					tables["space_users"] = append(tables["space_users"], p)
				}
			}
		}
	}
	for i := range 100 {
		space, seen := fmt.Sprintf("emptied-%d", i), at.Add(time.Duration(random.IntN(3)-1)*time.Minute)
		lists := fmt.Sprintf("%05b", random.IntN(32))
		sight(space, "p", seen, strings.Repeat("1", len(spaces.Columns)-2)+"11", lists)
		if random.IntN(3) == 0 { // an older one tells more
			other := fmt.Sprintf("%05b", ^int(lists[0]-'0')&1<<4)
			sight(space, "o", seen.Add(-time.Minute), "0"+strings.Repeat("1", len(spaces.Columns)-1), other)
		}
		tables["space_users"] = append(tables["space_users"], person(space, "1", "buyer", run, at))
	}
	return batchesOf(t, run, tables)
}

// seenAt makes a row a sighting.
func seenAt(at time.Time, r row) row {
	r["first_seen_at"], r["last_seen_at"], r["_fetched_at"] = at, at, at
	return r
}

func hashes(t *testing.T, s store) map[string]TableHash {
	t.Helper()
	found, err := s.duckdb().Hashes(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestThriftyMergeIsAsAnyOther publishes the same runs, the last of them older,
// to a database with all memory and to one with hardly any.
func TestThriftyMergeIsAsAnyOther(t *testing.T) {
	slow(t)
	t.Parallel()
	publish := func(t *testing.T, s store, i, hours int, planFor int64) map[string]TableHash {
		run, at := fmt.Sprintf("r%d", i), hour(hours)
		batches := emptied(t, run, at)
		for _, name := range []string{"spaces", "users", "topics", "api_requests", "runs"} {
			table := schemas.Lookup(name)
			batches = append(batches, batchOf(t, table, sample(table, 60+20*i, run, at)))
		}
		d := s.duckdb()
		d.cfg.planFor = planFor
		if err := d.Publish(context.Background(), s.commit(run, batches)); err != nil {
			t.Fatal(err)
		}
		return hashes(t, s)
	}
	ample, times := newStore(t), []int{0, 2, 1}
	if long() {
		times = []int{0, 2, 3, 1}
	}
	var wants []map[string]TableHash
	for i, hours := range times {
		wants = append(wants, publish(t, ample, i, hours, 0))
	}
	oneMode(t, 1, func(t *testing.T, thrifty store) {
		for i, hours := range times {
			if d := cmp.Diff(wants[i], publish(t, thrifty, i, hours, 1<<18)); d != "" {
				t.Fatalf("after run %d (-ample +thrifty):\n%s", i, d)
			}
		}
		if got := merge.SharesOf(120, 0, 50, 1<<18); got < 2 {
			t.Errorf("%d share: the test has to have several", got)
		}
		if left := thrifty.beside(); left != nil {
			t.Errorf("%v is left beside the database", left)
		}
	})
}

func TestMemoryFitsTheJob(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit        string
		fillers      int
		fill, merged string // memory
	}{
		{"", 2, "167772160B", ""},
		{"80%", 2, "167772160B", ""},
		{"1GiB", 2, "167772160B", "1073741824B"},
		{"256MiB", 2, "167772160B", "268435456B"},
		{"100MiB", 1, "104857600B", "134217728B"},
		{"67108864B", 1, "67108864B", "134217728B"},
	} {
		cfg := Config{MemoryLimit: c.limit}
		fillers, filling := cfg.filling()
		if fillers != c.fillers || limitOf(filling) != c.fill || limitOf(cfg.merging()) != c.merged {
			t.Errorf("memory limit %q: got %d at a time with %q, to merge %q; want %+v", c.limit, fillers, limitOf(filling), limitOf(cfg.merging()), c)
		}
	}
}

func limitOf(settings []setting) string {
	for _, s := range settings {
		if s.name == "memory_limit" {
			return s.value
		}
	}
	return ""
}
