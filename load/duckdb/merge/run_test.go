package merge

import (
	"slices"
	"testing"

	"github.com/spacesetl/spacesetl/schemas"
)

// Sightings of objects are taken out once for all their lists, at the first of them: by
// then they must have been merged.
func TestParentsStandBeforeTheirLists(t *testing.T) {
	t.Parallel()
	var before []*schemas.Table
	for _, table := range schemas.Tables() {
		for _, parent := range schemas.Tables() {
			if (merge{table: table}).positions(parent) != "" && !slices.Contains(before, parent) {
				t.Errorf("%s stands before %s, whose lists it has", table.Name, parent.Name)
			}
		}
		before = append(before, table)
	}
}

func TestMergeIsThriftyWhereUpdatesDoNotFit(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct {
		rows, stored, limit int64
		thrifty             bool
		shares              int
	}{
		{300, 300, 128 * mib, false, 1},
		{40_000, 300_000, 128 * mib, true, 1},
		{40_000, 300_000, 1024 * mib, false, 1},
		{40_000, 3_000_000, 1024 * mib, true, 1},
		{40_000, 300_000, 0, false, 1},
		{40_000, 3_000_000, 0, true, 1},
		{1_000_000, 3_000_000, 128 * mib, true, 20},
		{1_000_000, 3_000_000, 1024 * mib, true, 3},
	} {
		const columns = 50
		thrifty, shares := isThrifty(updated(c.rows, c.stored, columns), c.limit), SharesOf(c.rows, c.rows*200, columns, c.limit)
		if thrifty != c.thrifty || shares != c.shares {
			t.Errorf("%+v: got thrifty %v, %d shares", c, thrifty, shares)
		}
	}
}

// A file with rows of several runs is read once, for those alone that name it.
func TestJoinedFilesAreReadOnce(t *testing.T) {
	t.Parallel()
	load := func(run string, only bool, path string) schemas.Load {
		return schemas.Load{RunID: run, Only: only, Parts: []schemas.Part{{Table: "users", Path: path, Rows: 1}}}
	}
	r := Run{Several: []schemas.Load{load("a", true, "month"), load("b", true, "month"), load("c", true, "day"), load("d", false, "own")}}
	rows, err := r.Rows()
	if err != nil {
		t.Fatal(err)
	}
	const want = "(FROM read_parquet(['own'], hive_partitioning = false)" +
		" UNION ALL BY NAME FROM (FROM read_parquet(['month'], hive_partitioning = false) WHERE _run_id IN ('a', 'b'))" +
		" UNION ALL BY NAME FROM (FROM read_parquet(['day'], hive_partitioning = false) WHERE _run_id IN ('c')))"
	if rows["users"] != want || rows["spaces"] != "" || r.Count(schemas.Lookup("users")) != 4 {
		t.Errorf("got %s, want %s", rows["users"], want)
	}
}
