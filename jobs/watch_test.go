package jobs_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// fastClock is a clock that runs faster than the machine's, the same in each process.
type fastClock struct {
	Wall, Base time.Time
	Speed      int

	mu    sync.Mutex
	since time.Time     // when it was stopped; zero while it runs
	stood time.Duration // how long it was
}

func (c *fastClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := time.Now()
	if !c.since.IsZero() {
		at = c.since
	}
	return c.Base.Add((at.Sub(c.Wall) - c.stood) * time.Duration(c.Speed))
}

func (c *fastClock) sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d / time.Duration(c.Speed)):
		return nil
	}
}

// stop lets the clock stand: to load takes as long as ever.
func (c *fastClock) stop(stand bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stand && c.since.IsZero() {
		c.since = time.Now()
	} else if !stand && !c.since.IsZero() {
		c.stood += time.Since(c.since)
		c.since = time.Time{}
	}
}

// watched is a job that watches a world on a fast clock.
type watched struct {
	Spec  jobs.Spec
	Clock *fastClock
}

// options are those of the job.
func (w watched) options() jobs.Options {
	return jobs.Options{Tokens: jobs.Tokens{App: "app-token"}, Now: w.Clock.now, Client: func(cfg *extract.Config) {
		cfg.Now, cfg.Sleep, cfg.CreatorSpacing = w.Clock.now, w.Clock.sleep, time.Nanosecond
	}}
}

// childWatch is the variable that has the watch of a child process, as JSON.
const childWatch = "SPACESETL_TEST_WATCH"

// runWatchChild watches until it is told to end.
func runWatchChild(text string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var w watched
	err := json.Unmarshal([]byte(text), &w)
	if err == nil {
		err = jobs.Open(w.Spec, w.options()).Watch(ctx, jobs.WatchOptions{Standby: true})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// newWatched is a watch of all Spaces of a world whose audiences come and go.
func newWatched(t *testing.T, base time.Time, speed int, world simulator.Config) (watched, *simulator.Simulator) {
	t.Helper()
	w := watched{Clock: &fastClock{Wall: time.Now(), Base: base, Speed: speed}}
	world.Evolve, world.Crowds, world.CreatorSpacing, world.Epoch, world.Now = true, true, -1, base, w.Clock.now
	sim := simulator.New(world)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	w.Spec = jobs.Spec{Name: "curves", Store: t.TempDir(), BaseURL: server.URL, Creators: sim.CreatorIDs(min(world.Spaces, 100)), To: []string{"parquet"}, Users: "none"}
	return w, sim
}

// drawn is how a store's curves compare with the world's.
type drawn struct {
	runs, spaces, looks int
	longest             time.Duration // between two sightings of a Space
	mean                float64       // error of a curve, of its peak
}

// draw compares them every ten seconds from the first sighting of each Space to the last.
func draw(t *testing.T, dir string, world *simulator.Simulator) (d drawn) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, name := range []string{"spaces", "space_snapshots", "api_requests", "runs"} {
		if _, err := db.Exec(fmt.Sprintf("SET TimeZone = 'UTC'; CREATE VIEW %s AS FROM read_parquet(%s)", name, schemas.QuoteText(dir+"/parquet/"+name+"/**/*.parquet"))); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range schemas.Views() {
		if v.Name == "v_audience" {
			if _, err := db.Exec(v.DuckDB()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.QueryRow("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM api_requests WHERE endpoint = 'spaces' AND request LIKE '%look%')").Scan(&d.runs, &d.looks); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query("SELECT space_id, observed_at, people FROM (SELECT DISTINCT space_id, observed_at, people FROM v_audience) ORDER BY space_id, observed_at")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	type point struct {
		at     time.Time
		people float64
	}
	curves := map[string][]point{}
	for rows.Next() {
		var id string
		var p point
		if err := rows.Scan(&id, &p.at, &p.people); err != nil {
			t.Fatal(err)
		}
		curves[id] = append(curves[id], p)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	var sum float64
	for id, curve := range curves {
		if len(curve) < 2 {
			continue
		}
		var off, peak float64
		n := 0
		for i, p := range curve[1:] {
			before := curve[i]
			step := p.at.Sub(before.at)
			d.longest = max(d.longest, step)
			for at := before.at; at.Before(p.at); at = at.Add(10 * time.Second) {
				truth, _ := world.SpaceAt(id, at)
				seen := before.people + (p.people-before.people)*float64(at.Sub(before.at))/float64(step)
				off += math.Abs(seen - float64(truth.ParticipantCount))
				peak = max(peak, float64(truth.ParticipantCount))
				n++
			}
		}
		sum += off / float64(n) / max(peak, 1)
		d.spaces++
	}
	d.mean = sum / float64(max(d.spaces, 1))
	return d
}

// provedWatch wants a store that is whole, with tables that are what its pages say.
func provedWatch(t *testing.T, w watched) {
	t.Helper()
	v, err := jobs.Open(w.Spec, w.options()).Verify(t.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("verify: %v, %+v", err, v)
	}
}

// A watch draws the curves of what it finds in runs of an hour each, and asks for tweets
// once a Space is over.
func TestWatchDrawsAudiences(t *testing.T) {
	slow(t)
	t.Parallel()
	base := time.Date(2026, 11, 1, 12, 44, 0, 0, time.UTC)
	w, world := newWatched(t, base, 600, simulator.Config{Spaces: 40, EvolveOver: 30 * time.Minute, Life: 20 * time.Minute})
	w.Spec.With, w.Spec.Watch.Every, w.Spec.Watch.Discover = []string{"tweets"}, time.Minute, 3*time.Minute
	o := w.options()
	o.Started = func(string) { w.Clock.stop(false) }
	o.Progress = func(p pipeline.Progress) { w.Clock.stop(p.Phase == pipeline.LoadPhase) }
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	asked := map[string]time.Time{} // for tweets
	o.Event = func(e extract.Event) {
		if e.Kind == extract.EventRequest && w.Clock.now().Sub(base) > 28*time.Minute {
			stop()
		}
	}
	o.Fetcher = func(f pipeline.Fetcher) pipeline.Fetcher { return tweetsAsked{f, w.Clock.now, asked, new(sync.Mutex)} }
	ended := 0
	if err := jobs.Open(w.Spec, o).Watch(ctx, jobs.WatchOptions{Ended: func(r jobs.Result, err error) {
		if ended++; err != nil || !r.Manifest.Run.Outcome.Complete() {
			t.Errorf("a run ended: %v", err)
		}
	}}); err != nil {
		t.Fatal(err)
	}
	w.Clock.stop(false)
	provedWatch(t, w)
	d := draw(t, w.Spec.Store, world)
	t.Logf("%+v", d)
	if ended != 2 || d.runs != 2 || d.spaces < 10 || d.looks < 8 || d.longest > 10*time.Minute || d.mean > 0.15 { // on a machine that is busy, too
		t.Errorf("got %+v of %d runs", d, ended)
	}
	for id, at := range asked {
		if s, _ := world.SpaceAt(id, at); s.State != "ended" {
			t.Errorf("tweets of %s were asked for when it was %s", id, s.State)
		}
	}
	refused := 0
	for _, r := range world.Requests() {
		if r.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if counts := world.RequestCounts(); len(asked) == 0 || counts["spaces"] > 30+2*ended || refused > 0 {
		t.Errorf("tweets of %d Spaces, %d answers 429, requests %v", len(asked), refused, counts)
	}
}

// tweetsAsked notes when tweets are asked for.
type tweetsAsked struct {
	pipeline.Fetcher
	now   func() time.Time
	asked map[string]time.Time
	mu    *sync.Mutex
}

// Lane is the Fetcher's.
func (f tweetsAsked) Lane(r schemas.Request) string { return f.Fetcher.(schemas.Laned).Lane(r) }

func (f tweetsAsked) Fetch(ctx context.Context, r schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	if r.Endpoint == schemas.Tweets {
		f.mu.Lock()
		f.asked[r.IDs[0]] = f.now()
		f.mu.Unlock()
	}
	return f.Fetcher.Fetch(ctx, r, gate)
}

// child begins to watch in a process of its own.
func (w watched) child(t *testing.T) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childWatch+"="+string(text))
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	return child
}

// killed watches in children that are killed, each after a while, and tells the last to
// end. A child stands by from the start, for the one before.
func killed(t *testing.T, w watched, kills int, lives func() time.Duration) {
	t.Helper()
	child := w.child(t)
	for range kills {
		next := w.child(t)
		time.Sleep(lives())
		_ = child.Process.Kill()
		_ = child.Wait()
		child = next
	}
	time.Sleep(lives())
	_ = child.Process.Signal(syscall.SIGTERM)
	if err := child.Wait(); err != nil {
		t.Errorf("the last one: %v", err)
	}
}

// A watch that is killed loses what was under way, and nothing that had come.
func TestWatchSurvivesKills(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	w, world := newWatched(t, time.Date(2026, 11, 1, 12, 5, 0, 0, time.UTC), 120, simulator.Config{Spaces: 40, EvolveOver: 20 * time.Minute, Life: time.Hour})
	w.Spec.Watch.Every, w.Spec.Watch.Discover = 30*time.Second, time.Minute
	const kills = 3
	killed(t, w, kills, func() time.Duration { return 700 * time.Millisecond })
	provedWatch(t, w)
	d := draw(t, w.Spec.Store, world)
	t.Logf("%+v", d)
	if d.runs != 1 || d.spaces == 0 || d.mean > 0.15 {
		t.Errorf("got %+v, want all in the run of the hour", d)
	}
	if lost := world.RequestCounts()["spaces"] - d.looks; lost > kills+2 { // with the first requests, which are no looks
		t.Errorf("%d answers are not in the tables, after %d kills", lost, kills)
	}
}

// The run of a watch that died is closed by one that begins in another hour, which asks
// for what it had left.
func TestWatchClosesTheHourOfOneThatDied(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	w, world := newWatched(t, time.Date(2026, 11, 1, 12, 5, 0, 0, time.UTC), 300, simulator.Config{Spaces: 40, EvolveOver: 10 * time.Minute})
	w.Spec.Watch.Every, w.Spec.Watch.Discover, w.Spec.With = 30*time.Second, time.Hour, []string{"tweets"} // which would be asked for when the hour is over
	child := w.child(t)
	for tries := 0; world.RequestCounts()["spaces"] < 8 && tries < 2000; tries++ {
		time.Sleep(5 * time.Millisecond)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	w.Clock.Base = w.Clock.Base.Add(time.Hour)
	ctx, stop := context.WithTimeout(t.Context(), 600*time.Millisecond)
	defer stop()
	if err := jobs.Open(w.Spec, w.options()).Watch(ctx, jobs.WatchOptions{}); err != nil {
		t.Fatal(err)
	}
	provedWatch(t, w)
	dir := store.Dir(w.Spec.Store)
	runs, err := dir.Runs()
	if err != nil || len(runs) < 2 {
		t.Fatalf("runs %v, %v", runs, err)
	}
	died, err := dir.Manifest(runs[0])
	next, nextErr := dir.Planned(runs[1])
	if err != nil || nextErr != nil || died.ClosedBy != runs[1] || died.Asked[schemas.Spaces] == 0 || died.Asked[schemas.Spaces] > 40 {
		t.Errorf("%v, %v: closed by %q, asked %v", err, nextErr, died.ClosedBy, died.Asked)
	}
	if !slices.ContainsFunc(next.Left, func(r schemas.Request) bool { return r.Endpoint == schemas.Tweets }) || slices.ContainsFunc(next.Left, func(r schemas.Request) bool { return r.Look > 0 }) {
		t.Errorf("left are %v: want tweets of what had ended, and no look", next.Left)
	}
	if world.RequestCounts()["tweets"] == 0 {
		t.Error("no tweets were asked for")
	}
}

// TestWatchForHours kills a watch for as long as SPACESETL_WATCH says, such as 10m, and
// prints what became of the curves.
func TestWatchForHours(t *testing.T) {
	long, err := time.ParseDuration(os.Getenv("SPACESETL_WATCH"))
	if err != nil {
		t.Skip("SPACESETL_WATCH says for how long: see .github/CONTRIBUTING.md")
	}
	const speed = 10 // a period is three seconds
	table := []string{"kills  hours  runs  Spaces  looks  longest hole  mean error  billed each look  once a day"}
	for _, kills := range []int{0, int(long / (20 * time.Second))} {
		hours := speed * long
		w, world := newWatched(t, time.Date(2026, 11, 1, 12, 20, 0, 0, time.UTC), speed, simulator.Config{Spaces: 300, EvolveOver: hours, Life: 2 * time.Hour})
		w.Spec.To = []string{"parquet", "duckdb"}
		each := long / time.Duration(kills+1)
		killed(t, w, kills, func() time.Duration { return each/2 + rand.N(each) })
		provedWatch(t, w)
		d := draw(t, w.Spec.Store, world)
		cost, err := jobs.Open(w.Spec, w.options()).Cost(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		table = append(table, fmt.Sprintf("%5d  %5.1f  %4d  %6d  %5d  %12s  %9.2f%%  %16s  %10s", kills, hours.Hours(), d.runs, d.spaces, d.looks, d.longest, 100*d.mean, cost.High.Cents(), cost.Low.Cents()))
	}
	t.Log("\n" + strings.Join(table, "\n"))
}

// With a store that another watch has, a watch ends at once.
func TestTwoWatchesDoNotShareAStore(t *testing.T) {
	w, _ := newWatched(t, time.Date(2026, 11, 1, 12, 5, 0, 0, time.UTC), 1, simulator.Config{Spaces: 10})
	locked, err := store.Dir(w.Spec.Store).Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	err = jobs.Open(w.Spec, w.options()).Watch(t.Context(), jobs.WatchOptions{})
	if !errors.As(err, new(*store.BusyError)) {
		t.Errorf("got %v, want that it is busy", err)
	}
}

// What the day's budget does not cover waits for the next day, and the watch with it.
func TestWatchGoesOnWhenTheDayIsNew(t *testing.T) {
	slow(t)
	t.Parallel()
	base := time.Date(2026, 11, 1, 23, 50, 0, 0, time.UTC)
	w, world := newWatched(t, base, 600, simulator.Config{Spaces: 40, EvolveOver: 30 * time.Minute, Life: 20 * time.Minute})
	w.Spec.Watch.Every, w.Spec.Watch.Discover = time.Minute, 3*time.Minute
	w.Spec.Creators = w.Spec.Creators[:10]
	w.Spec.Budget.Day = 20 * schemas.Dollar / 100
	midnight := base.Add(10 * time.Minute)
	o := w.options()
	o.Progress = func(p pipeline.Progress) { w.Clock.stop(p.Phase == pipeline.LoadPhase) }
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o.Event = func(e extract.Event) {
		if e.Kind == extract.EventRequest && w.Clock.now().Sub(midnight) > 2*time.Minute {
			stop()
		}
	}
	var stopped []string
	err := jobs.Open(w.Spec, o).Watch(ctx, jobs.WatchOptions{Ended: func(r jobs.Result, err error) {
		w.Clock.stop(false)
		stopped = append(stopped, fmt.Sprint(err))
	}})
	if err != nil {
		t.Fatal(err)
	}
	before, after := 0, 0
	for _, r := range world.Requests() {
		if r.Time.Before(midnight) {
			before++
		} else {
			after++
		}
	}
	if len(stopped) != 2 || !strings.Contains(stopped[0], "usd_per_day") || before == 0 || after == 0 {
		t.Errorf("%d requests before midnight, %d after; runs ended with %q", before, after, stopped)
	}
	cost, err := jobs.Open(w.Spec, w.options()).Cost(t.Context())
	if err != nil || cost.Days[0].High > w.Spec.Budget.Day || cost.Days[0].High < w.Spec.Budget.Day/2 {
		t.Errorf("the first day cost %+v: %v", cost.Days, err)
	}
	provedWatch(t, w)
}

// Tokens that are refused are tried again, and a refusal that lasts is the end.
func TestWatchOutlivesARefusalThatPasses(t *testing.T) {
	slow(t)
	t.Parallel()
	base := time.Date(2026, 11, 1, 12, 5, 0, 0, time.UTC)
	w, world := newWatched(t, base, 600, simulator.Config{Spaces: 40, EvolveOver: 30 * time.Minute, Life: 20 * time.Minute, Faults: simulator.Faults{Rules: []simulator.Rule{
		{Fault: simulator.FaultUnauthorized, From: 4 * time.Minute, To: 6 * time.Minute},
		{Fault: simulator.FaultUnauthorized, From: 15 * time.Minute},
	}}})
	w.Spec.Watch.Every, w.Spec.Watch.Discover = time.Minute, 3*time.Minute
	w.Spec.Creators = w.Spec.Creators[:10]
	o := w.options()
	o.Started = func(string) { w.Clock.stop(false) }
	o.Progress = func(p pipeline.Progress) { w.Clock.stop(p.Phase == pipeline.LoadPhase) }
	fetched := []int{}
	err := jobs.Open(w.Spec, o).Watch(t.Context(), jobs.WatchOptions{Ended: func(r jobs.Result, err error) {
		w.Clock.stop(false)
		fetched = append(fetched, min(r.Fetched, 1))
	}})
	var refused *extract.AuthError
	if !errors.As(err, &refused) || !slices.Equal(fetched, []int{1, 1, 0, 0}) {
		t.Errorf("runs that got something: %v; it ended with %v", fetched, err)
	}
	answers := map[int]int{}
	for _, r := range world.Requests() {
		answers[r.Status]++
	}
	if answers[http.StatusUnauthorized] == 0 || answers[http.StatusUnauthorized] > 15 {
		t.Errorf("answers by status: %v", answers)
	}
}

// A token that never was one ends a watch soon, though there is no Space to look at; and
// one that stands by ends as told.
func TestWatchEndsWithoutATokenOrATurn(t *testing.T) {
	base := time.Date(2026, 11, 1, 12, 5, 0, 0, time.UTC)
	w, _ := newWatched(t, base, 600, simulator.Config{Spaces: 10, Faults: simulator.Faults{Rules: []simulator.Rule{{Fault: simulator.FaultUnauthorized}}}})
	err := jobs.Open(w.Spec, w.options()).Watch(t.Context(), jobs.WatchOptions{})
	if !errors.As(err, new(*extract.AuthError)) || w.Clock.now().Sub(base) > 45*time.Minute {
		t.Errorf("it ended after %s with %v", w.Clock.now().Sub(base), err)
	}
	locked, err := store.Dir(w.Spec.Store).Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Unlock()
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := jobs.Open(w.Spec, w.options()).Watch(ctx, jobs.WatchOptions{Standby: true}); err != nil {
		t.Errorf("standing by: %v", err)
	}
}
