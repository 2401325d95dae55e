package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/facts"
	"github.com/spacesetl/spacesetl/pipeline/money"
	"github.com/spacesetl/spacesetl/schemas"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// still is a watch whose clock stands until it sleeps.
func still(t *testing.T, p Pace, limit int) (w *Watch, now *time.Time, said *[]string) {
	t.Helper()
	now, said = new(time.Time), new([]string)
	*now = noon
	w = New(Config{
		Pace: p, Window: func(schemas.Endpoint) Window { return Window{Limit: limit, Left: limit} }, Now: func() time.Time { return *now },
		Sleep: func(_ context.Context, d time.Duration) error { *now = now.Add(d); return nil },
		Stop:  t.Context(), Say: func(text string) { *said = append(*said, text) },
	})
	w.Run(noon)
	return w, now, said
}

// page is what an answer at a time says.
func page(at time.Time, spaces ...facts.Space) *facts.Facts {
	return &facts.Facts{Request: schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"a", "b"}}, OK: true, BilledAt: at, Spaces: spaces}
}

// Which Spaces are looked at, and until when.
func TestWhoIsLookedAt(t *testing.T) {
	minutes := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	live, ended := facts.Space{ID: "a", State: "live"}, facts.Space{ID: "a", State: "ended"}
	gone := func(n int) *facts.Facts {
		f := page(minutes(n))
		f.Missing = []string{"a"}
		return f
	}
	absent := func(n int) *facts.Facts {
		f := page(minutes(n))
		f.Absent = []string{"a"}
		return f
	}
	refused := page(minutes(1))
	refused.Request.IDs, refused.Refused = []string{"a"}, &facts.Refusal{}
	found := page(minutes(2), ended)
	found.Request.Endpoint = schemas.Search
	planned := page(noon, facts.Space{ID: "a", State: "scheduled", Planned: minutes(30)})
	for name, c := range map[string]struct {
		pages []*facts.Facts
		at    map[int]bool // by minute, each in turn
	}{
		"live":                    {[]*facts.Facts{page(noon, live)}, map[int]bool{1: true, 2: true}},
		"ended gets a last look":  {[]*facts.Facts{page(noon, live), page(minutes(1), ended)}, map[int]bool{1: true}},
		"which is not a search's": {[]*facts.Facts{page(noon, live), page(minutes(1), ended), found}, map[int]bool{2: true}},
		"and no more":             {[]*facts.Facts{page(noon, live), page(minutes(1), ended), page(minutes(2), ended)}, map[int]bool{3: false}},
		"an older answer":         {[]*facts.Facts{page(minutes(1), ended), page(noon, live)}, map[int]bool{3: true}},
		"ended when it was found": {[]*facts.Facts{page(noon, ended)}, map[int]bool{1: false}},
		"not known once":          {[]*facts.Facts{page(noon, live), gone(1)}, map[int]bool{2: true}},
		"not known twice":         {[]*facts.Facts{page(noon, live), gone(1), gone(2)}, map[int]bool{3: false}},
		"left out, less often":    {[]*facts.Facts{page(noon, live), absent(1), absent(2), absent(3)}, map[int]bool{4: true, 5: false, 8: false, 9: true}},
		"refused":                 {[]*facts.Facts{page(noon, live), refused}, map[int]bool{2: false}},
		"planned, and late":       {[]*facts.Facts{planned}, map[int]bool{5: false, 24: false, 25: true, 26: true, 44: true, 46: false, 50: true, 51: false, 95: false}},
		"forgotten after a day":   {[]*facts.Facts{page(noon, live)}, map[int]bool{1: true, 24 * 60: true, 24*60 + 1: false}},
	} {
		w, _, _ := still(t, Pace{time.Minute, 5 * time.Minute}, 300)
		for _, f := range c.pages {
			w.Saw(f)
		}
		var at []int
		for minute := range c.at {
			at = append(at, minute)
		}
		slices.Sort(at)
		for _, minute := range at {
			if got := len(w.due(minutes(minute), true)) == 1; got != c.at[minute] {
				t.Errorf("%s: after %d minutes due is %v", name, minute, got)
			}
		}
	}
}

// What does not fit the rate windows is looked at less often, evenly, at times that do not
// depend on who began when.
func TestThePaceIsStretchedEvenly(t *testing.T) {
	w, now, said := still(t, Pace{30 * time.Second, 5 * time.Minute}, 300)
	for i := range 1800 {
		w.Saw(page(noon, facts.Space{ID: fmt.Sprint("s", i), State: "live"}))
	}
	*now = noon.Add(7 * time.Second)
	var at []time.Time
	asked := 0
	for {
		requests := w.look(t.Context())
		if requests == nil {
			break
		}
		at, asked = append(at, *now), asked+len(requests)
		if r := requests[0]; len(r.IDs) != schemas.MaxIDs || r.Look != now.Unix() || r.ID() == (schemas.Request{Endpoint: r.Endpoint, IDs: r.IDs}).ID() {
			t.Fatalf("got %+v", r)
		}
	}
	for i, one := range at[1:] {
		if step := one.Sub(at[i]); step != time.Minute {
			t.Errorf("look %d came after %s, want a minute", i+1, step)
		}
	}
	if asked != 59*18 || at[0] != noon.Add(time.Minute) || *now != noon.Add(time.Hour) {
		t.Errorf("%d lookups from %s, until %s", asked, at[0], *now)
	}
	if len(*said) != 1 || !strings.Contains((*said)[0], "1800 Spaces every 1m0s, since more do not fit 300 requests in 15 minutes") {
		t.Errorf("said %q", *said)
	}
}

// Without a token the run is over at once: nothing is spread over no requests.
func TestNoTokenIsTheEnd(t *testing.T) {
	w, now, said := still(t, Pace{30 * time.Second, 5 * time.Minute}, 0)
	w.Saw(page(noon, facts.Space{ID: "a", State: "live"}))
	if got := w.stretched(); got != 30*time.Second || len(*said) > 0 {
		t.Errorf("a look every %s, said %q", got, *said)
	}
	if r := w.look(t.Context()); r != nil || !now.Equal(noon) {
		t.Errorf("looked with %+v after %s", r, now.Sub(noon))
	}
}

// A window that others have used is spread until its reset.
func TestAWindowThatOthersUsed(t *testing.T) {
	for _, c := range []struct {
		left, rest int // seconds
		want       time.Duration
	}{{300, 900, 4 * time.Second}, {10, 600, time.Minute}, {0, 100, 100 * time.Second}, {100, -5, 4 * time.Second}} {
		w := Window{Limit: 300, Left: c.left, Reset: noon.Add(time.Duration(c.rest) * time.Second)}
		if got := rounded(w.fits(1, noon)); got != c.want {
			t.Errorf("%d left for %ds: got %s, want %s", c.left, c.rest, got, c.want)
		}
	}
}

func TestAForecastSaysWhatLooksCost(t *testing.T) {
	f := Forecast{Pace: Pace{30 * time.Second, 5 * time.Minute}, Live: 20, Planned: 3, Limit: 300, Prices: schemas.DefaultPrices(), Budget: money.Budget{Day: 10 * schemas.Dollar}}
	text := strings.Join(f.Lines(), "\n")
	for _, want := range []string{"30000 looks: up to 900 live Spaces", "$0.66 an hour if X bills each look, $0.005 a day", "20 live Spaces (live when last seen): $0.10 to $13.20 in an hour", "3 scheduled Spaces", "lasts 45m"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestSparklines(t *testing.T) {
	var points []point
	for _, n := range []int64{9, 0, 50, 100, 25} {
		points = append(points, point{noon, n})
	}
	for width, want := range map[int]string{10: "▁▁▄█▂", 3: "▄█▂", 0: ""} {
		if got := sparkline(points, width); got != want {
			t.Errorf("%d columns: got %q, want %q", width, got, want)
		}
	}
}

// A run that is gone on with looks at once where a look was missed, and else when the
// next is due.
func TestAMissedLookIsTakenAtOnce(t *testing.T) {
	for missed, want := range map[time.Duration]time.Duration{20 * time.Second: 30 * time.Second, 50 * time.Second: 50 * time.Second} {
		w, now, _ := still(t, Pace{30 * time.Second, 5 * time.Minute}, 300)
		f := page(noon, facts.Space{ID: "a", State: "live"})
		f.Request.Look = noon.Unix()
		w.Saw(f)
		*now = noon.Add(missed)
		if r := w.look(t.Context()); len(r) != 1 || now.Sub(noon) != want || r[0].Look != noon.Add(30*time.Second).Unix() {
			t.Errorf("gone on with after %s: %+v after %s", missed, r, now.Sub(noon))
		}
		if r := w.look(t.Context()); len(r) != 1 || r[0].Look != noon.Add(time.Minute).Unix() {
			t.Errorf("then %+v", r)
		}
	}
}
