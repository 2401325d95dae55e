package jobs_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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
	"github.com/spacesetl/spacesetl/pipeline/imports"
	"github.com/spacesetl/spacesetl/pipeline/scratch/scratchtest"
	"github.com/spacesetl/spacesetl/schemas"
)

// childJob is the variable that has the job of a child process, as JSON.
const childJob = "SPACESETL_TEST_JOB"

// fragile is a job whose n-th step towards the disk is its last.
type fragile struct {
	Spec       jobs.Spec
	Import     []string // files that it imports instead
	Kill, Fail int      // the number of the step that ends the process, or is an error; 0 for none

	steps []string // names of those taken
	mu    sync.Mutex
}

// runChild runs the job of a child process.
func runChild(text string) (code int) {
	var f fragile
	err := json.Unmarshal([]byte(text), &f)
	if err == nil {
		err = f.run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// run runs the job. What would differ between two runs that get the same pages
// is taken out: the run's id and when its pages came.
func (f *fragile) run(ctx context.Context) error {
	job := jobs.Open(f.Spec, jobs.Options{
		Tokens: jobs.Tokens{App: "token-of-the-crash-test", User: crashUserToken}, Resume: true,
		Client:  func(cfg *extract.Config) { cfg.CreatorSpacing, cfg.BaseDelay = time.Millisecond, time.Millisecond },
		Now:     func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
		Fetcher: func(f pipeline.Fetcher) pipeline.Fetcher { return timeless{f} },
		Step:    f.step,
	})
	if f.Import != nil {
		_, err := job.Import(ctx, imports.Config{Paths: f.Import}, false)
		return err
	}
	_, err := job.Run(ctx)
	return err
}

func (f *fragile) step(name, file string) error {
	f.mu.Lock()
	f.steps = append(f.steps, name)
	n := len(f.steps)
	f.mu.Unlock()
	switch n {
	case f.Kill:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case f.Fail:
		return fmt.Errorf("write %s: %w", file, syscall.ENOSPC)
	}
	return nil
}

// timeless gives each page a time that follows from its request only.
type timeless struct{ pipeline.Fetcher }

// Lane is the Fetcher's.
func (f timeless) Lane(r schemas.Request) string {
	return f.Fetcher.(schemas.Laned).Lane(r)
}

func (f timeless) Fetch(ctx context.Context, r schemas.Request, gate schemas.Gate) (schemas.Page, error) {
	page, err := f.Fetcher.Fetch(ctx, r, gate)
	sum := sha256.Sum256([]byte(r.ID()))
	after := time.Duration(int(sum[0])<<16|int(sum[1])<<8|int(sum[2])) * time.Microsecond
	page.FetchedAt = time.Date(2026, 11, 1, 12, 0, 1, 0, time.UTC).Add(after)
	page.Headers, page.Attempts, page.WaitedMS = schemas.Headers{}, 1, 0
	return page, err
}

// scenario is a job that is killed again and again.
type scenario struct {
	world *simulator.Simulator
	spec  jobs.Spec
	whole string // the store of an undisturbed run
	names []string
	asked int // requests of an undisturbed run
}

const (
	crashWorkers   = 3
	crashUserToken = "user-token-of-the-crash-test"
)

// newScenario runs the job once, undisturbed.
func newScenario(t *testing.T, to ...string) *scenario {
	t.Helper()
	cfg := simulator.Config{Spaces: 200, NoRateLimits: true, Quirks: true, Paging: simulator.PagingQuirks}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{crashUserToken: creator}
	s := &scenario{world: simulator.New(cfg), whole: filepath.Join(t.TempDir(), "whole")}
	server := httptest.NewServer(s.world)
	t.Cleanup(server.Close)
	s.spec = jobs.Spec{
		Name: "crash", BaseURL: server.URL, Workers: crashWorkers, To: to, With: []string{"buyers", "tweets"},
		IDs:      slices.Concat(s.world.SpaceIDs(12), ticketed[:1], s.world.MissingSpaceIDs(1)),
		Creators: []string{"@" + s.world.Usernames(1)[0]}, Search: []jobs.Search{{Query: s.world.SearchWord()}},
	}
	if !long() {
		s.spec.IDs, s.spec.Search = append(s.spec.IDs[2:5], s.spec.IDs[12:]...), nil // the second Space has pages of tweets
		if slices.Contains(to, "duckdb") {
			s.spec.With = nil // the fewer tables have rows, the sooner a database is made
		}
	}
	undisturbed := s.job(s.whole)
	if err := undisturbed.run(t.Context()); err != nil {
		t.Fatalf("undisturbed run: %v", err)
	}
	s.names, s.asked = undisturbed.steps, total(s.world)
	return s
}

// job is the scenario's in a store.
func (s *scenario) job(store string) *fragile {
	f := &fragile{Spec: s.spec}
	f.Spec.Store = store
	return f
}

// A run that is killed at any step, again and again, ends with the tables of
// one that was left alone, and no page is fetched twice but for those under
// way at a kill. Most runs leave the database out: it is slow to make.
func TestKilledRunsEndAsAnUndisturbedOne(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		to           []string
		trials, most int    // at random, and kills of each
		part         string // of the names of steps to be killed at
	}{
		{[]string{"parquet"}, inFull(36, 2), inFull(6, 1), ""},
		{append([]string{"parquet", "duckdb"}, inFull([]string{"latest"}, nil)...), inFull(1, 0), inFull(6, 1), inFull("", "duckdb")},
	} {
		s := newScenario(t, c.to...)
		kills := 0
		for range c.trials {
			kills += s.trial(t, c.most, func() int { return 1 + random.IntN(len(s.names)/2) })
		}
		for name, at := range firstOf(s.names) {
			if !strings.HasPrefix(name, c.part) {
				continue
			}
			died := s.trial(t, c.most, func() int { return at })
			if kills += died; died == 0 {
				t.Errorf("to %s: step %d, %s, was not reached", c.to, at, name)
			}
		}
		t.Logf("to %s: %d steps of %d kinds, %d requests, %d kills", c.to, len(s.names), len(firstOf(s.names)), s.asked, kills)
	}
}

// firstOf is the number of the first step of each name.
func firstOf(names []string) map[string]int {
	first := map[string]int{}
	for i, name := range names {
		if first[name] == 0 {
			first[name] = i + 1
		}
	}
	return first
}

// trial kills one run as often as that and lets it come to its end.
func (s *scenario) trial(t *testing.T, most int, at func() int) (died int) {
	t.Helper()
	store := filepath.Join(t.TempDir(), "store")
	before := total(s.world)
	for died < most && s.killed(t, store, at()) {
		died++
	}
	s.finish(t, store, before, died)
	return died
}

// killed runs the job in a child process up to a step; false says that it came
// to its end first.
func (s *scenario) killed(t *testing.T, store string, at int) bool {
	t.Helper()
	return s.job(store).killed(t, at)
}

func (f *fragile) killed(t *testing.T, at int) bool {
	t.Helper()
	f.Kill = at
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childJob+"="+string(text), "GORACE=atexit_sleep_ms=0") // the race detector would sleep a second at each end
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err = cmd.Run(); err == nil {
		return false
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			return true
		}
	}
	t.Fatalf("killed at step %d: %v\n%s", at, err, stderr.String())
	return false
}

// finish lets the run come to its end and compares it with the whole one.
func (s *scenario) finish(t *testing.T, store string, before, died int) {
	t.Helper()
	if err := s.job(store).run(t.Context()); err != nil {
		t.Fatalf("after %d kills: %v", died, err)
	}
	if asked := total(s.world) - before; asked > s.asked+died*crashWorkers {
		t.Errorf("%d requests after %d kills, %d without: more than the %d under way at each kill were repeated", asked, died, s.asked, crashWorkers)
	}
	if diff := sameFilesBelow(filepath.Join(s.whole, "parquet"), filepath.Join(store, "parquet")); diff != "" {
		t.Errorf("after %d kills: %s", died, diff)
	}
	for _, dir := range []string{store, filepath.Join(store, "parquet")} {
		left, _ := filepath.Glob(filepath.Join(dir, "_*"))
		for _, name := range left {
			if filepath.Base(name) != "_latest.json" {
				t.Errorf("after %d kills, %s was left behind", died, name)
			}
		}
	}
	if slices.Contains(s.spec.To, "duckdb") {
		if diff := sameDatabases(t, filepath.Join(s.whole, "spaces.duckdb"), filepath.Join(store, "spaces.duckdb")); diff != "" {
			t.Errorf("after %d kills: %s", died, diff)
		}
	}
}

// A full disk, at any step, is an error that names the file, and nothing more
// is fetched twice than what did not land.
func TestFullDiskIsAnErrorAndResumes(t *testing.T) {
	slow(t)
	scratchtest.SkipRacing(t)
	t.Parallel()
	for _, c := range []struct {
		to   []string
		part string // of the names of steps that fail
	}{
		{[]string{"parquet"}, ""},
		{[]string{"parquet", "duckdb"}, inFull("", "duckdb: before c")}, // commit and checkpoint write
	} {
		s := newScenario(t, c.to...)
		for name, at := range firstOf(s.names) {
			if !strings.HasPrefix(name, c.part) {
				continue
			}
			store := filepath.Join(t.TempDir(), "store")
			before := total(s.world)
			f := s.job(store)
			f.Fail = at
			if err := f.run(t.Context()); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s fails: %v, want an error about the disk", name, err)
			}
			s.finish(t, store, before, 1)
		}
	}
}
