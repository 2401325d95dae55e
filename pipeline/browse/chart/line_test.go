package chart

import (
	"strings"
	"testing"
	"time"
)

func TestALineFitsItsValues(t *testing.T) {
	for _, c := range []struct {
		values []float64
		dots   int
		ticks  string
	}{
		{nil, 0, ""}, {[]float64{7}, 0, ""}, {[]float64{0, 0}, 2, "0 1"}, {[]float64{738, 738}, 2, "0 500 1k"},
		{[]float64{0, 4742, 6000}, 3, "0 2k 4k 6k"}, {[]float64{1, 142_044_140}, 2, "0 50M 100M 150M"}, {make([]float64, 81), 0, "0 1"},
	} {
		var points []Point
		for i, v := range c.values {
			points = append(points, Point{time.Date(2026, 1, 1, i, 0, 0, 0, time.UTC), v})
		}
		got := Line("People", points, 0)
		if len(c.values) == 0 {
			if got != nil {
				t.Errorf("a chart of nothing: %+v", got)
			}
			continue
		}
		var ticks []string
		for _, tick := range got.Ticks {
			ticks = append(ticks, tick.Label)
		}
		line, drawn := strings.Join(got.Lines, "|"), len(c.values)
		if drawn == 1 {
			drawn = 0
		}
		if len(got.Dots) != c.dots || strings.Join(ticks, " ") != c.ticks || len(strings.Fields(line)) != drawn {
			t.Errorf("%v: %d dots, ticks %q, line %.60q; want %d and %q", c.values, len(got.Dots), ticks, line, c.dots, c.ticks)
		}
		if strings.Contains(line, "NaN") || strings.Contains(line, "-") {
			t.Errorf("%v: the line leaves the picture: %s", c.values, line)
		}
	}
}

// Where nobody looked is a hole, and one sighting is a sentence.
func TestALineSaysWhatItShows(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	got := Line("People", []Point{{at, 5}, {at.Add(time.Hour), 9}, {at.Add(5 * time.Hour), 1}}, time.Hour)
	if want := "People: at most 9, at 01:00 UTC on 1 Jan 2026; 3 values, the last 1."; len(got.Lines) != 1 || len(got.Dots) != 3 || got.Caption != want {
		t.Errorf("got %d lines, %q; want 1 and a dot, %q", len(got.Lines), got.Caption, want)
	}
	once := Line("People", []Point{{at, 5}}, time.Hour)
	if want := "People: 5, seen once, at 00:00 UTC on 1 Jan 2026."; len(once.Lines) != 0 || once.Caption != want {
		t.Errorf("got %d lines, %q; want 0, %q", len(once.Lines), once.Caption, want)
	}
}

func TestADayHasAColumnForEachHour(t *testing.T) {
	if Day("Spaces", [24]float64{}) != nil {
		t.Error("a chart of no Spaces")
	}
	got := Day("Spaces", [24]float64{3: 2, 23: 7})
	if want := "Most begin between 23:00 and 00:00 UTC: 7 of 9."; got.Caption != want || len(got.Bars) != 24 || len(got.Rows) != 24 {
		t.Errorf("got %q, %d bars, %d rows; want %q, 24, 24", got.Caption, len(got.Bars), len(got.Rows), want)
	}
}
