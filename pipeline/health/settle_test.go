package health

import (
	"os"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// What a run that is done leaves is what its pages say: made again from them,
// the files are the same.
func TestSettledFilesAreThoseMadeAnew(t *testing.T) {
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	locked := newStore(t)
	read := func() (state, ledger string) {
		s, err1 := os.ReadFile(locked.File("state.json"))
		l, err2 := os.ReadFile(locked.File("ledger.json"))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		return string(s), string(l)
	}
	for i := range 3 {
		id := fill(t, locked, start.Add(time.Duration(i)*time.Hour), 2+i)
		planned, err := locked.Planned(id)
		if err != nil {
			t.Fatal(err)
		}
		planned.Run.Outcome, planned.Run.Pages = schemas.Done, 2+i
		if err := store.WriteJSON(locked.RunFile(id, "manifest.json"), &store.Manifest{Run: planned.Run, Plan: planned.Plan}, nil); err != nil {
			t.Fatal(err)
		}
		if err := Settle(t.Context(), locked, nil); err != nil {
			t.Fatal(err)
		}
		state, ledger := read()
		k, err := lookAt(t, locked.Dir)
		if err != nil || len(k.state.Runs) != i+1 || len(k.ledger.Runs) != i+1 || len(k.state.Spaces) != 2+i {
			t.Errorf("run %d: %d runs and %d Spaces in the state, %d runs in the ledger, %v", i+1, len(k.state.Runs), len(k.state.Spaces), len(k.ledger.Runs), err)
		}
		if err := os.Remove(locked.File("state.json")); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(locked.File("ledger.json")); err != nil {
			t.Fatal(err)
		}
		if err := Settle(t.Context(), locked, nil); err != nil {
			t.Fatal(err)
		}
		if s, l := read(); s != state || l != ledger {
			t.Errorf("run %d: settled\n%s%s\nmade anew\n%s%s", i+1, state, ledger, s, l)
		}
	}
}

// lookAt is look at a store as it is.
func lookAt(t *testing.T, d store.Dir) (derived, error) {
	t.Helper()
	runs, err := d.Runs()
	if err != nil {
		t.Fatal(err)
	}
	return look(t.Context(), d, runs)
}
