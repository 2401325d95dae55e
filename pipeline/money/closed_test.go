package money

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// live runs a job every day for so many days: each run pays for a Space, and every
// tenth loses an answer, which the next has. The ledger is brought up to date
// after each.
func live(t *testing.T, locked *store.Locked, from time.Time, days int) {
	t.Helper()
	plan := store.Plan{Job: "test"}
	for i := range days {
		numbers := []int{i % 7, 100 + i/10}
		ask(t, locked, plan, from.AddDate(0, 0, i), numbers, func(n int) bool { return n < 100 || i%10 > 0 })
		if _, err := Update(t.Context(), locked); err != nil {
			t.Fatal(err)
		}
	}
}

// What nothing can change any more goes to a file that is only appended to: what is
// left to read and write grows with the days of a month, not with those of the store,
// and altogether it is what the pages say.
func TestRunsThatNothingCanChangeAreClosed(t *testing.T) {
	locked := newStore(t)
	start := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	size := func() int64 {
		info, err := os.Stat(locked.File(fileName))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	live(t, locked, start, 50)
	young := size()
	live(t, locked, start.AddDate(0, 0, 50), 50)
	if old := size(); old > young*5/4 {
		t.Errorf("%s has %d bytes after 100 days, %d after 50", fileName, old, young)
	}
	l, err := Read(t.Context(), locked.Dir)
	recent, err2 := Recent(t.Context(), locked.Dir)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	if len(l.Runs) != 100 || len(recent.Runs) > 36 || recent.Count() != 100 {
		t.Fatalf("%d runs, of which the recent are %d; want 100, and those of 35 days", len(l.Runs), len(recent.Runs))
	}
	if month := "2026-04"; recent.Cost(Pessimistic, schemas.DefaultPrices(), func(line *Line) bool { return line.Day[:7] >= month }) !=
		l.Cost(Pessimistic, schemas.DefaultPrices(), func(line *Line) bool { return line.Day[:7] >= month }) {
		t.Error("the month costs less in the recent ledger")
	}
	statement(t, locked) // holds it against one made anew
}

// The file of closed runs that is not what was written is made again, whatever
// happened to it, and what a process that died appended to it does not count.
func TestClosedRunsInDoubtAreReadAgain(t *testing.T) {
	locked := newStore(t)
	start := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	live(t, locked, start, 40)
	young, err := os.ReadFile(locked.File(fileName))
	if err != nil {
		t.Fatal(err)
	}
	live(t, locked, start.AddDate(0, 0, 40), 5)
	path := locked.File(closedName)
	text, err := os.ReadFile(path)
	ledger, err2 := os.ReadFile(locked.File(fileName))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	want := NewStatement(NewLedger(), schemas.DefaultPrices())
	for name, damage := range map[string]func() error{
		"nothing":             func() error { return nil },
		"a process that died": func() error { return os.WriteFile(locked.File(fileName), young, 0o600) },
		"another byte": func() error {
			return os.WriteFile(path, bytes.Replace(text, []byte("space"), []byte("sqace"), 1), 0o600)
		},
		"a line that is torn":    func() error { return os.Truncate(path, int64(len(text))-9) },
		"no file":                func() error { return os.Remove(path) },
		"only zeros":             func() error { return os.WriteFile(path, make([]byte, len(text)), 0o600) },
		"a line that is nothing": func() error { return os.WriteFile(path, append([]byte("null\n"), text...), 0o600) },
		"more after it":          func() error { return os.WriteFile(path, append(slices.Clip(text), "{}\n{"...), 0o600) },
	} {
		if err := errors.Join(os.WriteFile(path, text, 0o600), os.WriteFile(locked.File(fileName), ledger, 0o600), damage()); err != nil {
			t.Fatal(err)
		}
		l, err := Read(t.Context(), locked.Dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want.High == 0 {
			_ = os.Remove(locked.File(fileName))
			anew, err := Read(t.Context(), locked.Dir)
			if err != nil {
				t.Fatal(err)
			}
			want = NewStatement(anew, schemas.DefaultPrices())
		}
		a, _ := json.Marshal(NewStatement(l, schemas.DefaultPrices()))
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: the statement is\n%s\nnot\n%s", name, a, b)
		}
		statement(t, locked)
	}
}
