package health

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/pipeline/landing"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

func TestKnownLiveSpacesAreLookedUpFirst(t *testing.T) {
	st := &State{Spaces: map[string]*SpaceState{
		"1a": {State: "ended"}, "1b": {State: "scheduled"}, "1c": {State: "live"}, "1d": {State: "live"},
	}}
	plan := store.Plan{Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: []string{"1z", "1b", "1y"}}}}
	if got, want := strings.Join(st.Seeds(plan)[0].IDs, ","), "1c,1d,1b,1z,1y,1a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What answers call an id need not be one: it never reaches a request.
func TestSeedsLeaveOutWhatCannotBeAskedFor(t *testing.T) {
	st := &State{Spaces: map[string]*SpaceState{"1234567890123456": {State: "live"}, "1.5e12": {State: "live"}, "1a": {State: "live"}}}
	plan := store.Plan{Seeds: []schemas.Request{{Endpoint: schemas.Spaces, IDs: []string{"not one", "1b"}}}}
	if got := st.Seeds(plan); len(got) != 1 || strings.Join(got[0].IDs, ",") != "1a,1b" {
		t.Errorf("got %+v, want 1a and 1b", got)
	}
}

// The answers to a lookup of one Space.
const (
	found   = `{"data":{"id":"1a","state":"live"}}`
	over    = `{"data":{"id":"1a","state":"ended"}}`
	unknown = `{"errors":[{"type":"https://api.x.com/2/problems/resource-not-found","resource_id":"1a"}]}`
	silent  = `{"meta":{"result_count":0}}`
)

// answer is one answer of a run.
type answer struct {
	at   time.Duration // since the first run
	body string
}

// answers are a run's: each of a request of its own, so that all count.
func answers(t *testing.T, locked *store.Locked, outcome func(*store.Manifest), all ...answer) {
	t.Helper()
	start := time.Date(2026, 8, 1, 10, 0, 0, 0, time.UTC)
	planned, err := locked.Begin(store.Planned{Plan: store.Plan{Job: "test", Tweets: true}}, "test", start.Add(all[0].at))
	if err != nil {
		t.Fatal(err)
	}
	l, err := landing.Open(locked, planned.Run.RunID, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i, a := range all {
		r := schemas.Request{Endpoint: schemas.Spaces, IDs: []string{"1a", fmt.Sprint("other", i)}}
		if err := l.Put(schemas.Page{RunID: planned.Run.RunID, ID: r.ID(), Request: r, Status: 200, FetchedAt: start.Add(a.at), Body: json.RawMessage(a.body)}); err != nil {
			t.Fatal(err)
		}
	}
	m := &store.Manifest{Run: planned.Run, Plan: planned.Plan}
	m.Run.Outcome, m.Run.Pages = schemas.Done, len(all)
	if outcome != nil {
		outcome(m)
	}
	if err := store.WriteJSON(locked.RunFile(m.Run.RunID, "manifest.json"), m, nil); err != nil {
		t.Fatal(err)
	}
}

// One answer that does not know a Space may be wrong: it is asked for again, and
// gone since the first of two such answers.
func TestGoneTakesASecondLook(t *testing.T) {
	const hour, second = time.Hour, time.Second
	for _, c := range []struct {
		name string
		runs [][]answer
		want string
	}{
		{"once", [][]answer{{{0, found}, {second, unknown}}}, "missed 10:00:01"},
		{"twice in a run, at once", [][]answer{{{0, found}, {second, unknown}, {2 * second, unknown}}}, "missed 10:00:01"},
		{"twice in a run, minutes apart", [][]answer{{{0, found}, {second, unknown}, {61 * second, unknown}}}, "gone 10:00:01"},
		{"in two runs", [][]answer{{{0, found}}, {{hour, unknown}}, {{hour + second, unknown}}}, "gone 11:00:00"},
		{"seen between", [][]answer{{{0, found}, {second, unknown}}, {{hour, found}}, {{2 * hour, unknown}}}, "missed 12:00:00"},
		{"seen after it was gone", [][]answer{{{0, found}}, {{hour, unknown}}, {{2 * hour, unknown}}, {{3 * hour, found}}}, "open"},
		{"without a word", [][]answer{{{0, found}}, {{hour, silent}}, {{2 * hour, silent}}}, "open"},
	} {
		locked := newStore(t)
		for _, run := range c.runs {
			answers(t, locked, nil, run...)
		}
		st, err := UpdateState(t.Context(), locked)
		if err != nil {
			t.Fatal(err)
		}
		got := "open"
		switch s := st.Spaces["1a"]; {
		case s.Gone != nil:
			got = "gone " + s.Gone.Format(time.TimeOnly)
		case s.Missed != nil:
			got = "missed " + s.Missed.Format(time.TimeOnly)
		}
		asked := len(st.Seeds(store.Plan{})) > 0
		if got != c.want || asked == strings.HasPrefix(got, "gone") {
			t.Errorf("%s: got %s, asked for again %v; want %s", c.name, got, asked, c.want)
		}
		if again, err := ReadState(t.Context(), locked.Dir); err != nil || store.Checksum(again) != store.Checksum(st) || len(again.Runs) != len(c.runs) {
			t.Errorf("%s: read from its file it is %+v, %v", c.name, again, err)
		}
	}
}

// A run that cannot go on is not read again, though it is not complete; the last
// look at an ended Space is one of a run that asked for all it was to ask for.
func TestRunsThatCannotGoOnArePassedBy(t *testing.T) {
	for _, c := range []struct {
		name        string
		manifest    func(*store.Manifest)
		runs        int
		final, last bool
	}{
		{"done", nil, 2, true, false},
		{"done with gaps", func(m *store.Manifest) { m.Run.Outcome = schemas.DoneWithGaps }, 2, true, false},
		{"given up", func(m *store.Manifest) { m.Run.Outcome, m.ClosedBy = schemas.Waiting, store.Abandoned }, 2, false, true},
		{"stopped", func(m *store.Manifest) { m.Run.Outcome = schemas.Waiting }, 2, false, true},
	} {
		locked := newStore(t)
		answers(t, locked, c.manifest, answer{0, over})
		answers(t, locked, nil, answer{time.Hour, silent})
		if err := Settle(t.Context(), locked, nil); err != nil {
			t.Fatal(err)
		}
		st, err := ReadState(t.Context(), locked.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if s := st.Spaces["1a"]; len(st.Runs) != c.runs || s.Final != c.final || len(st.Seeds(store.Plan{Tweets: true})) > 0 != c.last {
			t.Errorf("%s: %d runs counted, %+v, asked for %v", c.name, len(st.Runs), s, st.Seeds(store.Plan{Tweets: true}))
		}
	}
}

// A file of a version that knew no second look opens as it is: what was gone
// stays gone.
func TestStateOfBeforeOpens(t *testing.T) {
	locked := newStore(t)
	answers(t, locked, nil, answer{0, found})
	runs, err := locked.Runs()
	if err != nil {
		t.Fatal(err)
	}
	old := fmt.Sprintf(`{"runs":[%q],"spaces":{"1a":{"state":"live","seen_at":"2026-08-01T10:00:00Z","gone":"2026-08-01T11:00:00Z"}}}`, runs[0])
	if err := os.WriteFile(locked.File(stateFile), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := ReadState(t.Context(), locked.Dir)
	if err != nil || st.Spaces["1a"].Gone == nil || len(st.Seeds(store.Plan{})) != 0 {
		t.Errorf("got %+v, %v; want 1a gone", st.Spaces["1a"], err)
	}
}
