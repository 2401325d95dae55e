package jobs_test

import (
	"database/sql"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/load/duckdb"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/health"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// stopped is a scene whose run was stopped by its deadline at the first tweets.
func stopped(t *testing.T, spec jobs.Spec) *scene {
	t.Helper()
	spec.With, spec.Deadline, spec.Workers = []string{"tweets"}, time.Hour, 1
	s := newScene(t, spec, simulator.Config{})
	s.spec.Search = []jobs.Search{{Query: s.world.SearchWord()}}
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/tweets") {
			return false
		}
		s.clock.pass(2 * time.Hour)
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	s.start().wants(s, schemas.Waiting, "search", 1)
	s.mu.Lock()
	s.instead = nil
	s.mu.Unlock()
	return s
}

// A run that an edited job leaves behind is passed by: state, ledger and status go on.
func TestEditedJobGoesOn(t *testing.T) {
	scratchtest.SkipRacing(t)
	t.Parallel()
	s := stopped(t, jobs.Spec{})
	s.spec.IDs = s.world.SpaceIDs(3) // another plan
	dir := store.Dir(s.spec.Store)
	for n := 2; n < 6; n++ {
		s.clock.pass(time.Hour)
		s.start().wants(s, schemas.Done, "search", 1)
		text, err := os.ReadFile(dir.File("state.json"))
		runs, rerr := dir.Runs()
		check(t, errors.Join(err, rerr))
		for _, run := range runs {
			if !strings.Contains(string(text), run) {
				t.Errorf("start %d: run %s is not in the state", n, run)
			}
		}
		if p := s.problems(); len(p) > 0 {
			t.Errorf("start %d: status: %q", n, p)
		}
	}
	runs, err := dir.Runs()
	first, ferr := dir.Manifest(runs[0])
	if err != nil || ferr != nil || first.ClosedBy != runs[1] {
		t.Errorf("%v %v: closed by %q of %q", err, ferr, first.ClosedBy, runs)
	}
	s.verified()
}

// A run can be given up by name: nobody asks for what it had left, nor for what an
// earlier one had left it where it got no page.
func TestAbandonedRunIsPassedBy(t *testing.T) {
	t.Parallel()
	for _, outage := range []bool{false, true} {
		s := stopped(t, jobs.Spec{RetryFor: time.Minute})
		if outage {
			s.rules(simulator.Rule{Fault: simulator.FaultUnavailable})
			if b := s.start(); b.outcome != schemas.Waiting || b.manifest.Run.Pages != 0 {
				t.Fatalf("%s (%v), %d pages in an outage", b.outcome, b.err, b.manifest.Run.Pages)
			}
			s.rules()
		}
		runs, _ := store.Dir(s.spec.Store).Runs()
		last := runs[len(runs)-1]
		if len(s.problems()) == 0 {
			t.Error("a stopped run is no problem")
		}
		if err := jobs.Open(s.spec, s.opts).Abandon(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		if p := s.problems(); len(p) > 0 {
			t.Errorf("status: %q", p)
		}
		var over *jobs.OverError
		if err := jobs.Open(s.spec, s.opts).Abandon(t.Context(), last); !errors.As(err, &over) {
			t.Errorf("twice: %v", err)
		}
		b := s.start()
		b.wants(s, schemas.Done, "search", 1)
		if planned, err := store.Dir(s.spec.Store).Planned(b.manifest.Run.RunID); err != nil || len(planned.Left) > 0 {
			t.Errorf("%v: left %v", err, planned.Left)
		}
		s.verified()
	}
}

// A cap is one wherever it is told, and 429s without end come to an end.
func TestCapsAndEndless429sEnd(t *testing.T) {
	t.Parallel()
	for fault, want := range map[simulator.Fault]schemas.Outcome{
		simulator.FaultCapInDetail: schemas.Capped, simulator.FaultSpendCapInDetail: schemas.Capped, simulator.FaultUsageCapped: schemas.Capped,
		simulator.FaultCredits: schemas.Capped, simulator.FaultSpendCap: schemas.Capped,
		simulator.FaultMovingReset: schemas.Waiting, simulator.FaultRateLimitedSilent: schemas.Waiting, simulator.FaultBurst: schemas.Waiting,
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, jobs.Spec{With: []string{"tweets"}}, simulator.Config{})
			s.spec.IDs = s.world.SpaceIDs(1)
			s.rules(simulator.Rule{Fault: fault, Endpoints: []string{"tweets"}})
			for range 2 {
				began := s.clock.Now()
				b := s.start()
				if b.outcome != want || b.asked("tweets") > 60 || s.clock.Now().Sub(began) > 6*time.Hour {
					t.Errorf("%s (%v) after %s and %d requests; want %s", b.outcome, b.err, s.clock.Now().Sub(began), b.asked("tweets"), want)
				}
				s.clock.pass(time.Hour)
			}
			s.rules()
			s.start().wants(s, schemas.Done, "tweets", 1)
		})
	}
}

// A rate window that ends after the deadline ends its own endpoint only, start after
// start, and what is left of it outlives a start that gets no page at all.
func TestWindowPastTheDeadlineEndsItsEndpoint(t *testing.T) {
	t.Parallel()
	for name, limited := range map[string][]string{"search": {"search"}, "tweets": {"tweets"}, "lookups": {"spaces", "space"}} {
		if scratchtest.Racing && name != "lookups" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, jobs.Spec{With: []string{"tweets"}, Deadline: 10 * time.Minute, RetryFor: 5 * time.Minute}, simulator.Config{})
			s.spec.Search, s.spec.Creators, s.spec.IDs = []jobs.Search{{Query: s.world.SearchWord()}}, s.world.CreatorIDs(4), s.world.SpaceIDs(3)
			s.rules(simulator.Rule{Fault: simulator.FaultMovingReset, Endpoints: limited})
			var had []string
			for range 3 {
				b := s.start()
				b.wants(s, schemas.Waiting, "creators", 1)
				had = append(had, b.members("tweets")...)
				if len(had) == 0 {
					t.Error("no tweets")
				}
				s.clock.pass(time.Hour)
			}
			s.rules(simulator.Rule{Fault: simulator.FaultUnavailable})
			if b := s.start(); b.outcome != schemas.Waiting || b.manifest.Run.Pages != 0 {
				t.Errorf("%s (%v) with %d pages in an outage", b.outcome, b.err, b.manifest.Run.Pages)
			}
			s.clock.pass(time.Hour)
			s.rules()
			last := s.start()
			if last.outcome != schemas.Done || last.asked("search") != 1 || last.asked("creators") != 1 {
				t.Errorf("%s (%v): %d searches, %d requests for creators", last.outcome, last.err, last.asked("search"), last.asked("creators"))
			}
			if name == "tweets" {
				had = nil // those were refused
			}
			for _, id := range s.spec.IDs { // tweets of each Space that has come
				if !slices.Contains(append(had, last.members("tweets")...), id) {
					t.Errorf("tweets of Space %s were never asked for", id)
				}
			}
			if p := s.problems(); len(p) > 0 {
				t.Errorf("status: %q", p)
			}
			s.verified()
		})
	}
}

// Where the API forbids all that a job asks an endpoint for, what it says tells members
// from the endpoint. Neither is for good: members are asked for again when they have
// rested, the endpoint by each start.
func TestWhatIsForbiddenIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for fault, c := range map[simulator.Fault]struct {
		want  schemas.Outcome
		again int // requests for creators an hour later
	}{
		simulator.FaultNotAuthorized: {schemas.DoneWithGaps, 0},
		simulator.FaultUnnamed:       {schemas.Failed, 7}, // both halves, and two of each
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, jobs.Spec{Follow: jobfile.FollowOpen}, simulator.Config{})
			s.spec.Search, s.spec.Creators = []jobs.Search{{Query: s.world.SearchWord()}}, s.world.CreatorIDs(8)
			s.rules(simulator.Rule{Fault: fault, Endpoints: []string{"creators"}})
			b := s.start()
			b.wants(s, c.want, "search", 1)
			if n := len(b.missing(schemas.GapRefused)); c.want == schemas.DoneWithGaps && n != len(s.spec.Creators) {
				t.Errorf("%d creators are missing, want all", n)
			}
			s.clock.pass(time.Hour)
			for range 3 {
				s.start().wants(s, c.want, "creators", c.again)
				s.clock.pass(time.Hour)
			}
			s.rules()
			s.clock.pass(24 * time.Hour)
			s.start().wants(s, schemas.Done, "creators", 1)
			s.verified()
		})
	}
}

// An outage is weather for as long as the job says.
func TestOutageIsWeatherForAsLongAsTheJobSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault simulator.Fault
		lasts time.Duration
		spec  jobs.Spec
		want  schemas.Outcome
	}{
		"two minutes":         {simulator.FaultUnavailable, 2 * time.Minute, jobs.Spec{}, schemas.Done},
		"no connections":      {simulator.FaultReset, 10 * time.Minute, jobs.Spec{}, schemas.Done},
		"too long":            {simulator.FaultUnavailable, time.Hour, jobs.Spec{}, schemas.Waiting},
		"longer than said":    {simulator.FaultBadGateway, 2 * time.Minute, jobs.Spec{RetryFor: 2 * time.Second}, schemas.Waiting},
		"as long as was said": {simulator.FaultInternal, time.Hour, jobs.Spec{RetryFor: 3 * time.Hour}, schemas.Done},
		"halves of answers":   {simulator.FaultShortBody, time.Hour, jobs.Spec{}, schemas.Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, c.spec, simulator.Config{})
			s.spec.Search, s.spec.IDs = []jobs.Search{{Query: s.world.SearchWord()}}, s.world.SpaceIDs(3)
			s.rules(simulator.Rule{Fault: c.fault, To: c.lasts})
			if b := s.start(); b.outcome != c.want {
				t.Errorf("%s (%v), want %s", b.outcome, b.err, c.want)
			}
			s.clock.pass(c.lasts)
			s.start().wants(s, schemas.Done, "search", 1)
		})
	}
}

// Damaged pages are set aside and said once; the rest goes on.
func TestDamagedPageStopsNoRun(t *testing.T) {
	t.Parallel()
	for name, underWay := range map[string]bool{"of a run that ended": false, "of a run under way": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stopped(t, jobs.Spec{})
			dir := store.Dir(s.spec.Store)
			pattern := "search-*"
			if !underWay {
				for range 2 {
					s.start().wants(s, schemas.Done, "search", 1)
				}
				pattern = "tweets-*"
			}
			runs, _ := dir.Runs()
			at := len(runs) - 1
			if !underWay {
				at = 1
			}
			files, _ := filepath.Glob(filepath.Join(dir.Raw(), runs[at], pattern))
			if len(files) == 0 {
				t.Fatalf("no %s in %s", pattern, runs[at])
			}
			text, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			text[len(text)/2] ^= 0x55
			text[len(text)/2+1] ^= 0x55
			overwrite(t, files[0], text)
			_ = os.Remove(dir.File("state.json"))
			for n := range 2 {
				s.clock.pass(time.Hour)
				b := s.start()
				var damage *health.NewDamageError
				if (n == 0) != errors.As(b.err, &damage) || !b.manifest.Run.Outcome.Complete() || b.asked("search") != 1 {
					t.Errorf("start %d: %s (%v), %d searches", n, b.manifest.Run.Outcome, b.err, b.asked("search"))
				}
			}
			statement, err := jobs.Open(s.spec, s.opts).Cost(t.Context())
			if err != nil || statement.Lost > 0 {
				t.Errorf("%v: %s are booked as a crash's", err, statement.Lost)
			}
			for result, err := range jobs.Open(s.spec, s.opts).Replay(t.Context(), jobs.ReplayOptions{SkipDamaged: true}) {
				if err != nil {
					t.Errorf("replay of %v: %v", result.Manifest, err)
				}
			}
		})
	}
}

// A database that is damaged or gone is made again, and one that another program
// holds is brought up later: neither keeps the other tables from the run.
func TestDatabaseStopsNoRun(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newScene(t, jobs.Spec{To: []string{store.ParquetFiles, store.DuckDBFile}}, simulator.Config{})
	s.spec.IDs = s.world.SpaceIDs(3)
	s.start().wants(s, schemas.Done, "spaces", 1)
	s.clock.pass(time.Hour)
	whole := os.DirFS(s.spec.Store)
	harms := []struct {
		name string
		harm func(file string)
	}{
		{"cut", func(file string) { check(t, os.Truncate(file, 100_000)) }},
		{"gone", func(file string) { check(t, os.Remove(file)) }},
		{"zeroes", func(file string) { overwrite(t, file, make([]byte, 500_000)) }},
		{"text", func(file string) { overwrite(t, file, []byte("no database")) }},
		{"empty", func(file string) { overwrite(t, file, nil) }},
	}
	for _, h := range inFull(harms, harms[:2]) {
		s.spec.Store = filepath.Join(t.TempDir(), "store")
		check(t, os.CopyFS(s.spec.Store, whole))
		file := filepath.Join(s.spec.Store, "spaces.duckdb")
		h.harm(file)
		b := s.start()
		if b.outcome != schemas.Done || b.err != nil {
			t.Errorf("%s: %s, %v", h.name, b.outcome, b.err)
		}
		db, err := sql.Open("duckdb", file+"?access_mode=read_only&threads=1")
		check(t, err)
		var runs, spaces int
		check(t, db.QueryRow("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM spaces)").Scan(&runs, &spaces))
		check(t, db.Close())
		if runs != 2 || spaces != 3 {
			t.Errorf("%s: the database has %d runs and %d Spaces, want 2 and 3", h.name, runs, spaces)
		}
		if p := s.problems(); len(p) > 0 {
			t.Errorf("%s: status: %q", h.name, p)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A database that is held takes the run in with the next one.
func TestHeldDatabaseIsBroughtUpByTheNextRun(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newScene(t, jobs.Spec{To: []string{store.ParquetFiles, store.DuckDBFile}}, simulator.Config{})
	s.spec.IDs = s.world.SpaceIDs(3)
	s.start().wants(s, schemas.Done, "spaces", 1)
	file := filepath.Join(s.spec.Store, "spaces.duckdb")
	count := func(query string) (n int) {
		db, err := sql.Open("duckdb", file+"?access_mode=read_only&threads=1")
		check(t, err)
		check(t, db.QueryRow(query).Scan(&n))
		check(t, db.Close())
		return n
	}
	db, err := sql.Open("duckdb", file)
	check(t, err)
	_, err = db.Exec("CREATE TABLE mine (i INT)")
	check(t, err)
	s.clock.pass(time.Hour)
	b := s.start()
	var behind *pipeline.DestinationError
	var held *duckdb.LockedError
	if !errors.As(b.err, &behind) || !errors.As(b.err, &held) || b.manifest.Run.Outcome != schemas.Done || b.asked("spaces") != 1 {
		t.Errorf("%s, %v", b.manifest.Run.Outcome, b.err)
	}
	if v, err := jobs.Open(s.spec, s.opts).Verify(t.Context(), proof.Options{}); !errors.As(err, &held) {
		t.Errorf("verify: %v, %v", v, err) // of a database that is held nothing is wrong
	}
	check(t, db.Close())
	if n := count("SELECT count(DISTINCT _run_id) FROM '" + s.spec.Store + "/parquet/spaces/**/*.parquet'"); n != 2 {
		t.Errorf("Parquet has %d runs", n)
	}
	if p := s.problems(); len(p) != 1 || !strings.Contains(p[0], "duckdb lacks 1 run") {
		t.Errorf("status: %q", p)
	}
	s.clock.pass(time.Hour)
	s.start().wants(s, schemas.Done, "spaces", 1)
	if n := count("SELECT count(*) FROM runs"); n != 3 {
		t.Errorf("the database has %d runs", n)
	}
	if p := s.problems(); len(p) > 0 {
		t.Errorf("status: %q", p)
	}
}
