package money

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spacesetl/spacesetl/schemas"
)

func TestDifferencesAreCountedFromTheRange(t *testing.T) {
	for api, want := range map[int64]int64{0: -10, 9: -1, 10: 0, 15: 0, 20: 0, 21: 1} {
		if got := reconciled("", 10, 20, api).Difference; got != want {
			t.Errorf("10 to 20 and %d: difference %d, want %d", api, got, want)
		}
	}
}

// A day that the API leaves out, or does not count yet, is not passed over.
func TestADayLeftOutIsCompared(t *testing.T) {
	l := NewLedger()
	for _, day := range []string{"2026-11-19", "2026-11-21", "2026-11-22"} {
		line := &Line{Day: day, Object: schemas.Tweet, Returned: 5}
		for view := range line.New {
			line.New[view] = 5
		}
		l.Lines = append(l.Lines, line)
	}
	got := Reconcile(l, Reported{Object: schemas.Tweet, Days: map[string]int64{"2026-11-20": 0, "2026-11-21": 5}}, schemas.DefaultPrices(), time.Now())
	want := []Reconciled{{"2026-11-20", 0, 0, 0, 0}, {"2026-11-21", 5, 5, 5, 0}, {"2026-11-22", 5, 5, 0, -5}}
	if diff := cmp.Diff(want, got.Days); diff != "" || got.Total.Difference != -5 || got.Older == nil || got.Older.Low != 5 {
		t.Errorf("got %+v (-want +got):\n%s", got, diff)
	}
}

func TestCycleBeginsOnItsDay(t *testing.T) {
	for _, c := range []struct {
		today string
		reset int
		want  string
	}{
		{"2026-11-22", 1, "2026-11-01"}, {"2026-11-22", 22, "2026-11-22"}, {"2026-11-22", 23, "2026-10-23"},
		{"2026-03-01", 31, "2026-02-28"}, {"2026-01-05", 28, "2025-12-28"}, {"2026-02-28", 30, "2026-02-28"},
	} {
		today, _ := time.Parse(time.DateOnly, c.today)
		if got := cycleStart(today, c.reset); got != c.want {
			t.Errorf("%s, day %d: got %s, want %s", c.today, c.reset, got, c.want)
		}
	}
}
