package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/load/duckdb"
)

// told is a sentence of the first screen about looks and counts of Spaces a day.
func told(t *testing.T, tell func(*data) ([]cell, error), zone *time.Location, looks []look, days map[string]int64) string {
	t.Helper()
	d := &data{zone: zone, now: looks[0].at, looks: func() ([]look, error) { return looks, nil }}
	d.counts = func() (map[string][]counted, error) {
		counts := map[string][]counted{}
		for day, n := range days {
			counts["day"] = append(counts["day"], counted{"day", day, n, 0})
		}
		return counts, nil
	}
	cells, err := tell(d)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, c := range cells {
		said.WriteString(c.Text)
	}
	return said.String()
}

// looksUntil are looks every so many hours, the latest first, with ever fewer people.
func looksUntil(last time.Time, hours, n int) (looks []look) {
	for i := range n {
		at := last.Add(-time.Duration(i*hours) * time.Hour)
		looks = append(looks, look{began: at, at: at, spaces: 1, people: int64(1000 - i)})
	}
	return looks
}

// What there is to compare with is the same hour and weekday if the store has seen
// it twice, or all that is earlier, or nothing, which is said.
func TestTheLastLookIsComparedWithEarlierOnes(t *testing.T) {
	tuesday := time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		looks []look
		want  string
	}{
		{looksUntil(tuesday, 24, 22), "1,000 people were in live Spaces at 14:30 UTC; at that hour of the 3 Tuesdays before it was 979 to 993: more than any of them."},
		{looksUntil(tuesday, 24, 5), "1,000 people were in live Spaces at 14:30 UTC; the 4 runs before had 996 to 999: more than any of them."},
		{looksUntil(tuesday, 24, 2), "1,000 people were in live Spaces at 14:30 UTC; the run before had 999."},
		{looksUntil(tuesday, 24, 1), "There are no earlier runs to compare with: this was the first that saw Spaces."},
	} {
		if got := told(t, againstRuns, time.UTC, c.looks, nil); got != c.want {
			t.Errorf("%d looks: got %q, want %q", len(c.looks), got, c.want)
		}
	}
}

// A day is compared with days that were looked at from their beginning, in the zone.
func TestADayIsComparedWithEarlierOnes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	days := map[string]int64{}
	for n := range 31 {
		days[fmt.Sprintf("2026-10-%02d", n+1)] = 7
		days[fmt.Sprintf("2026-11-%02d", n+1)] = int64(n % 5)
	}
	days["2026-11-24"] = 14
	for _, c := range []struct {
		last time.Time
		days int // of looking
		want string
	}{
		{time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC), 25, "14 Spaces began on Tuesday by 15:30; the 3 Tuesdays before had 1 to 4: more than any of them."},
		{time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC), 6, "14 Spaces began on Tuesday by 15:30; the 5 days before had 0 to 4: more than any of them."},
		{time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC), 2, "14 Spaces began on Tuesday by 15:30; the day before had 2."},
		{time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC), 1, "14 Spaces began on Tuesday by 15:30. There is no earlier day, looked at from its beginning, to compare with."},
		{time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC), 6, "14 Spaces began on Tuesday; the 4 days before had 0 to 4: more than any of them."},
	} {
		if got := told(t, againstDays, berlin, looksUntil(c.last, 24, c.days+1), days); got != c.want {
			t.Errorf("%s after %d days: got %q, want %q", c.last, c.days, got, c.want)
		}
	}
}

// What comes up is after the last look and after now. Times are of the zone.
func TestWhatComesUpIsToCome(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 60})
	s.clock = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) // what it has planned is to come
	s.must(s.run(s.everything()))
	s.says(s.make(nil), "Coming up Next is ", "; times of UTC.", "There are no earlier runs to compare with", "Live Spaces were seen once so far: ")
	s.says(s.make(func(cfg *Config) {
		cfg.Now, cfg.Zone = cfg.Now.AddDate(1, 0, 0), time.FixedZone("Asia/Tokyo", 9*3600)
	}), "No Space is known that is planned for after ", "; times of Asia/Tokyo.")
}

// Slices of time add up what runs do, where there is one look in each.
func TestSlicesOfTimeAddUpAsRunsDo(t *testing.T) {
	s := newStory(t, simulator.Config{Spaces: 60})
	s.must(s.run(s.everything()))
	db, err := duckdb.OpenReader(t.Context(), duckdb.ReaderConfig{Path: s.store.DuckDB()})
	s.must(err)
	defer db.Close()
	runs, err := newData(t.Context(), db, time.UTC, s.peek()).looks()
	s.must(err)
	slices, err := rows(t.Context(), db, (*look).into, sliceSQL(24*time.Hour))
	s.must(err)
	if len(runs) != 1 || len(slices) != 1 || slices[0].people != runs[0].people || slices[0].spaces != runs[0].spaces || slices[0].people == 0 {
		t.Errorf("slices %+v, runs %+v", slices, runs)
	}
}
