package jobs_test

import (
	"database/sql"
	"fmt"
	"net/http/httptest"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// hours is how long the job of TestHourlyJob runs; in full every hour.
const hours = 30

// hourly is a job that runs every hour in a world that goes on.
type hourly struct {
	*testing.T
	world *simulator.Simulator
	now   time.Time
	spec  jobs.Spec
	// final are the Spaces that need not be asked for any more: seen ended, or
	// asked for in vain twice after they were seen.
	final map[string]bool
	looks int            // that a Space which is over takes
	vain  map[string]int // looks at Spaces that are over
	seen  map[string]int // Spaces and how many runs saw each
}

// A job that runs every hour follows Spaces from their plan to their end, asks
// for none again that is over, and its tables are right after every run.
func TestHourlyJob(t *testing.T) {
	slow(t)
	t.Parallel()
	for gone, runs := range map[string]int{simulator.GoneError: inFull(hours, hours/6), simulator.GoneReturn: inFull(hours/3, hours/6)} {
		if scratchtest.Racing && gone != simulator.GoneError {
			continue
		}
		t.Run("ended Spaces: "+gone, func(t *testing.T) {
			t.Parallel()
			h := newHourly(t, gone)
			for hour := range runs {
				h.run(hour)
				h.now = h.now.Add(time.Hour * time.Duration(hours/runs))
			}
			if len(h.final) < 20 {
				t.Errorf("%d Spaces came to their end in %d hours: the world is too slow for this test", len(h.final), hours)
			}
		})
	}
}

func newHourly(t *testing.T, gone string) *hourly {
	t.Helper()
	h := &hourly{
		T: t, now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		final: map[string]bool{}, seen: map[string]int{}, vain: map[string]int{}, looks: 2,
	}
	if gone == simulator.GoneReturn {
		h.looks = 1
	}
	h.world = simulator.New(simulator.Config{
		Spaces: 120, NoRateLimits: true, Evolve: true, EvolveOver: (hours - 4) * time.Hour, Ended: gone,
		Now: func() time.Time { return h.now },
	})
	server := httptest.NewServer(h.world)
	t.Cleanup(server.Close)
	h.spec = jobs.Spec{
		Name: "hourly", Store: t.TempDir(), BaseURL: server.URL, Follow: jobfile.FollowOpen,
		IDs: append(h.world.SpaceIDsByState("live", 10), h.world.SpaceIDsByState("ended", 5)...), Creators: h.world.CreatorIDs(40),
	}
	h.spec.Defaults()
	return h
}

// run is one hour: a run, and what must hold after it.
func (h *hourly) run(hour int) {
	h.Helper()
	h.world.Reset()
	r := ran(h.T, h.spec, onClock(func() time.Time { return h.now }))
	for _, id := range h.world.Served().Spaces {
		h.seen[id]++
	}
	for _, id := range h.asked() {
		if h.final[id] {
			h.Errorf("hour %d: Space %s is over, and was asked for again", hour, id)
		}
		if truth, _ := h.world.Space(id); truth.State == "ended" && h.seen[id] > 0 {
			h.vain[id]++
			h.final[id] = h.vain[id] >= h.looks
		}
	}
	h.compare(hour, r)
}

// asked lists the Spaces that this hour's run looked up by id.
func (h *hourly) asked() []string {
	var ids []string
	for _, r := range h.world.Requests() {
		u, err := url.Parse(r.URL)
		if err != nil {
			h.Fatal(err)
		}
		switch r.Endpoint {
		case "spaces":
			ids = append(ids, strings.Split(u.Query().Get("ids"), ",")...)
		case "space":
			ids = append(ids, path.Base(u.Path))
		}
	}
	return ids
}

// compare holds both destinations against the truth.
func (h *hourly) compare(hour int, r jobs.Result) {
	h.Helper()
	db, err := sql.Open("duckdb", r.DuckDB+"?access_mode=read_only&threads=1")
	if err != nil {
		h.Fatal(err)
	}
	defer db.Close()
	newest := fmt.Sprintf("(FROM read_parquet(%s) QUALIFY row_number() OVER (PARTITION BY space_id ORDER BY _fetched_at DESC, _page_id DESC) = 1)",
		schemas.QuoteText(filepath.Join(r.Parquet, "spaces", "**", "*.parquet")))
	for name, from := range map[string]string{"DuckDB": "spaces", "Parquet": newest} {
		rows, err := db.Query("SELECT space_id, state, coalesce(participant_count, -1) FROM " + from)
		if err != nil {
			h.Fatalf("hour %d: %v", hour, err)
		}
		n := 0
		for ; rows.Next(); n++ {
			var id, state string
			var people int64
			if err := rows.Scan(&id, &state, &people); err != nil {
				h.Fatal(err)
			}
			h.space(hour, name, id, state, people)
		}
		if n != len(h.seen) {
			h.Errorf("hour %d: %d Spaces in %s, %d were served", hour, n, name, len(h.seen))
		}
		if err := rows.Err(); err != nil {
			h.Fatal(err)
		}
	}
	h.snapshots(hour, db)
}

// space compares one row with the truth of this hour, or, of a Space that is
// over or gone, with what can still be known of it.
func (h *hourly) space(hour int, where, id, state string, people int64) {
	h.Helper()
	truth, ok := h.world.Space(id)
	if !ok || h.seen[id] == 0 {
		h.Errorf("hour %d: %s has a Space %s that was never served", hour, where, id)
		return
	}
	if truth.State == "ended" && state != "ended" {
		return // ended since, and not to be seen any more
	}
	if state != truth.State || !h.final[id] && people != truth.ParticipantCount {
		h.Errorf("hour %d: %s has Space %s %s with %d people; truth %s, %v", hour, where, id, state, people, truth.State, truth.ParticipantCount)
	}
}

// snapshots counts the sightings: one a run for each Space that was served.
func (h *hourly) snapshots(hour int, db *sql.DB) {
	h.Helper()
	want := 0
	for _, n := range h.seen {
		want += n
	}
	var got, open int
	if err := db.QueryRow("SELECT count(*), (SELECT count(*) FROM spaces WHERE unavailable_at IS NOT NULL AND state = 'ended') FROM space_snapshots").Scan(&got, &open); err != nil {
		h.Fatal(err)
	}
	if got != want || open > 0 {
		h.Errorf("hour %d: %d snapshots, want %d; %d ended Spaces are unavailable", hour, got, want, open)
	}
}

// The store's state is derived from the landed pages: without its file it is
// the same.
func TestStateCanBeMadeAgain(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	h := newHourly(t, simulator.GoneError)
	for hour := range 3 {
		h.run(hour)
		h.now = h.now.Add(8 * time.Hour)
	}
	dir := store.Dir(h.spec.Store)
	kept, err := health.ReadState(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, filepath.Join(h.spec.Store, "state.json"))
	again, err := health.ReadState(t.Context(), dir)
	if err != nil || len(kept.Spaces) == 0 || len(again.Spaces) != len(kept.Spaces) {
		t.Fatalf("%d Spaces, then %d: %v", len(kept.Spaces), len(again.Spaces), err)
	}
	for id, space := range kept.Spaces {
		if other := again.Spaces[id]; other.State != space.State || !other.SeenAt.Equal(space.SeenAt) || other.Final != space.Final || (other.Gone == nil) != (space.Gone == nil) {
			t.Errorf("Space %s was %+v, is %+v", id, space, other)
		}
	}
}
