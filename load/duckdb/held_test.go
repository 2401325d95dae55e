package duckdb

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

// A process sees what was in the database when it opened it, by a second connection,
// too; when all are closed, the next sees what was published since.
func TestAHeldConnectionSeesWhatItOpened(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	publish := func(run, id string) {
		s.publish(run, batchOf(t, schemas.Lookup("spaces"), []row{{"space_id": id, "state": "live", "_run_id": run, "_page_id": "p", "_fetched_at": noon}}))
	}
	look := func(db *sql.DB) (ids []string) {
		t.Helper()
		rows, err := db.Query("SELECT space_id FROM spaces ORDER BY ALL")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	open := func() *sql.DB {
		db, err := sql.Open("duckdb", s.path+"?access_mode=read_only")
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	publish("r1", "A")
	held := open()
	if d := cmp.Diff([]string{"A"}, look(held)); d != "" {
		t.Fatal(d)
	}
	publish("r2", "B")
	second := open()
	for name, db := range map[string]*sql.DB{"held": held, "second": second} {
		if d := cmp.Diff([]string{"A"}, look(db)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	_, _ = held.Close(), second.Close()
	last := open()
	defer last.Close()
	if d := cmp.Diff([]string{"A", "B"}, look(last)); d != "" {
		t.Errorf("when all are closed (-want +got):\n%s", d)
	}
}
