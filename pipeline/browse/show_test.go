package browse

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestChartFitsItsValues(t *testing.T) {
	for _, c := range []struct {
		values []float64
		dots   int
		ticks  string
	}{
		{nil, 0, ""}, {[]float64{0}, 1, "0 1"}, {[]float64{7}, 1, "0 5 10"}, {[]float64{738, 738}, 2, "0 500 1k"},
		{[]float64{0, 4742, 6000}, 3, "0 2k 4k 6k"}, {[]float64{142_044_140}, 1, "0 50M 100M 150M"}, {make([]float64, 81), 0, "0 1"},
	} {
		var rows []record
		for i, v := range c.values {
			at := time.Date(2026, 1, 1, i, 0, 0, 0, time.UTC)
			rows = append(rows, record{"at": {Text: fmt.Sprint(at.UnixMicro())}, "n": {Text: fmt.Sprint(int64(v))}})
		}
		rows = append(rows, record{"at": {Text: "0"}, "n": {Null: true}})
		got := newChart("values", rows, "n")
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
		if len(got.Dots) != c.dots || strings.Join(ticks, " ") != c.ticks || len(strings.Fields(got.Line)) != len(c.values) {
			t.Errorf("%v: %d dots, ticks %q, line %.60q; want %d and %q", c.values, len(got.Dots), ticks, got.Line, c.dots, c.ticks)
		}
		if strings.Contains(got.Line, "NaN") || strings.Contains(got.Line, "-") {
			t.Errorf("%v: the line leaves the picture: %s", c.values, got.Line)
		}
	}
}

func TestInitialsStandForPeople(t *testing.T) {
	for name, want := range map[string]string{
		"Ana Silva": "AS", "ana": "A", "Dr. Eva van Dam": "DE", "🚀 Bo": "B", "🚀": "?", "": "U", "李 小龙": "李小", "<b> x": "BX", "  ": "U",
	} {
		if got := initials(record{"name": {Text: name}, "username": {Text: "user"}}); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestDurationsAreTold(t *testing.T) {
	for minutes, want := range map[string]string{"0": "0 min", "59.4": "59 min", "60": "1 h 00 min", "234": "3 h 54 min", "-5": "-5 min", "": "–"} {
		if got := showDuration(cell{Text: minutes}); got != want {
			t.Errorf("%s minutes: got %q, want %q", minutes, got, want)
		}
	}
}
