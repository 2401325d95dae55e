package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spacesetl/spacesetl/extract"
	"github.com/spacesetl/spacesetl/extract/simulator"
	"github.com/spacesetl/spacesetl/pipeline"
	"github.com/spacesetl/spacesetl/schemas"
)

// crashing is spacesetl as the crash tests run it: the n-th step towards the
// disk, if there is an n, is its last. What would differ between two runs that
// get the same pages is taken out: the run's id and when its pages came.
func crashing() int {
	kill, _ := strconv.Atoi(os.Getenv("CRASH_AT_STEP"))
	fail, _ := strconv.Atoi(os.Getenv("FAIL_AT_STEP"))
	var steps steps
	if name := os.Getenv("STEPS_FILE"); name != "" {
		file, err := os.Create(name)
		if err != nil {
			panic(err)
		}
		defer file.Close()
		steps.log = file
	}
	ctx, stop := signalled()
	defer stop()
	c := &console{stdout: os.Stdout, stderr: os.Stderr, hooks: hooks{
		shorten: func(cfg *extract.Config) { cfg.CreatorSpacing, cfg.BaseDelay = time.Millisecond, time.Millisecond },
		now:     func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
		wrap:    func(f pipeline.Fetcher) pipeline.Fetcher { return timeless{f} },
		step: func(name, file string) error {
			switch n := steps.take(name); n {
			case kill:
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			case fail:
				return fmt.Errorf("write %s: %w", file, syscall.ENOSPC)
			}
			return nil
		},
	}}
	return c.execute(ctx, os.Args)
}

// steps counts the steps of a process.
type steps struct {
	mu  sync.Mutex
	n   int
	log *os.File
}

func (s *steps) take(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	if s.log != nil {
		fmt.Fprintln(s.log, name)
	}
	return s.n
}

// timeless gives each page a time that follows from its request only.
type timeless struct{ pipeline.Fetcher }

// Lane is the Fetcher's.
func (f timeless) Lane(r schemas.Request) string {
	return f.Fetcher.(interface{ Lane(schemas.Request) string }).Lane(r)
}

func (f timeless) Fetch(ctx context.Context, r schemas.Request) (schemas.Page, error) {
	page, err := f.Fetcher.Fetch(ctx, r)
	sum := sha256.Sum256([]byte(r.ID()))
	after := time.Duration(int(sum[0])<<16|int(sum[1])<<8|int(sum[2])) * time.Microsecond
	page.FetchedAt = time.Date(2026, 11, 1, 12, 0, 1, 0, time.UTC).Add(after)
	page.Headers, page.Attempts, page.WaitedMS = schemas.Headers{}, 1, 0
	return page, err
}

// scenario is a job that is killed again and again.
type scenario struct {
	world *simulator.Simulator
	args  []string
	env   []string
}

const crashWorkers = 3

func newScenario(t *testing.T, to string) *scenario {
	t.Helper()
	cfg := simulator.Config{Spaces: 200, NoRateLimits: true, Quirks: true, Paging: simulator.PagingQuirks}
	creator, ticketed := simulator.New(cfg).TicketedCreator()
	cfg.UserTokens = map[string]string{scriptUserToken: creator}
	s := &scenario{world: simulator.New(cfg)}
	server := httptest.NewServer(s.world)
	t.Cleanup(server.Close)
	ids := append(s.world.SpaceIDs(12), ticketed[0])
	ids = append(ids, s.world.MissingSpaceIDs(1)...)
	s.args = []string{"run", "--base-url", server.URL, "--ids", strings.Join(ids, ","), "--creators", "@" + s.world.Usernames(1)[0],
		"--search", s.world.SearchWord(), "--with", "buyers,tweets", "--to", to, "--resume", "--workers", strconv.Itoa(crashWorkers)}
	s.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "X_BEARER_TOKEN=" + scriptAppToken, "X_USER_TOKEN=" + scriptUserToken,
		"GORACE=atexit_sleep_ms=0"} // the race detector would sleep a second at each end
	return s
}

// run runs the job in a child process and returns what it printed to stderr.
func (s *scenario) run(store string, env ...string) (stderr string, err error) {
	path, err := exec.LookPath("crashing-spacesetl")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(path, append(s.args, "--store", store)...)
	cmd.Env = append(append([]string{}, s.env...), env...)
	var text strings.Builder
	cmd.Stderr = &text
	err = cmd.Run()
	return text.String(), err
}

// steps lists the names of the steps of an undisturbed run.
func (s *scenario) steps(t *testing.T, store string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "steps")
	if stderr, err := s.run(store, "STEPS_FILE="+file); err != nil {
		t.Fatalf("undisturbed run: %v\n%s", err, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// A run that is killed at any step, again and again, ends with the tables of
// one that was left alone, and no page is fetched twice but for those under
// way at a kill. Most runs leave the database out: it is slow to make.
func TestKilledRunsEndAsAnUndisturbedOne(t *testing.T) {
	t.Parallel()
	for to, trials := range map[string]int{"parquet": 36, "parquet,duckdb": 1} {
		s := newScenario(t, to)
		whole := filepath.Join(quickDir(t), "whole")
		names := s.steps(t, whole)
		undisturbed := total(s.world)
		random := rand.New(rand.NewPCG(1, 2))
		kills := 0
		if underRace {
			trials = min(trials, 3)
		}
		for range trials {
			kills += s.trial(t, whole, undisturbed, func() int { return 1 + random.IntN(len(names)/2) })
		}
		for name, at := range firstOf(names) {
			if underRace && to != "parquet" && !strings.HasPrefix(name, "duckdb") {
				continue
			}
			died := s.trial(t, whole, undisturbed, func() int { return at })
			if kills += died; died == 0 {
				t.Errorf("to %s: step %d, %s, was not reached", to, at, name)
			}
		}
		t.Logf("to %s: %d steps of %d kinds, %d requests, %d kills", to, len(names), len(firstOf(names)), undisturbed, kills)
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

// trial kills one run up to six times and lets it come to its end.
func (s *scenario) trial(t *testing.T, whole string, undisturbed int, at func() int) (died int) {
	t.Helper()
	store := filepath.Join(quickDir(t), "store")
	before := total(s.world)
	most := 6
	if underRace {
		most = 1
	}
	for died < most && s.killed(t, store, at()) {
		died++
	}
	s.finish(t, store, whole, before, undisturbed, died)
	return died
}

// killed runs the job up to a step; false says that it came to its end first.
func (s *scenario) killed(t *testing.T, store string, at int) bool {
	t.Helper()
	stderr, err := s.run(store, fmt.Sprint("CRASH_AT_STEP=", at))
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if status, ok := exitStatus(err, &exit); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("killed at step %d: %v\n%s", at, err, stderr)
	}
	return true
}

func exitStatus(err error, exit **exec.ExitError) (syscall.WaitStatus, bool) {
	if !errors.As(err, exit) {
		return 0, false
	}
	status, ok := (*exit).Sys().(syscall.WaitStatus)
	return status, ok && status.Signaled()
}

// finish lets the run come to its end and compares it with the whole one.
func (s *scenario) finish(t *testing.T, store, whole string, before, undisturbed, died int) {
	t.Helper()
	if stderr, err := s.run(store, "CRASH_AT_STEP=0"); err != nil {
		t.Fatalf("after %d kills: %v\n%s", died, err, stderr)
	}
	if asked := total(s.world) - before; asked > undisturbed+died*crashWorkers {
		t.Errorf("%d requests after %d kills, %d without: more than the %d under way at each kill were repeated", asked, died, undisturbed, crashWorkers)
	}
	if diff := sameFilesBelow(filepath.Join(whole, "parquet"), filepath.Join(store, "parquet")); diff != "" {
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
	if !strings.Contains(strings.Join(s.args, " "), "duckdb") {
		return
	}
	if diff := sameDatabases(t, filepath.Join(whole, "spaces.duckdb"), filepath.Join(store, "spaces.duckdb")); diff != "" {
		t.Errorf("after %d kills: %s", died, diff)
	}
}

// quickDir is a temporary folder in memory where there is such: killing a
// process loses nothing that was written, on whatever disk, and syncing is slow.
func quickDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "spacesetl-test-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func total(w *simulator.Simulator) int {
	n := 0
	for _, count := range w.RequestCounts() {
		n += count
	}
	return n
}

// sameFilesBelow says the first difference between two folders, or nothing.
func sameFilesBelow(want, got string) string {
	texts := func(dir string) map[string]string {
		all := map[string]string{}
		_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				text, _ := os.ReadFile(name)
				rel, _ := filepath.Rel(dir, name)
				all[rel] = string(text)
			}
			return err
		})
		return all
	}
	a, b := texts(want), texts(got)
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			return fmt.Sprintf("%s: there %v, equal %v", name, ok, other == text)
		}
		delete(b, name)
	}
	for name := range b {
		return name + " is one too many"
	}
	return ""
}

// A full disk, at any step, is an error that names the file, and nothing more
// is fetched twice than what did not land.
func TestFullDiskIsAnErrorAndResumes(t *testing.T) {
	notUnderRace(t)
	t.Parallel()
	s := newScenario(t, "parquet,duckdb")
	whole := filepath.Join(quickDir(t), "whole")
	names := s.steps(t, whole)
	undisturbed := total(s.world)
	for name, at := range firstOf(names) {
		store := filepath.Join(quickDir(t), "store")
		before := total(s.world)
		stderr, err := s.run(store, fmt.Sprint("FAIL_AT_STEP=", at))
		if err == nil || !strings.Contains(stderr, "no space left on device") || strings.Contains(stderr, "goroutine ") {
			t.Errorf("%s fails: %v, want an error about the disk in\n%s", name, err, stderr)
		}
		s.finish(t, store, whole, before, undisturbed, 1)
	}
}
