package jobs_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// The histories tell the same as looking at the tables after each run.
func TestHistoriesTellWhatEachRunChanged(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	dir, runs := changingRuns(t, inFull(8, 6))
	runs = runs[:inFull(8, 4)]
	path := filepath.Join(t.TempDir(), "spaces.duckdb")
	db, err := duckdb.OpenSQL("")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var versioned []*schemas.Table
	for _, table := range schemas.Tables() {
		if table.Versioned {
			versioned = append(versioned, table)
		}
	}
	content := func(table *schemas.Table) string {
		if !table.IsEntity() {
			return "0"
		}
		return table.ContentHash("one")
	}
	for i, parts := range runs {
		if err := duckdb.New(duckdb.Config{Path: path, Parts: dir, MemoryLimit: "1GB"}).Publish(t.Context(), parts); err != nil {
			t.Fatal(err)
		}
		executed(t, db, "ATTACH "+schemas.QuoteText(path)+" AS stored (READ_ONLY)")
		for _, table := range versioned {
			seen := fmt.Sprintf("SELECT %d AS i, %s, %s AS content FROM stored.%s AS one", i, schemas.Quote(table.Key...), content(table), table.Name)
			if i == 0 {
				executed(t, db, fmt.Sprintf("CREATE TABLE %s_seen AS %s", table.Name, seen))
			} else {
				executed(t, db, fmt.Sprintf("INSERT INTO %s_seen %s", table.Name, seen))
			}
		}
		if i < len(runs)-1 {
			executed(t, db, "DETACH stored")
		}
	}
	if long() {
		compareWithRule(t, "in order", path, dir, slices.Concat(runs...))
	}
	executed(t, db, "CREATE TABLE begun AS SELECT started_at FROM stored.runs")
	executed(t, db, "USE stored")
	index := func(at string) string {
		return "(CASE WHEN " + at + " IS NOT NULL THEN (SELECT count(*) - 1 FROM memory.begun WHERE started_at <= " + at + ") END)"
	}
	for _, table := range versioned {
		key := schemas.Quote(table.Key...)
		want := fmt.Sprintf(`SELECT %[1]s, content, min(i) AS since, nullif(max(i) + 1, %[2]d) AS until FROM (
  SELECT *, sum(began) OVER (PARTITION BY %[1]s ORDER BY i) AS version FROM (
    SELECT *, (lag(i) OVER w IS DISTINCT FROM i - 1 OR lag(content) OVER w IS DISTINCT FROM content)::INT AS began
    FROM memory.%[3]s_seen WINDOW w AS (PARTITION BY %[1]s ORDER BY i)
  )
) GROUP BY %[1]s, content, version`, key, len(runs), table.Name)
		got := fmt.Sprintf("SELECT %s, %s AS content, %s AS since, %s AS until FROM %s AS one", key, content(table), index("one.valid_from"), index("one.valid_to"), table.History())
		var versions, ended, missing, ghosts int
		if err := db.QueryRow(fmt.Sprintf("SELECT count(*), count(until), (SELECT count(*) FROM (FROM (%[1]s) EXCEPT ALL FROM (%[2]s))), (SELECT count(*) FROM (FROM (%[2]s) EXCEPT ALL FROM (%[1]s))) FROM (%[1]s)",
			want, got)).Scan(&versions, &ended, &missing, &ghosts); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d versions, %d of which ended", table.Name, versions, ended)
		if missing+ghosts > 0 || ended == 0 {
			t.Errorf("%s: of %d versions, %d ended, %d are missing, and %d are none", table.Name, versions, ended, missing, ghosts)
		}
	}
}
