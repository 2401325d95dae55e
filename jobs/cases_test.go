package jobs_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/jobs"
	"github.com/spacesetl/spacesetl/jobs/jobfile"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/pipeline/proof"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/pipeline/store"
	"github.com/spacesetl/spacesetl/schemas"
)

// scene is a job that is started again and again, by a clock that only waits move.
type scene struct {
	*testing.T
	clock *clock
	world *simulator.Simulator
	spec  jobs.Spec
	opts  jobs.Options
	// instead answers in place of the world, and reports whether it has.
	instead func(w http.ResponseWriter, r *http.Request) bool
	mu      sync.Mutex
}

// newScene is a job of a small world without rate limits. Its tables are Parquet
// unless it says otherwise.
func newScene(t *testing.T, spec jobs.Spec, world simulator.Config) *scene {
	t.Helper()
	s := &scene{T: t, clock: &clock{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}, spec: spec}
	if world.Spaces == 0 {
		world.Spaces = 60
	}
	world.NoRateLimits, world.Now = true, s.clock.Now
	s.world = simulator.New(world)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.spec.Name, s.spec.BaseURL, s.spec.Store = "scene", server.URL, t.TempDir()
	if len(spec.To) == 0 {
		s.spec.To = []string{store.ParquetFiles}
	}
	s.opts.Tokens.App = "token-of-the-scene"
	return s
}

func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	instead := s.instead
	s.mu.Unlock()
	if instead == nil || !instead(w, r) {
		s.world.ServeHTTP(w, r)
	}
}

// begin is what one start came to: its newest manifest, how it ended, and what it
// asked. The outcome is that of its error, if it has one.
type begun struct {
	manifest store.Manifest
	outcome  schemas.Outcome
	err      error
	requests []simulator.RequestRecord
}

// start starts the job with its spec as it is.
func (s *scene) start() begun { s.Helper(); return s.startWith(s.Context()) }

func (s *scene) startWith(ctx context.Context) (b begun) {
	s.Helper()
	s.world.Reset()
	o := s.opts
	o.Now = s.clock.Now
	o.Client = func(cfg *extract.Config) {
		cfg.Now, cfg.Sleep, cfg.CreatorSpacing = s.clock.Now, s.clock.Sleep, time.Nanosecond
		if s.spec.Deadline > 0 {
			cfg.Deadline = s.clock.Now().Add(s.spec.Deadline)
		}
	}
	run := ""
	o.Started = func(id string) { run = id }
	_, b.err = jobs.Open(s.spec, o).Run(ctx)
	b.requests = s.world.Requests()
	var err error
	if b.manifest, err = store.Dir(s.spec.Store).Manifest(run); err != nil && b.err == nil {
		s.Fatalf("done without a manifest: %v", err)
	}
	b.outcome = b.manifest.Run.Outcome
	var stopped *pipeline.StoppedError
	if errors.As(b.err, &stopped) {
		b.outcome = stopped.Outcome
	}
	return b
}

// asked counts the requests to an endpoint.
func (b begun) asked(endpoint string) (n int) {
	for _, r := range b.requests {
		if r.Endpoint == endpoint {
			n++
		}
	}
	return n
}

// members are what requests asked an endpoint for.
func (b begun) members(endpoint string) (all []string) {
	for _, r := range b.requests {
		if r.Endpoint != endpoint {
			continue
		}
		u, _ := url.Parse(r.URL)
		switch q := u.Query(); {
		case q.Has("ids"):
			all = append(all, strings.Split(q.Get("ids"), ",")...)
		case q.Has("user_ids"):
			all = append(all, strings.Split(q.Get("user_ids"), ",")...)
		case endpoint == "tweets" || endpoint == "buyers":
			all = append(all, path.Base(path.Dir(u.Path)))
		default:
			all = append(all, path.Base(u.Path))
		}
	}
	return all
}

// missing are the members that the manifest names, by kind.
func (b begun) missing(kind schemas.Gap) (all []string) {
	for _, m := range b.manifest.Missing {
		if m.Kind == kind {
			all = append(all, m.Member)
		}
	}
	return all
}

// wants fails the test unless the start ended so, with so many requests to an endpoint.
func (b begun) wants(t *scene, outcome schemas.Outcome, endpoint string, requests int) {
	t.Helper()
	if b.outcome != outcome || b.asked(endpoint) != requests {
		t.Errorf("%s (%v), %d requests to %s; want %s and %d", b.outcome, b.err, b.asked(endpoint), endpoint, outcome, requests)
	}
}

// rules are what goes wrong from now on.
func (s *scene) rules(rules ...simulator.Rule) { s.world.SetFaults(simulator.Faults{Rules: rules}) }

// verified fails the test unless the store is whole.
func (s *scene) verified() {
	s.Helper()
	v, err := jobs.Open(s.spec, s.opts).Verify(s.Context(), proof.Options{})
	if err != nil || len(v.Problems) > 0 {
		s.Errorf("verify: %v %v", err, v.Problems)
	}
}

// problems are the problems that status finds.
func (s *scene) problems() (all []string) {
	s.Helper()
	o := s.opts
	o.Now = s.clock.Now
	view, err := jobs.Open(s.spec, o).Status(s.Context(), jobs.StatusOptions{})
	if err != nil {
		s.Fatal(err)
	}
	for _, f := range view.Findings {
		if f.Level == "problem" {
			all = append(all, f.Text)
		}
	}
	return all
}

// An id in an answer that cannot be asked for never reaches a request, is kept
// with the reason, and keeps nothing else from being asked.
func TestIDsThatCannotBeAskedForStopNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec  jobs.Spec
		fault simulator.Fault
	}{
		"tweets":        {jobs.Spec{With: []string{"tweets"}}, simulator.FaultBadSpaceIDs},
		"open Spaces":   {jobs.Spec{With: []string{"tweets"}, Follow: jobfile.FollowOpen}, simulator.FaultBadSpaceIDs},
		"users looked":  {jobs.Spec{Users: jobfile.UsersBatch}, simulator.FaultBadUserIDs},
		"users brought": {jobs.Spec{With: []string{"tweets"}}, simulator.FaultBadUserIDs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, c.spec, simulator.Config{})
			s.spec.Search = []jobs.Search{{Query: s.world.SearchWord()}}
			rule := simulator.Rule{Fault: c.fault, Share: 1}
			if c.fault == simulator.FaultBadSpaceIDs {
				rule.Share, rule.Extra = 0, 5 // each of another form
			}
			s.rules(rule)
			for n := range 3 {
				b := s.start()
				b.wants(s, schemas.DoneWithGaps, "search", 1)
				for _, r := range b.requests {
					if r.Status != 200 {
						t.Errorf("%s: %d", r.URL, r.Status)
					}
				}
				bad := b.missing(schemas.GapUnaskable)
				if len(bad) == 0 || c.fault == simulator.FaultBadSpaceIDs && b.manifest.Errors["unreadable unaskable-id"] == 0 {
					t.Errorf("%s: missing %q, errors %v", b.outcome, bad, b.manifest.Errors)
				}
				if came := b.manifest.Came; c.spec.With != nil && came[schemas.Tweets] == 0 || c.spec.Users != "" && n == 0 && came[schemas.Users] == 0 {
					t.Errorf("came %v: the others are to come", came)
				}
				s.clock.pass(time.Hour)
			}
			s.verified()
		})
	}
}

// A start asks today's questions and then what an earlier one had left, unless that
// was interrupted a moment ago. What is too old is given up.
func TestEachStartAsksTodaysQuestions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		killed         bool // interrupted, else stopped by its deadline
		later, within  time.Duration
		search, tweets bool // what the next start asks
	}{
		"a day after the deadline":      {false, 21 * time.Hour, 0, true, true},
		"a minute after the deadline":   {false, time.Minute, 0, true, true},
		"a minute after an interrupt":   {true, time.Minute, 0, false, true},
		"an hour after an interrupt":    {true, time.Hour, 0, true, true},
		"later than it may be resumed":  {false, 25 * time.Hour, 0, true, false},
		"later than the job lets it be": {true, time.Hour, 30 * time.Minute, true, false},
	} {
		if scratchtest.Racing && name != "a minute after an interrupt" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, jobs.Spec{With: []string{"tweets"}, Follow: jobfile.FollowOpen, ResumeWithin: c.within, Deadline: time.Hour, Workers: 1}, simulator.Config{})
			s.spec.Search, s.spec.Creators = []jobs.Search{{Query: s.world.SearchWord()}}, s.world.CreatorIDs(3)
			ctx, cancel := context.WithCancel(t.Context())
			var last string // whose tweets were asked for last
			s.instead = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/tweets") {
					return false
				}
				last = path.Base(path.Dir(r.URL.Path))
				if c.killed {
					cancel()
					return false
				}
				s.clock.pass(2 * time.Hour)
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			want := schemas.Waiting
			if c.killed {
				want = schemas.Interrupted
			}
			s.startWith(ctx).wants(s, want, "search", 1)
			cancel()
			s.mu.Lock()
			s.instead = nil
			s.mu.Unlock()
			left := last
			// The words of what was left are found no more: only the run that was stopped knows it.
			if c.search {
				s.rules(simulator.Rule{Fault: simulator.FaultLost, Endpoints: []string{"spaces"}, IDs: []string{left}})
			}
			s.clock.pass(c.later)
			b := s.start()
			searches := 0
			if c.search {
				searches = 1
			}
			if b.err != nil || b.asked("search") != searches || b.asked("creators") != searches {
				t.Errorf("%s (%v): %d searches, %d requests for creators; want %d", b.outcome, b.err, b.asked("search"), b.asked("creators"), searches)
			}
			if b.asked("tweets") == 0 {
				t.Error("no tweets")
			}
			dir := store.Dir(s.spec.Store)
			runs, err := dir.Runs()
			if err != nil || len(runs) != 1+searches {
				t.Fatalf("runs %q, %v", runs, err)
			}
			first, err := dir.Manifest(runs[0])
			planned, perr := dir.Planned(runs[len(runs)-1])
			if err != nil || perr != nil || !first.Ended() || c.search && first.ClosedBy != runs[1] || c.search && c.tweets != (len(planned.Left) > 0) {
				t.Errorf("%v %v: the first run: closed by %q, ended %v; left %d", err, perr, first.ClosedBy, first.Ended(), len(planned.Left))
			}
			if p := s.problems(); len(p) > 0 {
				t.Errorf("status: %q", p)
			}
			s.verified()
		})
	}
}

// The bound of a start is of one: each goes on from the last, with what was left
// before what it asks again.
func TestEachStartGoesOnByItsBudget(t *testing.T) {
	t.Parallel()
	slow(t)
	for name, c := range map[string]struct {
		spec     jobs.Spec
		endpoint string
		most     int // starts until all has come
	}{
		"named Spaces":   {jobs.Spec{}, "spaces", 6},
		"open Spaces":    {jobs.Spec{Follow: jobfile.FollowOpen}, "spaces", 6},
		"found, tweets":  {jobs.Spec{Follow: jobfile.FollowOpen, With: []string{"tweets"}}, "tweets", 6},
		"users, no more": {jobs.Spec{Users: jobfile.UsersBatch}, "users", 6},
	} {
		if scratchtest.Racing && name != "named Spaces" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, c.spec, simulator.Config{Spaces: 300})
			s.spec.Budget.Run = 1 * schemas.Dollar
			if c.spec.With == nil {
				s.spec.IDs = s.world.SpaceIDs(130)
			} else {
				s.spec.Creators = s.world.CreatorIDs(8)
				s.spec.Search = []jobs.Search{{Query: s.world.SearchWord()}}
			}
			had := map[string]bool{}
			for n := 1; ; n++ {
				b := s.start()
				before := len(had)
				for _, id := range slices.Concat(b.members("spaces"), b.members("space"), b.members("tweets"), b.members("users")) {
					had[id] = true
				}
				if b.outcome != schemas.Capped && b.outcome != schemas.Done || b.outcome == schemas.Done && b.err != nil {
					t.Fatalf("start %d: %s, %v", n, b.outcome, b.err)
				}
				if b.outcome == schemas.Done || c.spec.With != nil && n > 3 {
					break
				}
				if len(had) == before || n > c.most {
					t.Fatalf("start %d asked for nothing new: %v", n, b.err)
				}
				s.clock.pass(time.Minute)
			}
		})
	}
}

// An id that is no text is none, though its text could be one: it is asked for neither
// at once nor by the next start that looks at open Spaces.
func TestIDsThatAreNoTextAreNotAskedFor(t *testing.T) {
	t.Parallel()
	s := newScene(t, jobs.Spec{Search: []jobs.Search{{Query: "x"}}, With: []string{"tweets"}, Follow: jobfile.FollowOpen}, simulator.Config{})
	s.spec.Search[0].Query = s.world.SearchWord()
	s.instead = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "true") || strings.Contains(r.URL.Query().Get("ids"), "true") {
			t.Errorf("asked for: %s", r.URL)
		}
		if !strings.HasSuffix(r.URL.Path, "/search") {
			return false
		}
		_, _ = io.WriteString(w, `{"data": [{"id": true, "state": "live"}, {"id": 1.5e12, "state": "live"}, {"id": null}, {"id": "`+s.world.SpaceIDs(1)[0]+`", "state": "live"}]}`)
		return true
	}
	for range 2 {
		b := s.start()
		if missing := b.missing(schemas.GapUnaskable); b.outcome != schemas.DoneWithGaps || b.err != nil || len(missing) != 2 || b.asked("tweets") != 1 {
			t.Errorf("%s (%v): missing %q, %d requests for tweets", b.outcome, b.err, missing, b.asked("tweets"))
		}
		s.clock.pass(time.Hour)
	}
	s.verified()
}
